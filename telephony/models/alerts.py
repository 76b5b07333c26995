"""What is known of alerts, and of webhooks that were refused for their signature."""

from django.db import models
from django.db.models import F, Q


class Alert(models.Model):
    """A state that is watched; telephony/health/alerts/judging.py says what the columns mean.

    What concerns one machine only is in a file there, because it is told without the database too.
    """

    code = models.CharField(max_length=32)
    subject = models.CharField(max_length=128, blank=True)
    since = models.DateTimeField()
    values = models.JSONField(default=dict)
    holds = models.BooleanField()
    turned_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True)
    over_at = models.DateTimeField(null=True)
    # Channel -> what it has heard.
    channels = models.JSONField(default=dict)

    class Meta:
        ordering = ("since", "code", "subject")
        constraints = [
            models.UniqueConstraint(fields=("code", "subject"), name="alert_once_a_subject"),
            models.CheckConstraint(
                condition=Q(over_at__isnull=True)
                | Q(begun_at__isnull=False, over_at__gte=F("begun_at")),
                name="alert_over_after_it_has_begun",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.subject}".strip()


class RefusedWebhooks(models.Model):
    """How many webhooks were refused for one reason within one hour, for all of the panel.

    The account is named only if it is ours, so that strangers cannot make rows.
    """

    hour = models.DateTimeField()
    reason = models.CharField(max_length=32)
    account_sid = models.CharField("account SID", max_length=64, blank=True)
    count = models.PositiveBigIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        ordering = ("-hour", "reason", "account_sid")
        constraints = [
            models.UniqueConstraint(
                fields=("hour", "reason", "account_sid"), name="refusedwebhooks_once_an_hour"
            ),
            models.CheckConstraint(
                condition=Q(last_at__gte=F("hour")), name="refusedwebhooks_last_in_its_hour"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count}, {self.reason}"
