"""Loops: a destination that the call has come from is passed over, and the rest rings."""

import pytest

from telephony.routing.decision import Dial, Say
from telephony.routing.reasons import Obstacle, explain
from telephony.routing.rules import decide
from tests import make

OWN = "+12025550101"
OFFICE, MOBILE = make.sip(dialled_number="099999999"), make.mobile("+59898888888")
JAPANESE = make.mobile("+815099999999")
FIXED = make.mobile("+59897777777", caller_id=OWN, caller_id_account=make.ACCOUNT_SID)


def decision(*route, **call):
    live = make.directory(make.number(*route), make.number(e164=OWN))
    return decide(live, make.call(**call), None, None, make.START)


def looped(decided) -> list[str]:
    return [p.key for p in decided.passed_over if p.obstacle is Obstacle.LOOP]


@pytest.mark.parametrize(
    ("looping", "forwarded_from"),
    [
        (MOBILE, "+59898888888"),
        (MOBILE, "098888888"),
        (JAPANESE, "05099999999"),
        (OFFICE, "+59899999999"),
        (OFFICE, "099999999"),
    ],
)
def test_a_destination_that_forwarded_the_call_here_is_passed_over_and_the_rest_rings(
    looping, forwarded_from
):
    rest = make.sip("rest")

    decided = decision(looping, rest, forwarded_from=forwarded_from)

    assert decided.destinations == (rest,)
    assert looped(decided) == [looping.key]
    assert f"{forwarded_from} forwarded the call here" in explain(decided.reasons)


def test_a_call_that_another_telephone_forwarded_rings_everybody():
    assert decision(MOBILE, forwarded_from="+12025550177").destinations == (MOBILE,)


def test_the_loop_is_seen_at_every_step_of_the_route():
    first = decision(OFFICE, MOBILE, forwarded_from="098888888")
    live = make.directory(make.number(OFFICE, MOBILE))
    call = make.call(forwarded_from="098888888")

    second = decide(live, call, first.progress, None, make.START)

    assert first.destinations == (OFFICE,)
    assert isinstance(second, Say)
    assert looped(second) == [MOBILE.key]


def test_a_call_from_our_number_to_itself_rings_no_telephone_that_may_have_forwarded_it():
    decided = decision(MOBILE, OFFICE, caller=make.NUMBER)

    assert decided.destinations == (OFFICE,)
    assert looped(decided) == [MOBILE.key]
    assert f"comes from our own number {make.NUMBER}" in explain(decided.reasons)


def test_a_telephone_that_was_shown_another_number_of_ours_is_passed_over():
    decided = decision(FIXED, MOBILE, caller=OWN)

    assert (decided.destinations, looped(decided)) == ((MOBILE,), [FIXED.key])


def test_the_same_number_of_another_account_is_not_ours():
    live = make.directory(make.number(FIXED), make.number(e164=OWN, account_sid="AC" + "f" * 32))

    assert isinstance(decide(live, make.call(OWN), None, None, make.START), Dial)


def test_an_anonymous_call_is_no_loop_of_an_endpoint_without_a_number():
    assert isinstance(decision(make.sip(dialled_number=""), forwarded_from=""), Dial)
