"""Calls whose end was never heard are closed, and a late webhook still corrects them."""

from datetime import timedelta

import pytest

from telephony.models import CallEvent, CallRecord
from telephony.records import store
from telephony.records.closing import LONGEST_CALL, close_stale_calls
from telephony.records.store import load_events
from telephony.records.timeline import build_timeline
from tests import make

pytestmark = pytest.mark.django_db

LATER = make.START + LONGEST_CALL + timedelta(minutes=1)


def record(sid: str = make.CALL_SID) -> CallRecord:
    return CallRecord.objects.get(pk=sid)


def test_a_call_that_began_too_long_ago_is_closed_and_says_so():
    store.write(make.events("0 voice\n 5 leg/1/0 CallStatus=in-progress"))
    assert close_stale_calls(LATER) == 1

    assert (record().outcome, record().ended_at, record().cost) == ("unknown", None, None)
    assert {"code": "end"} in record().missing
    timeline = build_timeline(load_events([make.CALL_SID])[make.CALL_SID])
    assert timeline[-1].kind == "The panel closed the call, whose end was never heard"


def test_what_may_be_going_on_or_is_over_is_left_alone():
    store.write(make.events("0 voice CallSid=CAyoung"))
    store.write(
        make.events("0 voice CallSid=CAover\n 9 status CallSid=CAover CallStatus=no-answer")
    )
    assert close_stale_calls(LATER - timedelta(minutes=2)) == 0
    store.write(make.events("0 voice CallSid=CAold"))
    assert close_stale_calls(LATER) == 2
    assert record("CAover").outcome == "unanswered"


def test_a_leg_that_talked_is_named_once_the_call_is_closed():
    text = "0 voice\n 5 leg/1/0 CallStatus=in-progress\n 65 leg/1/0 CallStatus=completed CallDuration=60"
    store.write(make.events(text))
    assert record().outcome == "ringing"
    close_stale_calls(LATER)

    assert (record().outcome, record().answered_by) == ("answered", "myext")


def test_closing_twice_changes_nothing_and_a_late_webhook_corrects_it():
    store.write(make.events("0 voice"))
    close_stale_calls(LATER)
    assert close_stale_calls(LATER + timedelta(hours=1)) == 0
    assert CallEvent.objects.count() == 2

    store.write(make.events("30 status CallStatus=no-answer CallDuration=0"))
    assert (record().outcome, record().ended_at) == (
        "unanswered",
        make.START + timedelta(seconds=30),
    )


def test_a_record_that_is_made_again_stays_closed():
    store.write(make.events("0 voice"))
    close_stale_calls(LATER)
    store.rebuild([make.CALL_SID])

    assert record().outcome == "unknown"


def test_more_calls_than_a_batch_are_closed():
    store.write(make.events("\n".join(f"0 voice CallSid=CA{n}" for n in range(450))))

    assert close_stale_calls(LATER) == 450
