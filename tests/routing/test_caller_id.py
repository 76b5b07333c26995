"""Which caller ID a destination sees; see docs/routing.md, Caller ID."""

import pytest

from telephony.routing.caller_id import choose_caller_id
from telephony.routing.reasons import Why
from tests import make

OWN = "+12025550101"
NUMBER = make.number()


def shown(*destinations, caller=make.CALLER) -> str:
    caller_id, _ = choose_caller_id(destinations, NUMBER, make.call(caller))
    return caller_id


@pytest.mark.parametrize(
    ("caller", "policy", "expected"),
    [
        (make.CALLER, "caller", make.CALLER),
        ("+5215512345678", "caller", "+5215512345678"),
        ("anonymous", "caller", make.NUMBER),
        ("sip:ana@example.com", "caller", make.NUMBER),
        ("+266696687", "caller", make.NUMBER),
        (make.CALLER, "called", make.NUMBER),
        (make.CALLER, OWN, OWN),
        ("anonymous", OWN, OWN),
    ],
)
def test_a_fallback_number_is_shown_what_its_policy_says(caller, policy, expected):
    fallback = make.mobile(caller_id=policy, caller_id_account=make.ACCOUNT_SID)

    assert shown(fallback, caller=caller) == expected


def test_a_fixed_number_of_another_account_is_not_used_and_the_reason_says_so():
    foreign = make.mobile(caller_id=OWN, caller_id_account="AC" + "f" * 32)

    caller_id, reasons = choose_caller_id([foreign], NUMBER, make.call())

    assert caller_id == make.NUMBER
    assert [(r.code, dict(r.values)) for r in reasons] == [
        (Why.CALLER_ID_OF_ANOTHER_ACCOUNT, {"number": OWN})
    ]


@pytest.mark.parametrize(
    ("caller", "expected"),
    [(make.CALLER, make.CALLER), ("", "anonymous"), ("client:ana", "ana"), ("911", "911")],
)
def test_an_endpoint_is_shown_whoever_can_be_shown(caller, expected):
    assert shown(make.sip(), caller=caller) == expected


def test_the_first_fallback_number_chooses_for_all_who_ring_together():
    fixed = make.mobile(caller_id=OWN, caller_id_account=make.ACCOUNT_SID)
    other = make.mobile("+59899999998", caller_id="called")

    assert shown(make.sip(), fixed, other) == OWN
