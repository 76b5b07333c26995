"""The guarantees of docs/routing.md, each a property over random routes, results and orders."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from textwrap import dedent

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from telephony.identifiers import E164
from telephony.routing.decision import Dial, Hangup, Progress, Reject
from telephony.routing.destinations import NumberDestination, find_obstacle
from telephony.routing.numbers import PSEUDO_NUMBERS, SIP_CALLER_ID, is_same_line
from telephony.routing.results import FINAL_CALL_STATUSES, DialResult, Outcome
from telephony.routing.rules import decide, resume
from telephony.wire.paths import action_path, parse_path
from tests import make
from tests.floors import ROOT
from tests.twiml.rendering import render

NOW = make.START
OWN_NUMBER = "+12025550101"
OTHER_ACCOUNT = "AC" + "f" * 32

DIAL_STATUSES = ("", "completed", "answered", "busy", "no-answer", "failed", "canceled", "other")
CALL_STATUSES = ("ringing", "in-progress", "queued", "", *sorted(FINAL_CALL_STATUSES))

users = st.sampled_from(["myext", "ana", "bruno", "100", "+59899999999", "my ext", ""])
held = st.sampled_from(
    [None, NOW - timedelta(hours=1), NOW, NOW + timedelta(seconds=1), NOW + timedelta(hours=1)]
)
# The branch does not answer; the depot did not, but its pause is over.
SILENT_UNTIL = {"branch": NOW + timedelta(seconds=1), "depot": NOW}
rates = st.decimals(Decimal(0), Decimal(1), places=4)
endpoints = st.builds(
    make.sip,
    users,
    host=st.sampled_from(["pbx.example.com", "a.example.com", "192.0.2.7", "my_pbx"]),
    enabled=st.sampled_from([True, True, False]),
    held_until=held,
    server=st.sampled_from(["", "office", "branch", "depot"]),
    rate=rates,
)
mobiles = st.builds(
    make.mobile,
    st.sampled_from(["+59899999999", "+12025550188", "099999999", "+12"]),
    enabled=st.booleans(),
    caller_id=st.sampled_from(["caller", "called", OWN_NUMBER]),
    caller_id_account=st.sampled_from([make.ACCOUNT_SID, OTHER_ACCOUNT]),
    ask_for_key=st.booleans(),
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
# After these, somebody may still be dialled.
unanswered = st.builds(
    DialResult,
    dial_status=st.sampled_from(["", "failed", "no-answer", "busy"]),
    call_status=st.just("ringing"),
    sip_code=st.sampled_from([None, 486, 487, 503, 603]),
)
callers = st.sampled_from(
    [make.CALLER, make.NUMBER, OWN_NUMBER, "anonymous", "Anonymous", "", "sip:a@b.example", "client:x", "+266696687", "911", "+5215512345678"]
)  # fmt: skip
forwarders = st.sampled_from(["", "", "+12025550177", "+59899999999", "099999999", "2025550188"])
calls = st.builds(make.call, callers, forwarded_from=forwarders)
error_codes = st.none() | st.sampled_from([11200, 11205, 11999, 12000, 12100, 13243, 10999])
# Where a call stands: in a plan, at a position whose plan is unknown, or at its beginning.
plans = st.builds(
    lambda position, moves_on, later: Progress(
        position, moves_on, tuple(step for step in later if step.position > position)
    ),
    st.integers(1, 7),
    st.frozensets(st.sampled_from(Outcome)),
    routes,
)
begun = plans | st.builds(Progress, st.integers(1, 7))
progresses = st.none() | begun


def directory_of(number, *others, after=None):
    """Return a directory with a number and every destination that its route or a plan names."""
    live = make.directory(number, *others)
    later = after.later or () if after else ()
    planned = {step.key: make.destination(step) for step in later}
    live = replace(live, destinations={**live.destinations, **planned})
    return live.with_silent(SILENT_UNTIL)


def after_any(number, call, after, result, code, is_failure):
    """Any decision there is: for a webhook, or for one whose answer failed."""
    live = directory_of(number, make.number(e164=OWN_NUMBER), after=after)
    if is_failure:
        return resume(live, call, after, result, code, NOW)
    return decide(live, call, after, result, NOW)


def play(number, outcomes, call=None):
    """The decisions of a whole call; each dial ends as the next of `outcomes` says."""
    live, call = make.directory(number).with_silent(SILENT_UNTIL), call or make.call()
    played = [decide(live, call, None, None, NOW)]
    for result in outcomes:
        if not isinstance(played[-1], Dial):
            break
        played.append(decide(live, call, played[-1].progress, result, NOW))
    return played


def can_be_written(step) -> bool:
    return find_obstacle(make.destination(step)) is None


def is_held(destination) -> bool:
    if isinstance(destination, NumberDestination):
        return False
    until = (destination.held_until, SILENT_UNTIL.get(destination.server))
    return any(time is not None and time > NOW for time in until)


def has_forwarded(destination, call) -> bool:
    """Whether a call has come from a destination, decided in a different way from the rules."""
    if call.forwarded_from and is_same_line(destination.line, call.forwarded_from):
        return True
    shown = {"caller": make.NUMBER, "called": make.NUMBER}
    return isinstance(destination, NumberDestination) and (
        call.caller == make.NUMBER
        or (call.caller == OWN_NUMBER == shown.get(destination.caller_id, destination.caller_id))
    )


anything = (numbers, calls, progresses, results, error_codes, st.booleans())


@given(numbers, calls, progresses, results, error_codes, st.booleans())
def test_1_an_answered_call_is_never_dialled_again(number, call, after, result, code, is_failure):
    # The action of a dial has an address; that of a failed answer may be lost.
    assume(is_failure or after is not None)
    answered = replace(result, dial_status="completed", bridged=result.bridged or None)

    assert isinstance(after_any(number, call, after, answered, code, is_failure), Hangup)


@given(numbers, calls, progresses, error_codes)
def test_1_an_answered_call_is_not_dialled_when_an_answer_failed_whichever_it_was(
    number, call, after, code
):
    # With answerOnBridge the caller's leg is in progress only after somebody answered.
    decided = after_any(number, call, after, DialResult("", "in-progress"), code, True)

    assert isinstance(decided, Hangup)


@given(numbers, calls, begun, results, st.sampled_from(sorted(FINAL_CALL_STATUSES)), error_codes, st.booleans())  # fmt: skip
def test_2_nobody_is_dialled_once_the_caller_has_hung_up(
    number, call, after, result, final, code, is_failure
):
    gone = replace(result, call_status=final)

    assert isinstance(after_any(number, call, after, gone, code, is_failure), Hangup)


@given(numbers, calls, st.lists(results | unanswered, min_size=20, max_size=20))
def test_3_every_route_ends(number, call, outcomes):
    played = play(number, outcomes, call)
    dials = [decided.position for decided in played if isinstance(decided, Dial)]

    assert not isinstance(played[-1], Dial)
    assert dials == sorted(set(dials))
    assert len(dials) <= len(number.steps)


@given(numbers, calls, begun, results, error_codes, st.booleans())
def test_3_positions_only_grow_and_plans_only_shrink(number, call, after, result, code, is_failure):
    decided = after_any(number, call, after, result, code, is_failure)

    if isinstance(decided, Dial):
        left = number.steps if after.later is None else after.later
        assert decided.position > after.position
        assert set(decided.progress.later) < set(left)


@given(*anything)
def test_4_a_disabled_or_malformed_destination_is_never_dialled(
    number, call, after, result, code, is_failure
):
    decided = after_any(number, call, after, result, code, is_failure)

    if isinstance(decided, Dial):
        assert [find_obstacle(d) for d in decided.destinations] == [None] * len(
            decided.destinations
        )


@given(numbers, st.lists(unanswered, min_size=15, max_size=15))
def test_4_a_disabled_or_malformed_destination_is_never_a_dead_end(number, outcomes):
    # If all steps of a position move on alike, those that cannot ring may as well not be there.
    agreed = [replace(step, moves_on=frozenset(Outcome)) for step in number.steps]
    whole = replace(number, steps=tuple(agreed))
    able = replace(number, steps=tuple(filter(can_be_written, agreed)))

    assert what_rings(play(whole, outcomes)) == what_rings(play(able, outcomes))


def what_rings(played):
    """Return what Twilio plays for each decision, without the reasons and the plan."""
    bare = [
        replace(d, progress=Progress(d.position), passed_over=(), reasons=())
        if isinstance(d, Dial)
        else d
        for d in played
    ]
    return [render(decided, "https://panel.example.com") for decided in bare]


@given(*anything)
@example(make.number(make.sip(held_until=NOW + timedelta(1)), make.mobile()), make.call(""), None, None, None, False)  # fmt: skip
@example(make.number(make.sip(server="branch"), make.mobile()), make.call(""), None, None, None, False)  # fmt: skip
def test_5_a_held_destination_is_dialled_only_when_nobody_else_is_left(
    number, call, after, result, code, is_failure
):
    decided = after_any(number, call, after, result, code, is_failure)

    if isinstance(decided, Dial) and any(map(is_held, decided.destinations)):
        plan = number.steps if after is None or after.later is None else after.later
        left = [s for s in plan if s.position > (after.position if after else 0)]
        left = [make.destination(s) for s in left if can_be_written(s)]
        # An answer that could not be executed has been dialled already.
        executed = is_failure and not 11000 <= (code or 0) <= 11999
        assert executed or all(is_held(d) or has_forwarded(d, call) for d in left)


@given(numbers, calls)
@example(make.number(make.sip(held_until=NOW + timedelta(1))), make.call(""))
@example(make.number(make.sip(server="branch")), make.call(""))
@example(make.number(make.sip(held_until=NOW + timedelta(1)), make.mobile("12")), make.call(""))
def test_6_a_call_is_dropped_without_a_dial_only_if_no_step_can_ring_for_it(number, call):
    decided = decide(directory_of(number, make.number(e164=OWN_NUMBER)), call, None, None, NOW)

    able = [make.destination(step) for step in number.steps if can_be_written(step)]
    can_ring = any(not has_forwarded(destination, call) for destination in able)
    assert isinstance(decided, Dial) == (number.enabled and can_ring)
    assert isinstance(decided, Reject) == (not number.enabled)


@given(*anything)
def test_7_the_caller_id_is_one_that_twilio_takes(number, call, after, result, code, is_failure):
    decided = after_any(number, call, after, result, code, is_failure)

    if not isinstance(decided, Dial):
        return
    outside = [d for d in decided.destinations if isinstance(d, NumberDestination)]
    if not outside:
        assert SIP_CALLER_ID.fullmatch(decided.caller_id)
        return
    fixed = {d.caller_id for d in outside if d.caller_id_account == call.account_sid}
    own = {call.caller} if E164.fullmatch(call.caller) else set()
    assert decided.caller_id in (own - PSEUDO_NUMBERS) | {make.NUMBER} | fixed


@given(numbers, numbers, plans, results, error_codes, st.booleans())
def test_8_an_edited_route_changes_no_call_in_progress(
    number, other, after, result, code, is_failure
):
    edited = replace(number, steps=other.steps)
    known = {step.key: make.destination(step) for step in (*number.steps, *other.steps)}
    known |= {step.key: make.destination(step) for step in after.later}

    def decided(route):
        live = replace(make.directory(route), destinations=known)
        step = (
            resume(live, make.call(), after, result, code, NOW)
            if is_failure
            else decide(live, make.call(), after, result, NOW)
        )
        # What forwarding would cost depends on the present route; nothing that is played does.
        return replace(step, forward_rate=None) if isinstance(step, Dial) else step

    assert decided(number) == decided(edited)


@given(plans)
def test_8_a_plan_travels_in_the_address_unchanged(plan):
    # A call never moves on after `answered` and the like, so they are not part of an address.
    movable = frozenset({Outcome.FAILED, Outcome.NO_ANSWER, Outcome.BUSY, Outcome.DECLINED})
    plan = replace(plan, moves_on=plan.moves_on & movable)

    found = parse_path(action_path(plan))

    assert found is not None
    assert (found.position, found.progress) == (plan.position, plan)


@given(*anything)
def test_9_a_destination_that_the_call_has_come_from_is_never_dialled(
    number, call, after, result, code, is_failure
):
    decided = after_any(number, call, after, result, code, is_failure)

    if isinstance(decided, Dial):
        assert not any(has_forwarded(d, call) for d in decided.destinations)


@given(*anything)
def test_10_a_destination_that_asks_for_a_key_rings_alone(
    number, call, after, result, code, is_failure
):
    decided = after_any(number, call, after, result, code, is_failure)

    if isinstance(decided, Dial) and len(decided.destinations) > 1:
        assert not any(getattr(d, "ask_for_key", False) for d in decided.destinations)


DECIDED_ELSEWHERE = """
    from telephony.routing.results import DialResult, Outcome
    from telephony.routing.rules import decide
    from telephony.wire.twiml import render
    from tests import make

    flags = frozenset({Outcome.FAILED, Outcome.NO_ANSWER, Outcome.BUSY, Outcome.DECLINED})
    route = [make.step(n // 2 + 1, make.sip(f"e{n}"), moves_on=flags) for n in range(8)]
    live = make.directory(make.number(*route, make.mobile()))
    after = None
    for result in (None, DialResult("busy", "ringing"), DialResult("failed", "ringing")):
        decided = decide(live, make.call(), after, result, make.START)
        print(decided, render(decided, "https://panel.example.com"))
        after = decided.progress
"""


@pytest.mark.parametrize("seeds", [("1", "2"), ("3", "4")])
def test_11_every_process_decides_alike(seeds):
    # The order of sets differs in each process.
    said = [
        subprocess.run(
            [sys.executable, "-c", "import tests.environment, django; django.setup()\n" + dedent(DECIDED_ELSEWHERE)],
            env={**os.environ, "PYTHONHASHSEED": seed, "DJANGO_SETTINGS_MODULE": "project.settings"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in seeds
    ]  # fmt: skip

    normal = [sorted_flags(text) for text in said]
    assert normal[0] == normal[1]
    assert normal[0].count("<Dial ") == 3


def sorted_flags(text: str) -> str:
    """Return the text with the elements of each printed set in one order."""
    return re.sub(r"frozenset\(\{(.*?)\}\)", lambda m: ", ".join(sorted(m[1].split(", "))), text)


@given(numbers, numbers)
def test_11_other_numbers_of_the_directory_have_no_say(number, other):
    other = replace(other, e164="+12025550177")
    alone, among = make.directory(number), make.directory(other, number)

    assert decide(alone, make.call(), None, None, NOW) == decide(among, make.call(), None, None, NOW)  # fmt: skip
