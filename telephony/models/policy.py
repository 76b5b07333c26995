"""The office's own choices, in one row."""

from datetime import datetime
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from telephony.models.history import Recorded, Records

DAY_S = 86400


def _switch(name: str, *, on: bool = True, **options: Any) -> models.BooleanField:
    return models.BooleanField(name, default=on, **options)


def _after(name: str, default: int) -> models.PositiveIntegerField:
    """For how many seconds a state must hold, or no longer hold, before that is told."""
    return models.PositiveIntegerField(
        f"{name} told after (s)", default=default, validators=[MaxValueValidator(DAY_S)]
    )


class Policy(Recorded):
    """What the office wants to be told: a switch for each alert, named as its code is.

    `…_after_s` keeps what comes and goes from being told each time.
    """

    server_down = _switch("server down", help_text="An Asterisk server does not answer.")
    server_down_after_s = _after("server down", 120)
    database_down = _switch("database down", help_text="The database takes no webhooks.")
    database_down_after_s = _after("database down", 60)
    journal_waiting = _switch(
        "journal waiting",
        help_text="Webhooks have waited for over a minute for a database that is there.",
    )
    journal_waiting_after_s = _after("journal waiting", 300)
    signature_refused = _switch(
        "webhook refused",
        help_text="The signature of a request that names an account of ours is wrong.",
    )
    signature_refused_after_s = _after("webhook refused", 0)
    silence = _switch(
        "silence",
        help_text="A number usually has had calls by now, on this day of the week, and today none.",
    )
    silence_after_s = _after("silence", 0)
    silence_calls = models.PositiveSmallIntegerField(
        "usual calls",
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(10_000)],
        help_text="Silence is told only of a number that usually has had this many calls by now.",
    )
    missed_call = _switch(
        "missed call",
        on=False,
        help_text="Nobody answered a caller. Those of one minute are told in one message.",
    )
    # Calls that ended before are no news: the switch was off.
    missed_call_from = models.DateTimeField(null=True, editable=False)
    # When it was last looked for silence, which is done every few minutes only.
    silence_looked_at = models.DateTimeField(null=True, editable=False)

    history = Records(leaves_out=("missed_call_from", "silence_looked_at"))

    class Meta:
        verbose_name = "policy"
        verbose_name_plural = "policy"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="policy_one_row"),
            models.CheckConstraint(
                condition=Q(silence_calls__range=(1, 10_000)), name="policy_silence_calls_1_10000"
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{name}_after_s__range": (0, DAY_S)}),
                    name=f"policy_{name}_after_0_86400",
                )
                for name in (
                    "server_down",
                    "database_down",
                    "journal_waiting",
                    "signature_refused",
                    "silence",
                )
            ),
        ]

    def __str__(self) -> str:
        return "Policy of the office"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.missed_call:
            self.missed_call_from = None
        elif self.missed_call_from is None:
            self.missed_call_from = timezone.now()
        super().save(*args, **kwargs)

    @classmethod
    def current(cls) -> "Policy":
        return cls.objects.get_or_create(pk=1)[0]

    @classmethod
    def lock(cls) -> "Policy":
        """Return the row, and let nobody else have it so before the transaction ends."""
        cls.objects.get_or_create(pk=1)
        return cls.objects.select_for_update().get(pk=1)

    @classmethod
    def claim_silence(cls, now: datetime, not_after: datetime) -> bool:
        """Take the look for silence for oneself, unless somebody has looked after `not_after`."""
        free = Q(silence_looked_at=None) | Q(silence_looked_at__lte=not_after)
        # What was done in the future was so by a clock that was wrong.
        free |= Q(silence_looked_at__gt=now + (now - not_after))
        return bool(cls.objects.filter(free, pk=1).update(silence_looked_at=now))
