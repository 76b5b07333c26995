"""Our side of SIP: Asterisk servers, and the endpoints that Twilio dials on them."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from telephony.asterisk.values import check_distinct, check_section
from telephony.models.choices import AccountCheck, Authentication, Driver, Edge, Transport
from telephony.models.configuration import Configuration
from telephony.models.fields import (
    rate_field,
    validate_dialled_number,
    validate_extension,
    validate_host,
    validate_name,
    validate_password,
)
from telephony.models.history import Records
from telephony.models.numbers import PhoneNumber
from telephony.routing.destinations import SipDestination
from telephony.routing.numbers import is_same_line


class AsteriskServer(Configuration):
    """An Asterisk box that Twilio can reach."""

    name = models.CharField(
        max_length=64,
        unique=True,
        validators=[validate_name],
        help_text="What you call it, such as office. Names in the exported files begin with it.",
    )
    host = models.CharField(
        max_length=128,
        validators=[validate_host],
        help_text="Public host name or IPv4 address, such as pbx.example.com.",
    )
    port = models.PositiveIntegerField(
        default=5060,
        validators=[MinValueValidator(1), MaxValueValidator(65535)],
        help_text="1 to 65535. SIP normally uses 5060, and 5061 over TLS.",
    )
    transport = models.CharField(
        max_length=3,
        choices=Transport,
        default=Transport.UDP,
        help_text="How Twilio connects. TLS needs a certificate from a public authority.",
    )
    secure = models.BooleanField(
        "encrypted media",
        default=False,
        help_text="SRTP: the conversation is encrypted too. Only with TLS.",
    )
    edge = models.CharField(
        max_length=16,
        choices=Edge,
        blank=True,
        help_text="The Twilio edge nearest to the server, such as São Paulo for Uruguay. "
        "Empty: Ashburn.",
    )
    driver = models.CharField(max_length=8, choices=Driver, default=Driver.PJSIP)
    context = models.CharField(
        max_length=64,
        default="fromtwilio",
        validators=[validate_name],
        help_text="Dialplan context for calls from Twilio, such as fromtwilio.",
    )
    account_check = models.CharField(
        "calls from other Twilio accounts",
        max_length=8,
        choices=AccountCheck,
        default=AccountCheck.LOG,
        help_text="Judged by the header X-Twilio-AccountSid. Not every call from Twilio has it: "
        "read Asterisk's log for a while before you refuse any.",
    )
    held_until = models.DateTimeField(
        "out of service until",
        null=True,
        blank=True,
        help_text="Until then its endpoints are passed over. If nobody else is left to ring, "
        "they are rung all the same. Empty: in service.",
    )
    # Name of each file -> its fingerprint; written and read by telephony/snapshots/exported.py.
    exported = models.JSONField(default=dict, editable=False)
    exported_at = models.DateTimeField(null=True, editable=False)

    history = Records(leaves_out=("exported", "exported_at"))

    class Meta:
        verbose_name = "server"
        ordering = ("name",)
        constraints = [
            models.CheckConstraint(
                condition=Q(port__range=(1, 65535)), name="asteriskserver_port_1_65535"
            ),
            models.CheckConstraint(
                condition=Q(secure=False) | Q(transport="tls"),
                name="asteriskserver_secure_needs_tls",
                violation_error_message="Encrypted media needs the transport TLS.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


def _credentials(prefix: str = "") -> tuple[Q, Q]:
    """Return the conditions that both a username and a password are there, and that neither is."""
    username, password = f"{prefix}username", f"{prefix}password"
    return ~Q(**{username: ""}) & ~Q(**{password: ""}), Q(**{username: "", password: ""})


_BOTH, _NEITHER = _credentials()
_BOTH_NEXT, _NEITHER_NEXT = _credentials("next_")
_IS_PENDING = Q(next_username__isnull=False, next_password__isnull=False)
_IS_SETTLED = Q(next_username__isnull=True, next_password__isnull=True)


class SipEndpoint(Configuration):
    """A SIP account on a server: Twilio calls it, Asterisk dials out for it.

    `username` and `password` are what Twilio is told, and Asterisk knows. The `next_` ones are what
    it is to learn with the next export, empty for none; they are null where it knows all.
    """

    server = models.ForeignKey(AsteriskServer, on_delete=models.PROTECT, related_name="endpoints")
    user = models.CharField(
        max_length=64,
        validators=[validate_extension],
        help_text="User part of the SIP URI, such as myext in sip:myext@pbx.example.com.",
    )
    label = models.CharField(
        max_length=64, blank=True, help_text="What it rings, such as Ana's desk."
    )
    authentication = models.CharField(
        max_length=8,
        choices=Authentication,
        default=Authentication.DIGEST,
        help_text="Twilio's addresses are shared by all of its customers: "
        "without username and password any of them can call this endpoint.",
    )
    username = models.CharField(
        max_length=64,
        blank=True,
        validators=[validate_name],
        help_text="Digest username, such as switchhook-myext.",
    )
    password = models.CharField(
        max_length=64,
        blank=True,
        validators=[validate_password],
        help_text="Digest password, 12 to 64 characters.",
    )
    next_username = models.CharField(  # noqa: DJ001  empty means none, null means no change
        max_length=64, null=True, editable=False
    )
    next_password = models.CharField(  # noqa: DJ001  as above
        max_length=64, null=True, editable=False
    )
    dialled_number = models.CharField(
        max_length=33,
        validators=[validate_dialled_number],
        help_text="What Asterisk dials for it, such as 099999999.",
    )
    trunk = models.CharField(
        max_length=64,
        validators=[validate_name],
        help_text="The peer or endpoint through which Asterisk dials out, such as atapstn.",
    )
    cost_per_minute = rate_field(
        help_text="What a minute by SIP and by landline costs together, such as 0.1525."
    )
    enabled = models.BooleanField(default=True, help_text="Off: passed over in every route.")

    history = Records(secrets=("password", "next_password"))

    class Meta:
        verbose_name = "endpoint"
        ordering = ("server", "user")
        # Not view_...: people who are given every view permission may not see passwords.
        permissions = (("reveal_sip_password", "Can reveal SIP passwords"),)
        constraints = [
            models.UniqueConstraint(
                fields=("server", "user"),
                name="sipendpoint_user_unique",
                violation_error_message="This server already has an endpoint with that user.",
            ),
            # Of what is exported, which is what Asterisk must tell apart.
            models.UniqueConstraint(
                F("server"),
                Coalesce("next_username", "username"),
                condition=(_IS_SETTLED & ~Q(username="")) | (_IS_PENDING & ~Q(next_username="")),
                name="sipendpoint_wanted_username_unique",
                violation_error_message="This server already has an endpoint with that username.",
            ),
            models.CheckConstraint(
                condition=(
                    _IS_SETTLED
                    & (Q(authentication="digest") & _BOTH | Q(authentication="address") & _NEITHER)
                )
                | (
                    _IS_PENDING
                    & (_BOTH | _NEITHER)
                    & (
                        Q(authentication="digest") & _BOTH_NEXT
                        | Q(authentication="address") & _NEITHER_NEXT
                    )
                ),
                name="sipendpoint_wanted_credentials",
                violation_error_message="Give both a username and a password, "
                "or neither if Twilio's addresses are enough.",
            ),
            models.CheckConstraint(
                condition=Q(cost_per_minute__range=(0, 100)), name="sipendpoint_cost_0_100"
            ),
        ]

    def __str__(self) -> str:
        return self.label or f"{self.user}@{self.server}"

    @property
    def is_pending(self) -> bool:
        """Whether Asterisk has yet to learn another username or password."""
        return self.next_username is not None

    @property
    def wanted(self) -> tuple[str, str]:
        """The username and password that are exported."""
        if self.next_username is None or self.next_password is None:
            return self.username, self.password
        return self.next_username, self.next_password

    def keep_until_applied(self, username: str, password: str) -> None:
        """Go on with these until Asterisk has taken the username and password that it has now."""
        wanted = self.username, self.password
        if wanted != (username, password):
            self.username, self.password = username, password
            self.next_username, self.next_password = wanted

    def clean(self) -> None:
        if self.server_id and self.username:
            self._refuse_what_asterisk_would_cut()
        for number in PhoneNumber.objects.filter(e164__endswith=self.dialled_number[-6:]):
            if is_same_line(self.dialled_number, number.e164):
                raise ValidationError(
                    {"dialled_number": f"This is our own number {number}: calls to it would loop."},
                    code="loop",
                )

    def _refuse_what_asterisk_would_cut(self) -> None:
        try:
            check_section(f"{self.server.context}-{self.username}")
            check_distinct(self.username, self.trunk)
        except ValueError as error:
            raise ValidationError({"username": str(error)}, code="invalid") from error

    def as_destination(self) -> SipDestination:
        server = self.server
        return SipDestination(
            key=f"endpoint:{self.pk}",
            label=str(self),
            user=self.user,
            host=server.host,
            port=server.port,
            transport=server.transport,
            secure=server.secure,
            edge=server.edge,
            username=self.username,
            password=self.password,
            dialled_number=self.dialled_number,
            rate=self.cost_per_minute,
            enabled=self.enabled,
            held_until=server.held_until,
            server=server.name,
        )
