"""The record that each kind of call becomes."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.records.event import STATUS_ORDER, status_rank
from telephony.records.projection import project
from telephony.routing.results import FINAL_CALL_STATUSES
from tests import make
from tests.records.tables import ALONE, CALLS, STORY, shown


@pytest.mark.parametrize(("live", "webhooks", "expected"), CALLS.values(), ids=CALLS)
def test_a_call_becomes_its_record(live, webhooks, expected):
    assert shown(project(make.events(webhooks, live))) == dedent(expected).strip()


def record(text, live=STORY):
    return project(make.events(text, live))


def test_a_record_says_who_called_whom_and_when_it_began():
    call = record("3 voice From=anonymous")

    assert (call.call_sid, call.account_sid) == (make.CALL_SID, make.ACCOUNT_SID)
    assert (call.caller, call.called) == ("anonymous", make.NUMBER)
    assert call.started_at == make.START + timedelta(seconds=3)


def test_a_call_whose_first_webhook_never_came_began_with_the_second():
    url = "https://panel.example.com/twilio/voice/"
    call = record(f"5 voice-failed ErrorCode=11200 ErrorUrl={url}\n 30 voice/1 DialCallStatus=busy")

    assert call.started_at == make.START + timedelta(seconds=5)


def test_the_answer_is_timed_by_twilios_clock_and_not_by_ours():
    said = (make.START + timedelta(seconds=7)).strftime("%a, %d %b %Y %H:%M:%S +0000")
    late = make.event("leg/1/0", at_s=500, live=ALONE, CallStatus="in-progress", Timestamp=said)
    ended = make.event("voice/1", at_s=68, live=ALONE, DialCallStatus="completed")

    call = project([make.event("voice", live=ALONE), ended, late])

    assert call.answered_at == make.START + timedelta(seconds=7)


@pytest.mark.parametrize(
    "timestamp",
    ["", "yesterday", "Fri, 20 Aug 99999999999999999999 01:13:42 +0000", "Fri, 20 Aug 2010 01:13:42 +99999999999999999999"],
)  # fmt: skip
def test_a_timestamp_that_is_none_leaves_the_time_of_arrival(timestamp):
    event = make.event("status", at_s=9, CallStatus="completed", Timestamp=timestamp)

    assert project([event]).ended_at == make.START + timedelta(seconds=9)


@given(st.text(max_size=40) | st.from_regex(r"[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d+ [\d:]+ [+-]\d+"))
def test_no_timestamp_stops_a_record(timestamp):
    assert project([make.event("status", CallStatus="completed", Timestamp=timestamp)]).ended_at


@pytest.mark.parametrize("seconds", ["172801", "2147483647", "99999999999", "-1", "x", ""])
def test_a_duration_that_no_call_can_have_is_not_known(seconds):
    call = record(
        f"""
        0 voice
        1 voice/1 CallStatus=in-progress DialCallStatus=completed DialCallDuration={seconds}
        2 status CallStatus=completed CallDuration={seconds}
        """
    )

    assert (call.outcome, call.talk_s, call.duration_s, call.cost) == ("answered", None, None, None)


def test_billed_minutes_are_not_taken_for_seconds():
    assert record("9 status CallStatus=completed Duration=1 CallDuration=49").duration_s == 49
    assert record("9 status CallStatus=completed Duration=1").duration_s is None


def test_a_missing_dial_duration_is_read_from_the_leg():
    call = record(
        """
        0  voice
        41 leg/1/0 CallStatus=completed CallDuration=40
        41 voice/1 CallStatus=in-progress DialCallStatus=completed DialCallSid=CAleg1a
        """
    )

    assert (call.talk_s, call.cost) == (40, Decimal("0.1525"))


def test_later_rates_do_not_rewrite_history():
    text = (
        "0 voice\n 41 voice/1 CallStatus=in-progress DialCallStatus=completed DialCallDuration=40"
    )
    first, *_ = make.events(text, STORY)
    dear = make.directory(make.number(make.sip(rate=Decimal(9)), make.mobile()))
    *_, last = make.events(text, dear)

    assert project([first, last]).cost == Decimal("0.1525")


def test_a_simulated_call_is_marked():
    assert record("0 voice SwitchhookSimulated=1").is_simulated
    assert not record("0 voice").is_simulated


# CallStatus of what has come so far, in any order, and the status of the record.
STATUSES = [
    ("ringing", "ringing"),
    ("queued ringing", "ringing"),
    ("in-progress ringing", "in-progress"),
    ("completed ringing in-progress", "completed"),
    ("no-answer ringing", "no-answer"),
    ("canceled in-progress", "canceled"),
    ("busy completed", "completed"),
    ("a-new-word ringing", "ringing"),
]


@pytest.mark.parametrize(("came", "status"), STATUSES)
def test_a_status_only_moves_forward(came, status):
    lines = [f"{at_s} status CallStatus={word}" for at_s, word in enumerate(came.split())]

    assert record("\n".join(lines)).status == status
    assert record("\n".join(reversed(lines))).status == status


words = st.sampled_from([*STATUS_ORDER, *sorted(FINAL_CALL_STATUSES), "a-new-word"])


@given(st.lists(words, min_size=1, max_size=6))
def test_no_webhook_takes_a_status_back(statuses):
    events = [make.event("status", at_s=i, CallStatus=s) for i, s in enumerate(statuses)]
    ranks = [status_rank(project(events[: i + 1]).status) for i in range(len(events))]

    assert ranks == sorted(ranks)


def test_a_retry_is_not_a_second_event():
    first = make.event("voice")
    retry = replace(first, received_at=first.received_at + timedelta(seconds=9))

    assert project([retry, first]) == project([first])
