"""The guarantees of docs/routing.md, each a property over random routes, results and orders."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from telephony.routing.decision import Dial, Hangup, Reject, decide, resume
from telephony.routing.destinations import NumberDestination, problem
from telephony.routing.results import FINAL_CALL_STATUSES, DialResult, Outcome
from tests import make
from tests.twiml.rendering import render

NOW = make.START
OWN_NUMBERS = (make.NUMBER, "+12025550101")

DIAL_STATUSES = ("", "completed", "answered", "busy", "no-answer", "failed", "canceled", "other")
CALL_STATUSES = ("ringing", "in-progress", "queued", "", *sorted(FINAL_CALL_STATUSES))

users = st.sampled_from(["myext", "ana", "bruno", "100", "+59899999999", "my ext", ""])
held = st.sampled_from(
    [None, NOW - timedelta(hours=1), NOW, NOW + timedelta(seconds=1), NOW + timedelta(hours=1)]
)
rates = st.decimals(Decimal(0), Decimal(1), places=4)
endpoints = st.builds(
    make.sip,
    users,
    host=st.sampled_from(["pbx.example.com", "a.example.com", "192.0.2.7", "my_pbx"]),
    enabled=st.sampled_from([True, True, False]),
    held_until=held,
    rate=rates,
)
mobiles = st.builds(
    make.mobile,
    st.sampled_from(["+59899999999", "+12025550188", "099999999", "+12"]),
    enabled=st.booleans(),
    caller_id=st.sampled_from(["caller", "called", "+12025550101"]),
    time_limit_s=st.integers(60, 14400),
    rate=rates,
)
steps = st.builds(
    make.step,
    st.integers(1, 6),
    endpoints | mobiles,
    ring_s=st.integers(5, 600),
    moves_on=st.frozensets(
        st.sampled_from([Outcome.FAILED, Outcome.NO_ANSWER, Outcome.BUSY, Outcome.DECLINED])
    ),
)
routes = st.lists(steps, max_size=14).map(lambda route: sorted(route, key=lambda s: s.position))
numbers = st.builds(
    lambda route, enabled: make.number(*route, enabled=enabled),
    routes,
    st.sampled_from([True] * 9 + [False]),
)
results = st.builds(
    DialResult,
    dial_status=st.sampled_from(DIAL_STATUSES),
    call_status=st.sampled_from(CALL_STATUSES),
    bridged=st.sampled_from([None, True, False]),
    sip_code=st.sampled_from([None, 200, 403, 404, 408, 480, 486, 487, 500, 503, 600, 603, 608]),
    error_code=st.sampled_from([None, 13224, 13247, 32011]),
)
# After these somebody may still be dialled for.
unanswered = st.builds(
    DialResult,
    dial_status=st.sampled_from(["", "failed", "no-answer", "busy"]),
    call_status=st.just("ringing"),
    sip_code=st.sampled_from([None, 486, 487, 503, 603]),
)
callers = st.sampled_from(
    [make.CALLER, "anonymous", "Anonymous", "", "sip:a@b.example", "client:x", "+266696687", "911"]
)
positions = st.none() | st.integers(0, 7)
error_codes = st.none() | st.sampled_from([11200, 11205, 11999, 12000, 12100, 13243, 10999])


def after_any(number, caller, after, result, code, is_failure):
    """Any step there is: the answer to a webhook, or to one whose answer failed."""
    live, call = make.directory(number), make.call(caller)
    if is_failure:
        return resume(live, call, after, result, code, NOW)
    return decide(live, call, after, result, NOW)


def play(number, outcomes, caller=make.CALLER):
    """The steps of a whole call; each dial ends as the next of `outcomes` says."""
    live, call = make.directory(number), make.call(caller)
    played = [decide(live, call, None, None, NOW)]
    for result in outcomes:
        if not isinstance(played[-1], Dial):
            break
        played.append(decide(live, call, played[-1].position, result, NOW))
    return played


def can_be_written(step) -> bool:
    return step.destination.enabled and problem(step.destination) is None


def is_held(destination) -> bool:
    until = getattr(destination, "held_until", None)
    return until is not None and until > NOW


@given(numbers, callers, positions.filter(lambda p: p is not None), results, error_codes, st.booleans())  # fmt: skip
def test_1_an_answered_call_is_never_dialled_again(number, caller, after, result, code, is_failure):
    answered = replace(result, dial_status="completed", bridged=result.bridged or None)

    step = after_any(number, caller, after, answered, code, is_failure)

    assert isinstance(step, Hangup)


@given(numbers, callers, st.integers(0, 7), error_codes)
def test_1_an_answered_call_is_not_dialled_when_its_action_failed_without_a_dial_status(
    number, caller, after, code
):
    # With answerOnBridge the caller's leg is in progress only after somebody answered.
    step = after_any(number, caller, after, DialResult("", "in-progress"), code, True)

    assert isinstance(step, Hangup)


@given(numbers, callers, st.integers(0, 7), results, st.sampled_from(sorted(FINAL_CALL_STATUSES)), error_codes, st.booleans())  # fmt: skip
def test_2_a_caller_who_hung_up_is_never_dialled_for(
    number, caller, after, result, final, code, is_failure
):
    gone = replace(result, call_status=final)

    step = after_any(number, caller, after, gone, code, is_failure)

    assert isinstance(step, Hangup)


@given(numbers, st.lists(results | unanswered, min_size=20, max_size=20))
def test_3_every_route_ends(number, outcomes):
    played = play(number, outcomes)
    dials = [step.position for step in played if isinstance(step, Dial)]

    assert not isinstance(played[-1], Dial)
    assert dials == sorted(set(dials))
    assert len(dials) <= len(number.steps)


@given(numbers, callers, positions, results, error_codes, st.booleans())
def test_3_positions_only_grow(number, caller, after, result, code, is_failure):
    step = after_any(number, caller, after, result, code, is_failure)

    assert not isinstance(step, Dial) or after is None or step.position > after


@given(numbers, callers, positions, results, error_codes, st.booleans())
def test_4_a_disabled_or_malformed_destination_is_never_dialled(
    number, caller, after, result, code, is_failure
):
    step = after_any(number, caller, after, result, code, is_failure)

    if isinstance(step, Dial):
        assert all(d.enabled and problem(d) is None for d in step.destinations)


@given(numbers, st.lists(unanswered, min_size=15, max_size=15))
def test_4_a_disabled_or_malformed_destination_is_never_a_dead_end(number, outcomes):
    # Where all steps of a position have one say, who cannot ring may as well not be there.
    agreed = [replace(step, moves_on=frozenset(Outcome)) for step in number.steps]
    whole = replace(number, steps=tuple(agreed))
    able = replace(number, steps=tuple(filter(can_be_written, agreed)))

    assert told(play(whole, outcomes)) == told(play(able, outcomes))


def told(played):
    """What Twilio is told of each step: the document, but not the reason."""
    return [render(step, "https://panel.example.com") for step in played]


@given(numbers, callers, positions, results, error_codes, st.booleans())
@example(make.number(make.sip(held_until=NOW + timedelta(1)), make.mobile()), "", None, None, None, False)  # fmt: skip
def test_5_a_held_destination_is_dialled_only_when_nobody_else_is_left(
    number, caller, after, result, code, is_failure
):
    step = after_any(number, caller, after, result, code, is_failure)

    if isinstance(step, Dial) and any(map(is_held, step.destinations)):
        left = [s for s in number.steps if s.position > (after or 0) and can_be_written(s)]
        # An answer that could not be executed has been dialled already.
        executed = is_failure and not 11000 <= (code or 0) <= 11999
        left = [s for s in left if not executed or s.position >= step.position]
        assert all(is_held(s.destination) for s in left)


@given(numbers, callers)
@example(make.number(make.sip(held_until=NOW + timedelta(1))), "")
@example(make.number(make.sip(held_until=NOW + timedelta(1)), make.mobile("12")), "")
def test_6_a_call_is_dropped_without_a_dial_only_if_no_step_can_be_written(number, caller):
    step = decide(make.directory(number), make.call(caller), None, None, NOW)

    dialled = isinstance(step, Dial)
    assert dialled == (number.enabled and any(map(can_be_written, number.steps)))
    assert isinstance(step, Reject) == (not number.enabled)


@given(numbers, callers, positions, results, error_codes, st.booleans())
def test_7_the_caller_id_on_a_dial_to_a_telephone_is_one_that_twilio_takes(
    number, caller, after, result, code, is_failure
):
    step = after_any(number, caller, after, result, code, is_failure)

    if isinstance(step, Dial):
        rings_outside = any(isinstance(d, NumberDestination) for d in step.destinations)
        takes = {*OWN_NUMBERS} | ({caller} & {make.CALLER})
        assert step.caller_id in (takes if rings_outside else {caller, "anonymous"})


@given(numbers, callers, positions, results, error_codes, st.booleans())
def test_8_the_same_inputs_give_the_same_answer(number, caller, after, result, code, is_failure):
    about = (number, caller, after, result, code, is_failure)

    assert after_any(*about) == after_any(*about)


@given(numbers, numbers)
def test_8_other_numbers_of_the_directory_have_no_say(number, other):
    other = replace(other, e164="+12025550177")
    alone, among = make.directory(number), make.directory(other, number)

    assert decide(alone, make.call(), None, None, NOW) == decide(among, make.call(), None, None, NOW)  # fmt: skip
