"""What is said of a route, held against what the rules do with it."""

from dataclasses import replace
from datetime import timedelta
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.routing.advice import (
    CAUTIONS,
    PATIENCE_S,
    Caution,
    beware,
    course_of,
    describe,
    describe_passed_over,
    explain_caution,
    join_names,
    ringing_now,
)
from telephony.routing.decision import Dial
from telephony.routing.results import DialResult, Outcome
from telephony.routing.rules import decide
from tests import make
from tests.routing.test_guarantees import NOW, SILENT_UNTIL, numbers, results

LATER = NOW + timedelta(days=2)
ANA, BRUNO = make.sip("ana", label="Ana"), make.sip("bruno", label="Bruno")
MOBILE = make.mobile(label="Mobile")
HELD = make.sip("held", label="Held", held_until=LATER)
SILENT = make.sip("silent", label="Silent", server="branch")
OFF = make.sip("off", label="Off", enabled=False)
NEVER = frozenset()
HEARS = "then hears that nobody can take the call."


def live(number):
    return make.directory(number).with_silent(SILENT_UNTIL)


def told(number):
    return describe(number, course_of(number, live(number), NOW))


def warnings(number):
    return [explain_caution(warned) for warned in beware(number, live(number), NOW)]


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (make.number(ANA), f"rings Ana for 20 s, {HEARS}"),
        (
            make.number(make.step(1, ANA), make.step(2, MOBILE, ring_s=25)),
            f"rings Ana for 20 s, then Mobile for 25 s, {HEARS}",
        ),
        (
            make.number(make.step(1, ANA), make.step(1, BRUNO), make.step(1, MOBILE, ring_s=30)),
            f"rings Ana, Bruno and Mobile for 30 s, {HEARS}",
        ),
        (make.number(make.step(1, ANA, moves_on=NEVER), MOBILE), f"rings Ana for 20 s, {HEARS}"),
        (make.number(OFF, SILENT, ANA), f"rings Ana for 20 s, {HEARS}"),
        (make.number(HELD), f"rings Held for 20 s, {HEARS}"),
        (make.number(OFF), "rings nobody, and hears that nobody can take the call."),
        (
            make.number(ANA, unavailable_message="We open at nine."),
            "rings Ana for 20 s, then the caller hears your message: “We open at nine.”.",
        ),
        (
            make.number(OFF, unavailable_message="We open at nine."),
            "rings nobody, and the caller hears your message: “We open at nine.”.",
        ),
        # Of a call that nobody answers, and not one that finds the line busy.
        (make.number(ANA, busy_message="Later, please."), f"rings Ana for 20 s, {HEARS}"),
        (make.number(ANA, enabled=False), "is rejected: the number is off."),
    ],
)
def test_a_call_is_described_in_one_sentence(number, sentence):
    assert told(number) == f"A call to {make.NUMBER} {sentence}"


def test_a_server_that_comes_back_while_others_ring_is_rung():
    soon = make.sip("soon", label="Soon", held_until=NOW + timedelta(seconds=10))
    assert "Ana for 20 s, then Soon for 20 s, then Mobile" in told(make.number(ANA, soon, MOBILE))


def test_who_is_passed_over_is_told_once_with_the_reason():
    number = make.number(HELD, OFF)
    assert describe_passed_over(course_of(number, live(number), NOW)) == (
        "Passed over now: Held at position 1: its server is out of service; "
        "Off at position 2: it is disabled."
    )
    assert describe_passed_over(course_of(make.number(ANA), live(make.number(ANA)), NOW)) == ""


@pytest.mark.parametrize(
    ("route", "groups", "passed"),
    [
        ([ANA, MOBILE], [("Ana",), ("Mobile",)], []),
        ([OFF, SILENT, MOBILE], [("Mobile",)], ["Off", "Silent"]),
        ([HELD, SILENT, OFF], [("Silent",)], ["Held", "Silent", "Off"]),
        ([make.step(1, ANA), make.step(1, MOBILE)], [("Ana", "Mobile")], []),
        ([make.step(1, ANA, moves_on=NEVER), MOBILE], [("Ana",)], []),
        ([make.step(1, HELD, moves_on=NEVER), MOBILE], [("Mobile",)], ["Held"]),
        ([OFF], [], ["Off"]),
        ([], [], []),
    ],
)
def test_who_rings_now_is_who_really_would(route, groups, passed):
    number = make.number(*route)
    ringing = ringing_now(number, live(number), NOW)
    assert list(ringing.groups) == groups
    assert [each.label for each in ringing.passed_over] == passed


def test_nobody_rings_for_a_number_that_is_off():
    number = make.number(ANA, enabled=False)
    assert ringing_now(number, live(number), NOW).groups == ()
    assert warnings(make.number(make.step(1, ANA, moves_on=NEVER), MOBILE, enabled=False)) == []


def test_a_route_that_stops_names_who_is_never_reached():
    number = make.number(
        ANA, make.step(2, BRUNO, moves_on=NEVER), make.step(3, MOBILE), make.step(3, HELD)
    )
    assert warnings(number) == [
        "The call never moves on from position 2, so as long as Bruno can ring, these never do: "
        "Mobile and Held. Let it move on, or remove what comes after it."
    ]
    together = make.step(2, MOBILE)
    moving = make.number(ANA, make.step(2, BRUNO, moves_on=NEVER), together, make.step(3, HELD))
    assert warnings(moving) == []
    assert warnings(make.number(make.step(1, ANA, moves_on=NEVER))) == []
    # Whoever can never ring stops nobody.
    assert warnings(make.number(make.step(1, OFF, moves_on=NEVER), ANA)) == []


def test_a_route_that_rings_for_longer_than_callers_wait_says_for_how_long():
    long = make.number(make.step(1, ANA, ring_s=31), make.step(2, MOBILE, ring_s=30))
    assert warnings(long) == [
        "If nobody answers, it rings for 61 s altogether, but few callers wait longer than 60 s. "
        "Shorten the ring times, or let some ring together."
    ]
    together = make.number(make.step(1, ANA, ring_s=60), make.step(1, MOBILE, ring_s=30))
    assert warnings(together) == []
    after_failure = make.step(1, ANA, ring_s=31, moves_on=frozenset({Outcome.FAILED}))
    assert warnings(make.number(after_failure, make.step(2, MOBILE, ring_s=30))) == []


# The values with which each caution is made.
VALUES = {Caution.STOPS: {"position", "names", "later"}, Caution.LONG: {"seconds", "patience"}}


@pytest.mark.parametrize("code", Caution)
def test_every_caution_has_a_sentence_with_its_values(code):
    names = {name for _, name, _, _ in Formatter().parse(str(CAUTIONS[code])) if name}
    assert names == VALUES[code]


@pytest.mark.parametrize(
    ("names", "joined"),
    [("A", "A"), ("AB", "A and B"), ("ABC", "A, B and C")],
)
def test_names_are_joined_as_they_are_said(names, joined):
    assert join_names(names) == joined


def anonymous():
    return make.call("anonymous")


@given(numbers)
def test_whoever_is_said_to_ring_first_is_dialled_first(number):
    first = decide(live(number), anonymous(), None, None, NOW)
    groups = ringing_now(number, live(number), NOW).groups
    dialled = [d.label for d in first.destinations] if isinstance(first, Dial) else None
    assert (list(groups[0]) if groups else None) == dialled


@given(numbers)
def test_the_course_is_what_the_rules_decide_and_ends(number):
    course = course_of(number, live(number), NOW)
    assert course[0] == decide(live(number), anonymous(), None, None, NOW)
    assert [isinstance(decision, Dial) for decision in course] == [True] * (len(course) - 1) + [
        False
    ]
    seconds = sum(decision.ring_s for decision in course[:-1])
    codes = [warned.code for warned in beware(number, live(number), NOW)]
    assert (Caution.LONG in codes) == (number.enabled and seconds > PATIENCE_S)


@given(numbers, st.lists(results, min_size=14, max_size=14))
def test_what_is_said_never_to_ring_does_not_while_all_servers_answer(number, outcomes):
    stops = stop_of(number)
    if stops is not None:
        assert all(position <= stops for position in dialled(number, outcomes))


@given(numbers)
def test_without_that_caution_every_position_is_reached_somehow(number):
    if number.enabled and stop_of(number) is None:
        able = [s for s in number.steps if s.key not in live(number).obstacles]
        positions = sorted({step.position for step in able})
        moving = [DialResult("failed", "ringing")] * 14
        each = replace(
            number, steps=tuple(replace(s, moves_on=widened(s.moves_on)) for s in number.steps)
        )
        assert dialled(each, moving) == positions


def widened(moves_on):
    """Whatever it moves on after, it moves on after a failure as well."""
    return moves_on | {Outcome.FAILED} if moves_on else moves_on


def stop_of(number):
    found = [w for w in beware(number, live(number), NOW) if w.code is Caution.STOPS]
    return dict(found[0].values)["position"] if found else None


def dialled(number, outcomes):
    """The positions that are dialled on a day when every server is there."""
    directory = make.directory(number)
    decision = decide(directory, anonymous(), None, None, LATER)
    positions = []
    for result in outcomes:
        if not isinstance(decision, Dial):
            break
        positions.append(decision.position)
        decision = decide(directory, anonymous(), decision.progress, result, LATER)
    return positions
