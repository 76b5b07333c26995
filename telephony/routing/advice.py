"""What a route comes to before anybody calls: its course, who would ring now, and what to beware of."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from types import MappingProxyType

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from telephony.routing.decision import Call, Decision, Dial, Reject
from telephony.routing.directory import Directory, Number
from telephony.routing.numbers import ANONYMOUS
from telephony.routing.passing import Pair, Position, sort_out
from telephony.routing.reasons import PassedOver, explain_passed_over
from telephony.routing.results import DialResult
from telephony.routing.rules import decide

# Few callers let it ring for longer than this before they hang up.
PATIENCE_S = 60
UNANSWERED = DialResult(dial_status="no-answer", call_status="ringing")
# By then every server is back in service.
ONE_DAY = datetime.max.replace(tzinfo=UTC)


class Caution(StrEnum):
    """What is wrong with a route that can be saved all the same."""

    STOPS = "stops"
    LONG = "long"


CAUTIONS: Mapping[Caution, str] = MappingProxyType(
    {
        Caution.STOPS: _(
            "The call never moves on from position {position}, so as long as {names} can "
            "ring, these never do: {later}. Let it move on, or remove what comes after it"
        ),
        Caution.LONG: _(
            "If nobody answers, it rings for {seconds} s altogether, but few callers wait "
            "longer than {patience} s. Shorten the ring times, or let some ring together"
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Warned:
    """One caution; `values` are the names and values of its sentence."""

    code: Caution
    values: tuple[tuple[str, str | int], ...]


@dataclass(frozen=True, slots=True)
class Ringing:
    """Who rings now: groups that ring together, one after the other; and who is passed over."""

    groups: tuple[tuple[str, ...], ...]
    passed_over: tuple[PassedOver, ...]


def course_of(number: Number, directory: Directory, now: datetime) -> tuple[Decision, ...]:
    """Return the decisions for a call that comes in now and that nobody answers."""
    call = call_from_nowhere(number)
    decision = decide(directory, call, None, None, now)
    course = [decision]
    while isinstance(decision, Dial):
        now += timedelta(seconds=decision.ring_s)
        decision = decide(directory, call, decision.progress, UNANSWERED, now)
        course.append(decision)
    return tuple(course)


def ringing_now(number: Number, directory: Directory, now: datetime) -> Ringing:
    """Return who rings now, each if nobody before it answers and the call moves on."""
    positions = list(_positions(number, directory, now))
    passed = tuple(each for position in positions for each in position.passed_over)
    rung = _until_stop([position.ready for position in positions if position.ready])
    if not rung:
        # As in the rules: of those that are held down, the last are rung all the same.
        rung = [position.held for position in positions if position.held][-1:]
    groups = tuple(tuple(destination.label for _, destination in pairs) for pairs in rung)
    return Ringing(groups if number.enabled else (), passed)


def beware(number: Number, directory: Directory, now: datetime) -> tuple[Warned, ...]:
    """Return what is wrong with the route of a number."""
    if not number.enabled:
        return ()
    course = course_of(number, directory, now)
    seconds = sum(decision.ring_s for decision in course if isinstance(decision, Dial))
    found = list(_find_stop(number, directory))
    if seconds > PATIENCE_S:
        found.append(_warned(Caution.LONG, seconds=seconds, patience=PATIENCE_S))
    return tuple(found)


def describe(number: Number, course: Sequence[Decision]) -> str:
    """Return in one sentence what happens to a call that nobody answers."""
    dials = [decision for decision in course if isinstance(decision, Dial)]
    if isinstance(course[-1], Reject):
        template = gettext("A call to {number} is rejected: the number is off.")
    elif dials:
        template = gettext("A call to {number} rings {rings}, then {hears}.")
    else:
        template = gettext("A call to {number} rings nobody, and {hears}.")
    rings = gettext(", then ").join(
        gettext("{names} for {seconds} s").format(
            names=join_names(d.label for d in dial.destinations), seconds=dial.ring_s
        )
        for dial in dials
    )
    told: str = template.format(number=number.e164, rings=rings, hears=_hears(number))
    return told


def _hears(number: Number) -> str:
    own = number.unavailable_message
    if not own:
        nothing: str = gettext("hears that nobody can take the call")
        return nothing
    template: str = gettext("the caller hears your message: “{message}”")
    return template.format(message=own)


def describe_passed_over(course: Iterable[Decision]) -> str:
    """Return a sentence on who is passed over on this course, "" if nobody is."""
    found = [each for decision in course for each in getattr(decision, "passed_over", ())]
    # Whoever is rung all the same in the end is passed over twice.
    told = dict.fromkeys(map(explain_passed_over, found))
    template: str = gettext("Passed over now: {passed_over}.")
    return template.format(passed_over="; ".join(told)) if told else ""


def explain_caution(warned: Warned) -> str:
    return CAUTIONS[warned.code].format_map(dict(warned.values)) + "."


def join_names(names: Iterable[str]) -> str:
    """Return names as they are listed: Ana, Bruno and Carla."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _find_stop(number: Number, directory: Directory) -> Iterable[Warned]:
    """Yield a caution if the call never moves on from a position that is not the last."""
    rung = [p.ready for p in _positions(number, directory, ONE_DAY) if p.ready]
    reached = _until_stop(rung)
    later = [destination.label for pairs in rung[len(reached) :] for _, destination in pairs]
    if later:
        yield _warned(
            Caution.STOPS,
            position=reached[-1][0][0].position,
            names=join_names(destination.label for _, destination in reached[-1]),
            later=join_names(later),
        )


def _until_stop(rung: Sequence[tuple[Pair, ...]]) -> Sequence[tuple[Pair, ...]]:
    """Return the positions up to the first from which a call never moves on."""
    for place, pairs in enumerate(rung, start=1):
        if not any(step.moves_on for step, _ in pairs):
            return rung[:place]
    return rung


def _positions(number: Number, directory: Directory, now: datetime) -> Iterable[Position]:
    call = call_from_nowhere(number)
    for _position, group in groupby(number.steps, key=lambda step: step.position):
        yield sort_out(list(group), directory, call, now)


def call_from_nowhere(number: Number) -> Call:
    """A call that comes from nowhere: no destination can be its origin."""
    return Call("", number.account_sid, ANONYMOUS, number.e164)


def _warned(code: Caution, **values: str | int) -> Warned:
    return Warned(code, tuple(values.items()))
