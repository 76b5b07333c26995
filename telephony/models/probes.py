"""What the probes of each server said, summed up by the hour."""

from django.db import models
from django.db.models import F, Q

from telephony.models.endpoints import AsteriskServer


class ProbeHour(models.Model):
    """The probes of one server within one hour: sums, and the last one by itself."""

    server = models.ForeignKey(AsteriskServer, on_delete=models.CASCADE, related_name="probe_hours")
    hour = models.DateTimeField()
    answered = models.PositiveIntegerField(default=0)
    unanswered = models.PositiveIntegerField(default=0)
    latency_ms_sum = models.PositiveBigIntegerField(default=0)
    latency_ms_max = models.PositiveIntegerField(default=0)
    last_probed_at = models.DateTimeField()
    # SIP's status; empty if the last probe had no answer.
    last_status = models.PositiveSmallIntegerField(null=True)
    last_latency_ms = models.PositiveIntegerField(null=True)
    # Why there was no answer.
    last_reason = models.CharField(max_length=255, blank=True)
    # What Twilio would refuse although there was one.
    last_warning = models.CharField(max_length=255, blank=True)

    class Meta:
        ordering = ("server", "-hour")
        constraints = [
            models.UniqueConstraint(fields=("server", "hour"), name="probehour_once_a_server"),
            models.CheckConstraint(
                condition=Q(last_status=None) | Q(last_status__range=(200, 699)),
                name="probehour_last_status_200_699",
            ),
            models.CheckConstraint(
                condition=Q(last_status=None, last_latency_ms=None)
                | Q(last_status__isnull=False, last_latency_ms__isnull=False, last_reason=""),
                name="probehour_last_answered_or_not",
            ),
            models.CheckConstraint(
                condition=Q(latency_ms_sum__gte=F("latency_ms_max")),
                name="probehour_sum_holds_max",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.server} at {self.hour:%Y-%m-%d %H:%M}"
