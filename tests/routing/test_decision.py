"""Examples of docs/routing.md, "The decision" and "When the answer itself failed"."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from telephony.routing.decision import Dial, Hangup, Reject, Say, decide, resume
from telephony.routing.directory import Directory
from telephony.routing.results import DialResult, Outcome
from tests import make

OFFICE, MOBILE = make.sip(), make.mobile()
STORY = make.directory(make.number(OFFICE, MOBILE))
HELD = make.START + timedelta(minutes=5)

FAILED = DialResult("failed", "ringing", sip_code=503)
BUSY = DialResult("busy", "ringing", sip_code=486)
DECLINED = DialResult("busy", "ringing", sip_code=603)
REFUSED_BY_TWILIO = DialResult("busy", "ringing", error_code=13247)
SILENCE = DialResult("no-answer", "ringing", sip_code=487)
ANSWERED = DialResult("completed", "in-progress", bridged=True)
CALLER_GONE = DialResult("canceled", "no-answer", sip_code=487)


def next_step(live=STORY, after=None, result=None, call=None):
    return decide(live, call or make.call(), after, result, make.START)


def rung(step) -> list[str]:
    assert isinstance(step, Dial)
    return [destination.uri for destination in step.destinations]


def test_a_new_call_rings_the_endpoint():
    step = next_step()

    assert rung(step) == [OFFICE.uri]
    assert (step.position, step.ring_s, step.time_limit_s) == (1, 20, 14400)


@pytest.mark.parametrize("result", [FAILED, SILENCE, REFUSED_BY_TWILIO, DialResult(), None])
def test_failure_and_silence_move_on_to_the_mobile(result):
    assert rung(next_step(after=1, result=result)) == [MOBILE.uri]


@pytest.mark.parametrize(("result", "because"), [(BUSY, "busy"), (DECLINED, "unavailable")])
def test_a_person_who_is_busy_or_declines_is_not_overruled(result, because):
    step = next_step(after=1, result=result)

    assert isinstance(step, Say)
    assert step.because == because


@pytest.mark.parametrize(
    ("outcome", "result"),
    [
        (Outcome.BUSY, BUSY),
        (Outcome.DECLINED, DECLINED),
        (Outcome.FAILED, FAILED),
        (Outcome.NO_ANSWER, SILENCE),
    ],
)
def test_a_step_moves_on_after_what_it_says_and_nothing_else(outcome, result):
    for flags, moves in ((frozenset({outcome}), True), (frozenset(Outcome) - {outcome}, False)):
        live = make.directory(make.number(make.step(1, OFFICE, moves_on=flags), MOBILE))

        assert isinstance(next_step(live, 1, result), Dial) is moves


def test_a_group_moves_on_if_any_of_its_steps_says_so():
    sets = (frozenset(), frozenset({Outcome.BUSY}))
    group = [make.step(1, make.sip(user), moves_on=s) for user, s in zip("ab", sets, strict=True)]
    live = make.directory(make.number(*group, MOBILE))

    assert rung(next_step(live, 1, BUSY)) == [MOBILE.uri]


@pytest.mark.parametrize("result", [ANSWERED, CALLER_GONE, DialResult("canceled", "ringing")])
def test_nobody_is_dialled_once_the_call_is_over(result):
    assert isinstance(next_step(after=1, result=result), Hangup)


@pytest.mark.parametrize(
    ("called", "account_sid"), [("+12025550199", make.ACCOUNT_SID), (make.NUMBER, "AC1"), ("", "")]
)
def test_a_call_to_a_number_that_is_not_ours_is_rejected(called, account_sid):
    call = make.call(called=called, account_sid=account_sid)

    assert isinstance(next_step(call=call), Reject)
    assert isinstance(next_step(call=call, after=1, result=FAILED), Hangup)


def test_a_disabled_number_rejects_new_calls_and_ends_those_under_way():
    live = make.directory(make.number(OFFICE, enabled=False))

    assert isinstance(next_step(live), Reject)
    assert isinstance(next_step(live, 1, FAILED), Hangup)
    assert "is disabled" in next_step(live).reason


def test_steps_with_one_position_ring_together_for_the_longest_of_their_times():
    live = make.directory(
        make.number(make.step(3, OFFICE, ring_s=15), make.step(3, MOBILE, ring_s=40))
    )
    step = next_step(live)

    assert rung(step) == [OFFICE.uri, MOBILE.uri]
    assert (step.position, step.ring_s) == (3, 40)


def test_at_most_ten_ring_together():
    live = make.directory(make.number(*(make.step(1, make.sip(f"e{i}")) for i in range(12))))

    assert len(rung(next_step(live))) == 10


def test_the_shortest_time_limit_holds_for_a_group():
    steps = (make.step(1, make.mobile(time_limit_s=limit)) for limit in (3600, 600, 14400))

    assert next_step(make.directory(make.number(*steps))).time_limit_s == 600


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (make.sip("first", enabled=False), "it is disabled"),
        (make.sip("fi rst"), "the user part of its SIP URI has characters that may not stand there"),
        (make.sip("first", held_until=HELD), "its server is out of service"),
    ],
)  # fmt: skip
def test_who_cannot_ring_is_passed_over_and_named(broken, why):
    step = next_step(make.directory(make.number(broken, OFFICE)))

    assert rung(step) == [OFFICE.uri]
    assert step.passed_over == (f"{broken.label} at position 1: {why}",)


def test_one_broken_member_does_not_silence_its_group():
    group = (make.step(1, make.sip("gone", enabled=False)), make.step(1, OFFICE))

    assert rung(next_step(make.directory(make.number(*group, MOBILE)))) == [OFFICE.uri]


def test_a_server_comes_back_at_the_second_it_is_held_until():
    live = make.directory(make.number(make.sip(held_until=make.START), MOBILE))

    assert rung(next_step(live)) == [OFFICE.uri]


def test_the_last_of_the_held_rings_when_nobody_else_is_left():
    held = [make.sip(user, held_until=HELD) for user in ("a", "b")]
    step = next_step(make.directory(make.number(*held, make.sip("c", enabled=False))))

    assert rung(step) == [held[1].uri]
    assert len(step.passed_over) == 3


def test_the_caller_hears_what_the_last_dial_found():
    live = make.directory(make.number(OFFICE, language="es-MX", busy_message="Ocupado."))

    busy = next_step(live, 1, BUSY)
    silence = next_step(live, 1, SILENCE)

    assert (busy.because, busy.message, busy.language) == ("busy", "Ocupado.", "es-MX")
    assert silence.because == "unavailable"


def test_a_number_without_steps_says_that_nobody_is_there():
    assert next_step(make.directory(make.number())).because == "unavailable"


def test_a_position_that_has_left_the_route_moves_on_by_default():
    live = make.directory(make.number(make.step(5, MOBILE)))

    assert rung(next_step(live, 2, FAILED)) == [MOBILE.uri]
    assert isinstance(next_step(live, 2, BUSY), Say)


@pytest.mark.parametrize(
    ("caller", "policy", "shown"),
    [
        (make.CALLER, "caller", make.CALLER),
        ("anonymous", "caller", make.NUMBER),
        ("sip:ana@example.com", "caller", make.NUMBER),
        ("+266696687", "caller", make.NUMBER),
        (make.CALLER, "called", make.NUMBER),
        (make.CALLER, "+12025550101", "+12025550101"),
        ("anonymous", "+12025550101", "+12025550101"),
    ],
)
def test_a_fallback_number_is_shown_what_its_policy_says(caller, policy, shown):
    live = make.directory(make.number(make.mobile(caller_id=policy)))

    assert next_step(live, call=make.call(caller)).caller_id == shown


@pytest.mark.parametrize(
    ("caller", "shown"),
    [(make.CALLER, make.CALLER), ("", "anonymous"), ("client:ana", "anonymous")],
)
def test_an_endpoint_is_shown_the_caller_or_anonymous(caller, shown):
    assert next_step(call=make.call(caller)).caller_id == shown


def test_the_first_fallback_number_chooses_the_caller_id_of_a_group():
    fixed = make.mobile(caller_id="+12025550101")
    others = (OFFICE, fixed, make.mobile("+59899999998", caller_id="called"))
    live = make.directory(make.number(*(make.step(1, other) for other in others)))

    assert next_step(live).caller_id == "+12025550101"


def test_the_rate_of_forwarding_is_the_first_enabled_fallback_numbers():
    dear = make.mobile("+59899999998", rate=Decimal(9), enabled=False)

    assert next_step(make.directory(make.number(OFFICE, dear, MOBILE))).forward_rate == MOBILE.rate
    assert next_step(make.directory(make.number(OFFICE))).forward_rate is None


# voice-failed: position of the failed URL, DialCallStatus, CallStatus, ErrorCode -> who rings.
FAILED_ANSWERS = [
    (None, "", "ringing", 11200, OFFICE.uri),
    (None, "", "ringing", 11205, OFFICE.uri),
    (None, "", "ringing", 13243, MOBILE.uri),
    (None, "", "ringing", 12100, MOBILE.uri),
    (None, "", "ringing", None, MOBILE.uri),
    (1, "failed", "ringing", 11200, MOBILE.uri),
    (1, "no-answer", "ringing", 11217, MOBILE.uri),
    (1, "failed", "ringing", 13243, "say"),
    (1, "", "ringing", 11200, MOBILE.uri),
    (1, "", "in-progress", 11200, "hangup"),
    (1, "", "in-progress", 12100, "hangup"),
    (1, "", "completed", 11200, "hangup"),
    (1, "completed", "in-progress", 11200, "hangup"),
    (2, "", "ringing", 11200, "say"),
    (2, "failed", "ringing", 11200, "say"),
    (2, "failed", "ringing", 12100, "hangup"),
    (1, "busy", "ringing", 11200, "say"),
    (1, "canceled", "no-answer", 11200, "hangup"),
]


@pytest.mark.parametrize(("after", "dial_status", "call_status", "code", "rings"), FAILED_ANSWERS)
def test_a_call_goes_on_where_its_answer_failed(after, dial_status, call_status, code, rings):
    result = DialResult(dial_status, call_status)

    step = resume(STORY, make.call(), after, result, code, make.START)

    if isinstance(step, Dial):
        assert rung(step) == [rings]
    else:
        assert type(step).__name__.lower() == rings


def test_a_document_that_could_not_be_executed_is_not_sent_again():
    live = make.directory(make.number(OFFICE))
    step = resume(live, make.call(), None, DialResult("", "ringing"), 13243, make.START)

    assert isinstance(step, Say)
    assert "error 13243" in step.reason


def test_a_rejected_call_stays_rejected_when_its_answer_failed():
    step = resume(Directory(), make.call(), None, DialResult("", "ringing"), 12100, make.START)

    assert isinstance(step, Reject)


def test_every_step_says_why():
    answers = [next_step(), next_step(after=1, result=BUSY), next_step(after=1, result=ANSWERED)]
    answers.append(next_step(replace(STORY, numbers={})))

    assert all(step.reason for step in answers)
