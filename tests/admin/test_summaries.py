"""How a call is put into words."""

from decimal import Decimal

import pytest

from telephony.admin.formats import minutes, money
from telephony.admin.summaries import summarise
from telephony.models import CallLeg, CallRecord


def told(*legs: CallLeg, **fields: object) -> str:
    call = CallRecord(caller="+12025550143", called="+12025550100", **fields)
    return summarise(call, legs).removeprefix("+12025550143 called +12025550100; ")


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
        ({"status": "initiated"}, "is ringing"),
        ({"status": "in-progress"}, "is talking"),
    ],
)
def test_each_end_of_a_leg_has_its_words(fields: dict[str, object], words: str) -> None:
    assert told(CallLeg(label="Ana", **fields), outcome="unanswered") == (
        f"Ana {words}; nobody answered."
    )


def test_an_answered_call_tells_who_talked_how_long_and_what_was_saved() -> None:
    leg = CallLeg(label="Ana", dial_status="completed", talk_s=61)
    fields = {"cost": Decimal("0.305"), "saved": Decimal("0.455"), "currency": "USD"}
    assert told(leg, outcome="answered", answered_by="Ana", **fields) == (
        "Ana answered and talked 1:01; cost 0.305 USD, saved 0.455 USD."
    )


def test_of_two_legs_to_one_destination_only_the_one_that_was_picked_up_answered() -> None:
    legs = [CallLeg(label="Ana", dial_status=status) for status in ("no-answer", "completed")]
    assert told(*legs, outcome="failed-over", answered_by="Ana") == (
        "Ana did not answer, Ana answered after failover."
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
