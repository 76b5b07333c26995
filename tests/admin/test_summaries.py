"""How a call is put into words."""

from datetime import timedelta
from decimal import Decimal

import pytest

from telephony.admin.formats import minutes, money
from telephony.admin.summaries import (
    ANSWERED,
    BY_DIAL_END,
    BY_OUTCOME,
    describe_outcome,
    may_go_on,
    summarise,
)
from telephony.models import CallLeg, CallRecord
from telephony.models.choices import CallOutcome
from telephony.routing.results import Outcome
from tests import make


def told(*legs: CallLeg, **fields: object) -> str:
    call = CallRecord(caller="+12025550143", called="+12025550100", started_at=make.START, **fields)
    return summarise(call, legs, call.started_at).removeprefix(
        "+1 202-555-0143 called +1 202-555-0100; "
    )


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"dial_status": "no-answer"}, "did not answer"),
        ({"dial_status": "busy", "sip_code": 486}, "was busy"),
        ({"dial_status": "busy", "sip_code": 603}, "declined"),
        ({"dial_status": "busy", "error_code": 13247}, "could not be reached"),
        ({"dial_status": "failed"}, "could not be reached"),
        ({"dial_status": "canceled"}, "was cancelled"),
        ({"dial_status": "completed", "talk_s": 3}, "picked up but was not put through"),
        ({"status": "completed"}, "picked up but was not put through"),
        ({"status": "canceled"}, "stopped ringing"),
        ({"status": "ringing"}, "was rung"),
        ({"status": "in-progress"}, "picked up but was not put through"),
    ],
)
def test_each_end_of_a_leg_has_its_words(fields: dict[str, object], words: str) -> None:
    assert told(CallLeg(label="Ana", **fields), outcome="unanswered") == (
        f"Ana {words}; nobody answered."
    )


def test_every_end_has_its_words() -> None:
    assert {*BY_DIAL_END, Outcome.ANSWERED, Outcome.CALLER_GONE} == set(Outcome)
    assert {*BY_OUTCOME, *ANSWERED} == set(CallOutcome)


def test_a_callers_name_cannot_turn_the_sentence_around() -> None:
    call = CallRecord(caller="sip:\u202eeve@x", called="\u2067+1", started_at=make.START)
    call.outcome = "rejected"
    assert summarise(call, [], make.START) == "sip:eve@x called +1; the call was rejected."


@pytest.mark.parametrize(
    ("status", "hours", "words"),
    [
        ("ringing", 1, "is ringing; the call is in progress"),
        ("in-progress", 1, "picked up; the call is in progress"),
        ("ringing", 7, "was rung; the end of the call was never heard"),
        ("completed", 1, "picked up; the call is in progress"),
        ("in-progress", 7, "picked up; the end of the call was never heard"),
    ],
)
def test_a_leg_goes_on_only_as_long_as_its_call_may(status: str, hours: int, words: str) -> None:
    call = CallRecord(outcome="ringing", started_at=make.START)
    now = make.START + timedelta(hours=hours)
    assert summarise(call, [CallLeg(label="Ana", status=status)], now).endswith(f"; Ana {words}.")


def test_an_answered_call_tells_who_talked_how_long_and_what_was_saved() -> None:
    leg = CallLeg(label="Ana", dial_status="completed", is_answered=True, talk_s=61)
    fields = {"cost": Decimal("0.305"), "saved": Decimal("0.455"), "currency": "USD"}
    assert told(leg, outcome="answered", answered_by="Ana", **fields) == (
        "Ana answered and talked 1:01; cost 0.305 USD, saved 0.455 USD."
    )


def test_of_two_legs_to_one_destination_only_the_one_that_was_picked_up_answered() -> None:
    legs = [
        CallLeg(label="Ana", dial_status="no-answer"),
        CallLeg(label="Ana", dial_status="completed", is_answered=True),
    ]
    assert told(*legs, outcome="failed-over", answered_by="Ana") == (
        "Ana did not answer, Ana answered after failover."
    )


def test_of_two_legs_picked_up_at_once_the_one_that_talked_answered() -> None:
    legs = [
        CallLeg(label="Ana", status="completed", talk_s=2),
        CallLeg(label="Ana", status="completed", is_answered=True, talk_s=60),
    ]
    assert told(*legs, outcome="answered", answered_by="Ana") == (
        "Ana picked up but was not put through, Ana answered and talked 1:00."
    )


def test_a_call_answered_by_somebody_unknown_says_so() -> None:
    legs = [CallLeg(label=name, status="completed") for name in ("Ana", "Eva")]
    assert told(*legs, outcome="answered") == (
        "Ana picked up, Eva picked up; somebody answered, but who is not known."
    )


def test_a_call_that_the_panel_knows_nothing_of_claims_nothing() -> None:
    assert told(outcome="unknown") == "how it ended is not known to the panel."


def test_a_call_that_came_while_the_panel_was_down_says_so() -> None:
    assert told(outcome="unknown", missing=[{"code": "first-webhook"}]) == (
        "the panel was not asked what to do: it was down, or a static document took the call."
    )


def test_a_call_that_nobody_was_dialled_for_says_why() -> None:
    assert told(outcome="rejected", cost=Decimal(0)) == "the call was rejected."


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("0.38", "0.38 USD"), ("0.1525", "0.1525 USD"), ("0", "0.00 USD"), ("-0.10000", "-0.10 USD")],
)
def test_money_has_two_decimals_or_what_it_needs(amount: str, shown: str) -> None:
    assert money(Decimal(amount), "USD") == shown


def test_minutes_count_on_past_an_hour() -> None:
    assert minutes(3905) == "65:05"


@pytest.mark.parametrize(("hours", "words"), [(5, "in progress"), (7, "end never heard")])
def test_a_call_whose_end_never_came_is_not_in_progress_for_ever(hours: int, words: str) -> None:
    call = CallRecord(outcome="ringing", started_at=make.START)
    now = make.START + timedelta(hours=hours)
    assert describe_outcome(call, now) == words
    assert ("the end of the call was never heard" in summarise(call, [], now)) is not may_go_on(
        call, now
    )
