"""Telephone numbers: those we own, and those a route can fall back to."""

import secrets

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

from telephony.identifiers import ACCOUNT_SID, NUMBER_SID
from telephony.models.choices import CallerId, Language
from telephony.models.configuration import Configuration
from telephony.models.fields import E164_PATTERN, E164Field, rate_field, validate_spoken
from telephony.models.history import Records
from telephony.routing.destinations import TWILIO_TIME_LIMIT_S, NumberDestination


def make_static_key() -> str:
    """Return 32 hex digits that nobody can guess."""
    return secrets.token_hex(16)


class PhoneNumber(Configuration):
    """A number (DID) we own at Twilio; a call to it follows its route."""

    e164 = E164Field("number (DID)", unique=True)
    label = models.CharField(
        max_length=64, blank=True, help_text="What it is for, such as Sales, United States."
    )
    twilio_sid = models.CharField(
        "Twilio SID",
        max_length=34,
        blank=True,
        validators=[RegexValidator(rf"^{NUMBER_SID.pattern}\Z", "PN and 32 hexadecimal digits.")],
        help_text="The number's PN… in Twilio's console. It may stay empty.",
    )
    account_sid = models.CharField(
        "account SID",
        max_length=34,
        blank=True,
        validators=[RegexValidator(rf"^{ACCOUNT_SID.pattern}\Z", "AC and 32 letters or digits.")],
        help_text="The AC… of the account or sub-account that owns it. Empty: TWILIO_ACCOUNT_SID.",
    )
    enabled = models.BooleanField(default=True, help_text="Off: its calls are rejected.")
    language = models.CharField(
        max_length=5,
        choices=Language,
        default=Language.EN_US,
        help_text="The language of the message that a caller who reaches nobody hears.",
    )
    busy_message = models.CharField(
        max_length=200,
        blank=True,
        validators=[validate_spoken],
        help_text="What the caller hears when the last destination is busy. "
        "Empty: a standard message in the chosen language.",
    )
    unavailable_message = models.CharField(
        max_length=200,
        blank=True,
        validators=[validate_spoken],
        help_text="What the caller hears when nobody takes the call. "
        "Empty: a standard message in the chosen language.",
    )

    # Names the static document, in which passwords stand: nobody can guess it. It is null in a row
    # that an earlier version of the panel made, during an upgrade, until the next export.
    static_key = models.CharField(  # noqa: DJ001  unique, so empty texts would be one
        max_length=32, unique=True, null=True, editable=False, default=make_static_key
    )
    static_fingerprint = models.CharField(
        max_length=64, blank=True, default="", db_default="", editable=False
    )
    static_exported_at = models.DateTimeField(null=True, editable=False)

    history = Records(leaves_out=("static_key", "static_fingerprint", "static_exported_at"))

    class Meta:
        verbose_name = "number"
        ordering = ("e164",)
        constraints = [
            models.CheckConstraint(
                condition=Q(e164__regex=E164_PATTERN), name="phonenumber_is_e164"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.e164} ({self.label})" if self.label else self.e164

    @property
    def owning_account(self) -> str:
        """The SID of the account that owns the number: one of its own, or the panel's."""
        return self.account_sid or settings.TWILIO_ACCOUNT_SID

    @property
    def static_name(self) -> str:
        """The file name of its static document."""
        return f"{self.static_key}.xml"

    def clean(self) -> None:
        if FallbackNumber.objects.filter(e164=self.e164).exists():
            raise ValidationError(
                {"e164": "This is also a fallback number: its calls would loop."},
                code="loop",
            )


class FallbackNumber(Configuration):
    """A telephone number that a route can ring through Twilio, later or at once."""

    e164 = E164Field("number", unique=True)
    label = models.CharField(
        max_length=64, blank=True, help_text="Whose it is, such as Ana's mobile."
    )
    caller_id = models.CharField(
        "shows",
        max_length=6,
        choices=CallerId,
        default=CallerId.CALLER,
        help_text="An anonymous caller is always shown as the number that was called.",
    )
    fixed_caller_id = models.ForeignKey(
        PhoneNumber,
        verbose_name="fixed number",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The number of ours to show, if it shows a fixed one.",
    )
    cost_per_minute = rate_field(help_text="What Twilio charges for calling it, such as 0.38.")
    time_limit_s = models.PositiveIntegerField(
        "longest call (s)",
        default=TWILIO_TIME_LIMIT_S,
        validators=[MinValueValidator(60), MaxValueValidator(TWILIO_TIME_LIMIT_S)],
        help_text="Seconds after which Twilio ends the call, 60 to 14400 (four hours).",
    )
    ask_for_key = models.BooleanField(
        "ask for a key",
        default=False,
        help_text="Whoever picks up must press a key before the call is put through. A mailbox "
        "presses none, so the next step rings. Such a number rings alone at its position.",
    )
    language = models.CharField(
        max_length=5,
        choices=Language,
        default=Language.EN_US,
        help_text="The language in which whoever picks up is asked for a key.",
    )
    enabled = models.BooleanField(default=True, help_text="Off: passed over in every route.")

    history = Records()

    class Meta:
        ordering = ("e164",)
        constraints = [
            models.CheckConstraint(
                condition=Q(e164__regex=E164_PATTERN), name="fallbacknumber_is_e164"
            ),
            models.CheckConstraint(
                condition=Q(caller_id="fixed", fixed_caller_id__isnull=False)
                | (~Q(caller_id="fixed") & Q(fixed_caller_id__isnull=True)),
                name="fallbacknumber_fixed_caller_id",
                violation_error_message="Choose a fixed number if it shows one, and none otherwise.",
            ),
            models.CheckConstraint(
                condition=Q(time_limit_s__range=(60, TWILIO_TIME_LIMIT_S)),
                name="fallbacknumber_time_limit_60_14400",
            ),
            models.CheckConstraint(
                condition=Q(cost_per_minute__range=(0, 100)), name="fallbacknumber_cost_0_100"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.e164})" if self.label else self.e164

    def clean(self) -> None:
        if PhoneNumber.objects.filter(e164=self.e164).exists():
            raise ValidationError(
                {"e164": "This is one of our own numbers: a call to it would loop."},
                code="loop",
            )

    def as_destination(self) -> NumberDestination:
        fixed = self.fixed_caller_id
        return NumberDestination(
            key=f"fallback:{self.pk}",
            label=str(self),
            e164=self.e164,
            caller_id=fixed.e164 if fixed else self.caller_id,
            caller_id_account=fixed.owning_account if fixed else "",
            time_limit_s=self.time_limit_s,
            rate=self.cost_per_minute,
            enabled=self.enabled,
            ask_for_key=self.ask_for_key,
            language=self.language,
        )
