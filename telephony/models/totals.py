"""Calls added up by the hour and by the day, for figures that cannot wait for millions of rows."""

from django.db import models


class TakenBy(models.TextChoices):
    """Who took a call. The words are those of the log's filter."""

    ASTERISK = "asterisk", "Asterisk"
    FALLBACK = "fallback", "a fallback number"
    NOBODY = "nobody", "nobody"
    UNKNOWN = "unknown", "not known"
    GOING_ON = "going-on", "in progress"


class CallTotal(models.Model):
    """The calls that began within one hour, or one day, of UTC and are alike in the columns of KEY.

    Made from the calls by telephony/records/totals.py, and never added to.
    """

    # 1, or 24 for a day: what is over and has settled is added up once more, for long spans.
    hours = models.PositiveSmallIntegerField()
    begins_at = models.DateTimeField()
    # None: all numbers together. Empty: calls whose number is not known.
    called = models.CharField(max_length=128, null=True)  # noqa: DJ001  both values are needed
    outcome = models.CharField(max_length=16)
    taken_by = models.CharField(max_length=16, choices=TakenBy)
    currency = models.CharField(max_length=3, blank=True)
    failed_over = models.BooleanField()
    is_simulated = models.BooleanField()
    calls = models.PositiveIntegerField()
    talk_s = models.PositiveBigIntegerField()
    # Until somebody answered, of the calls of which that is known, and how many these are.
    answer_ms = models.PositiveBigIntegerField()
    timed = models.PositiveIntegerField()
    cost = models.DecimalField(max_digits=18, decimal_places=5)
    saved = models.DecimalField(max_digits=18, decimal_places=5)
    # Calls that are over and whose cost is not known.
    uncosted = models.PositiveIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=("called", "hours", "begins_at"), name="calltotal_of_a_number"),
            models.Index(fields=("begins_at", "hours"), name="calltotal_of_an_hour"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(hours__in=(1, 24)), name="calltotal_hour_or_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.calls} calls from {self.begins_at:%Y-%m-%d %H:%M}"


class ChangedTotal(models.Model):
    """An hour, or a day, that has to be added up again, because calls of it have changed.

    Whoever changes calls adds rows and never looks at others, so writers do not wait for each other.
    """

    hours = models.PositiveSmallIntegerField()
    begins_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=("hours", "begins_at"), name="changedtotal_hour")]

    def __str__(self) -> str:
        return f"{self.begins_at:%Y-%m-%d %H:%M}"
