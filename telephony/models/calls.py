"""What happened: the webhooks as received, and the call records projected from them."""

from typing import Any, Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q, QuerySet

from telephony.models.choices import CallOutcome


class CallEvent(models.Model):
    """A webhook as received, with our answer. Append-only."""

    identity = models.CharField(max_length=32)
    kind = models.CharField(max_length=16)
    call_sid = models.CharField(max_length=64)
    leg_sid = models.CharField(max_length=64, blank=True)
    account_sid = models.CharField(max_length=64, blank=True)
    position = models.PositiveSmallIntegerField(null=True)
    index = models.PositiveSmallIntegerField(null=True)
    received_at = models.DateTimeField()
    params = models.JSONField(encoder=DjangoJSONEncoder)
    decision = models.JSONField(null=True, encoder=DjangoJSONEncoder)

    class Meta:
        ordering = ("received_at", "pk")
        constraints = [
            # Also the index by which all events of a call are found.
            models.UniqueConstraint(fields=("call_sid", "identity"), name="callevent_once_a_call")
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.call_sid}"


class CallRecord(models.Model):
    """One call, as the caller experienced it: projected from its events, never edited."""

    call_sid = models.CharField("call SID", max_length=64, primary_key=True)
    account_sid = models.CharField("account SID", max_length=64, blank=True)
    caller = models.CharField(max_length=128, blank=True)
    called = models.CharField("number (DID)", max_length=128, blank=True)
    caller_name = models.CharField("caller's name", max_length=128, blank=True)
    forwarded_from = models.CharField(max_length=128, blank=True)
    # Twilio's StirVerstat as received; meanings.py has the words.
    verstat = models.CharField("caller ID check", max_length=64, blank=True)
    status = models.CharField("call status", max_length=16, blank=True)
    outcome = models.CharField(max_length=16, choices=CallOutcome, default=CallOutcome.RINGING)
    answered_by = models.CharField(max_length=128, blank=True)
    dials = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField("started")
    answered_at = models.DateTimeField("answered", null=True)
    ended_at = models.DateTimeField("ended", null=True)
    duration_s = models.PositiveIntegerField("duration (s)", null=True)
    talk_s = models.PositiveIntegerField("talk (s)", null=True)
    cost = models.DecimalField(max_digits=12, decimal_places=5, null=True)
    saved = models.DecimalField(max_digits=12, decimal_places=5, null=True)
    currency = models.CharField(max_length=3, blank=True)
    # Codes with their values; records/gaps.py has the words.
    missing = models.JSONField(default=list)
    is_simulated = models.BooleanField("simulated", default=False)

    class Meta:
        verbose_name = "call"
        ordering = ("-started_at", "call_sid")
        indexes = [
            # The log's first page, of all numbers and of one.
            models.Index(fields=("-started_at", "call_sid"), name="callrecord_newest"),
            models.Index(fields=("called", "-started_at"), name="callrecord_called_newest"),
            models.Index(fields=("caller", "-started_at"), name="callrecord_caller_newest"),
            # Most calls have no name and were forwarded by nobody, so these are small.
            models.Index(
                fields=("caller_name", "-started_at"),
                condition=Q(caller_name__gt=""),
                name="callrecord_name_newest",
            ),
            models.Index(
                fields=("forwarded_from", "-started_at"),
                condition=Q(forwarded_from__gt=""),
                name="callrecord_forwarded_newest",
            ),
            models.Index(
                fields=("answered_by", "-started_at"),
                condition=Q(answered_by__gt=""),
                name="callrecord_answerer_newest",
            ),
            # The few that go on.
            models.Index(
                fields=("-started_at",),
                condition=Q(outcome=CallOutcome.RINGING),
                name="callrecord_going_on",
            ),
            # When a number's fallback last proved itself.
            models.Index(
                fields=("called", "-started_at"),
                condition=Q(outcome=CallOutcome.FAILED_OVER, is_simulated=False),
                name="callrecord_failed_over",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")),
                name="callrecord_ends_after_its_start",
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True) | Q(answered_at__gte=F("started_at")),
                name="callrecord_answered_after_its_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.caller or 'unknown caller'} to {self.called or 'unknown number'}"

    @classmethod
    def proofs(cls, called: Any) -> QuerySet[Self]:
        """Return the real calls to a number that somebody answered after failover, newest first."""
        proved = cls.objects.filter(outcome=CallOutcome.FAILED_OVER, is_simulated=False)
        return proved.filter(called=called).order_by("-started_at")


class CallLeg(models.Model):
    """One dialled side of a call."""

    call = models.ForeignKey(CallRecord, on_delete=models.CASCADE, related_name="legs")
    leg_sid = models.CharField("leg SID", max_length=64, blank=True)
    position = models.PositiveSmallIntegerField(null=True)
    index = models.PositiveSmallIntegerField(null=True)
    # Such as endpoint:5, which may no longer be in the panel.
    destination_key = models.CharField(max_length=64, blank=True)
    label = models.CharField("destination", max_length=128, blank=True)
    uri = models.CharField("dialled", max_length=255, blank=True)
    status = models.CharField("call status", max_length=16, blank=True)
    dial_status = models.CharField(max_length=16, blank=True)
    # It talked to the caller. A leg can be picked up without talking to the caller.
    is_answered = models.BooleanField("answered", default=False)
    sip_code = models.PositiveIntegerField("SIP code", null=True)
    error_code = models.PositiveIntegerField("error code", null=True)
    ring_s = models.PositiveIntegerField("ring (s)", null=True)
    talk_s = models.PositiveIntegerField("talk (s)", null=True)
    cost = models.DecimalField(max_digits=12, decimal_places=5, null=True)
    saved = models.DecimalField(max_digits=12, decimal_places=5, null=True)

    class Meta:
        ordering = ("call", "position", "index", "leg_sid")

    def __str__(self) -> str:
        return self.label or self.leg_sid
