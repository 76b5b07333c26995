"""A panel of which nothing is to be said."""

from typing import Any

from django.utils import timezone

from telephony.models import CallRecord, PeriodicJob, PhoneNumber, SipEndpoint
from telephony.records.totals import add_up, mark_all
from telephony.snapshots.asterisk import load_asterisk
from telephony.snapshots.comparison import render_all
from telephony.snapshots.exported import remember
from tests import make


def make_all_well(settings: Any) -> PhoneNumber:
    number = make.make_story()
    settings.ALERT_POST_URL = "https://example.com/hook"
    PeriodicJob.objects.create(name="a job", started_at=timezone.now())
    CallRecord.objects.create(call_sid="CA1", called=make.NUMBER, started_at=timezone.now())
    mark_all()
    sum(add_up())
    remember("office", render_all(load_asterisk(SipEndpoint.objects.get().server)))
    return number
