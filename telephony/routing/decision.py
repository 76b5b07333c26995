"""Decides who rings next, and says why; docs/routing.md states the algorithm and its guarantees."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from types import MappingProxyType
from typing import Literal

from telephony.routing.destinations import (
    TWILIO_TIME_LIMIT_S,
    Destination,
    NumberDestination,
    problem,
)
from telephony.routing.directory import TOGETHER_AT_MOST, Directory, Number, RouteStep
from telephony.routing.numbers import is_caller_number
from telephony.routing.results import (
    FINAL_CALL_STATUSES,
    MOVES_ON_BY_DEFAULT,
    DialResult,
    Outcome,
    classify,
)

ANONYMOUS = "anonymous"

# Outcomes after which nobody is left to dial for.
ENDINGS: Mapping[Outcome | None, str] = MappingProxyType(
    {
        Outcome.ANSWERED: "the call was answered and is over",
        Outcome.CALLER_GONE: "the caller has hung up",
        Outcome.CANCELED: "the leg was cancelled through Twilio's API",
    }
)


@dataclass(frozen=True, slots=True)
class Call:
    """What a decision needs to know of a call, as Twilio names it."""

    call_sid: str
    account_sid: str
    caller: str
    called: str


@dataclass(frozen=True, slots=True)
class Dial:
    """Ring these together. `passed_over` says who is not rung at this step, and why.

    `forward_rate` is what a minute would cost without Asterisk, None where no number says so.
    """

    position: int
    destinations: tuple[Destination, ...]
    ring_s: int
    time_limit_s: int
    caller_id: str
    reason: str
    passed_over: tuple[str, ...] = ()
    forward_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Say:
    """Tell the caller why nobody comes, then hang up."""

    message: str
    language: str
    because: Literal["busy", "unavailable"]
    reason: str
    passed_over: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reject:
    reason: str


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call; `because` is the outcome that ended it, None where there was none."""

    reason: str
    because: Outcome | None = None


Step = Dial | Say | Reject | Hangup


def decide(
    directory: Directory,
    call: Call,
    after: int | None,
    result: DialResult | None,
    now: datetime,
) -> Step:
    """Return the next step of a call; `after` is the position just dialled, None for a new call."""
    outcome = None if after is None else classify(result or DialResult())
    if after is None and result is not None and result.call_status in FINAL_CALL_STATUSES:
        outcome = Outcome.CALLER_GONE
    if outcome in ENDINGS:
        return Hangup(ENDINGS[outcome], outcome)
    number = directory.find(call.called, call.account_sid)
    if number is None or not number.enabled:
        state = "is disabled" if number else "is not a number of ours"
        reason = f"{call.called or 'the number'} {state}"
        return Reject(reason) if after is None else Hangup(reason)
    if outcome is not None and outcome not in _moves_on(number, after):
        return _say(number, outcome, f"position {after} ended {outcome}: the route stops there")
    why = "a new call" if outcome is None else f"position {after} ended {outcome}"
    return _next(number, call, after, outcome, why, now)


def resume(
    directory: Directory,
    call: Call,
    after: int | None,
    result: DialResult | None,
    error_code: int | None,
    now: datetime,
) -> Step:
    """Return the step for a call whose last answer, the one to (`after`, `result`), has failed.

    Twilio's codes 11000 to 11999 are failures to fetch: nothing in the answer was done. Any
    other code is a failure to execute it. Source: Twilio's error dictionary.
    """
    if after is not None and result is not None and not result.dial_status:
        answered = result.call_status == "in-progress"
        result = replace(result, dial_status="completed" if answered else "failed")
    step = decide(directory, call, after, result, now)
    if error_code is not None and 11000 <= error_code <= 11999:
        return _explained(step, f"Twilio could not fetch the answer (error {error_code})")
    why = f"Twilio could not execute the answer (error {error_code or 'unknown'})"
    match step:
        case Dial():
            failed = DialResult(dial_status="failed", call_status="ringing")
            return _explained(decide(directory, call, step.position, failed, now), why)
        case Say():
            return Hangup(f"{why}; {step.reason}")
    return _explained(step, why)


def _explained(step: Step, why: str) -> Step:
    return replace(step, reason=f"{why}; {step.reason}")


def _moves_on(number: Number, position: int | None) -> frozenset[Outcome]:
    """Outcomes on which a position moves on; the defaults where the route no longer has it."""
    flags = [
        step.moves_on
        for step in number.steps
        if step.position == position and _obstacle(step.destination) is None
    ]
    return frozenset().union(*flags) if flags else MOVES_ON_BY_DEFAULT


def _next(
    number: Number,
    call: Call,
    after: int | None,
    outcome: Outcome | None,
    why: str,
    now: datetime,
) -> Step:
    passed_over: list[str] = []
    held: list[RouteStep] = []
    for position, group in groupby(number.steps, key=lambda step: step.position):
        if after is not None and position <= after:
            continue
        ready, waiting, notes = _sort_out(group, now)
        passed_over += notes
        if ready:
            reason = f"{why}: {_named(ready)} at position {position}"
            return _dial(ready, number, call, reason, tuple(passed_over))
        held = waiting or held
    if held:
        reason = f"{why}: all that is left is out of service, {_named(held)} all the same"
        return _dial(held, number, call, reason, tuple(passed_over))
    reason = f"{why}: no step is left that can ring"
    return _say(number, outcome, reason, tuple(passed_over))


def _named(steps: Sequence[RouteStep]) -> str:
    labels = [step.destination.label for step in steps]
    return f"{labels[0]} rings" if len(labels) == 1 else f"{' and '.join(labels)} ring"


def _sort_out(
    steps: Iterable[RouteStep], now: datetime
) -> tuple[list[RouteStep], list[RouteStep], list[str]]:
    """Return the steps that can ring, those that are held down, and a note on each not rung."""
    ready, waiting, notes = [], [], []
    for step in steps:
        destination = step.destination
        obstacle = _obstacle(destination)
        if obstacle is None and not _is_held(destination, now):
            ready.append(step)
            continue
        if obstacle is None:
            waiting.append(step)
        obstacle = obstacle or "its server is out of service"
        notes.append(f"{destination.label} at position {step.position}: {obstacle}")
    return ready, waiting, notes


def _obstacle(destination: Destination) -> str | None:
    return problem(destination) if destination.enabled else "it is disabled"


def _is_held(destination: Destination, now: datetime) -> bool:
    if isinstance(destination, NumberDestination) or destination.held_until is None:
        return False
    return now < destination.held_until


def _dial(
    steps: Sequence[RouteStep],
    number: Number,
    call: Call,
    reason: str,
    passed_over: tuple[str, ...],
) -> Dial:
    steps = steps[:TOGETHER_AT_MOST]
    destinations = tuple(step.destination for step in steps)
    limits = [d.time_limit_s for d in destinations if isinstance(d, NumberDestination)]
    return Dial(
        position=steps[0].position,
        destinations=destinations,
        ring_s=max(step.ring_s for step in steps),
        time_limit_s=min(limits, default=TWILIO_TIME_LIMIT_S),
        caller_id=_caller_id(destinations, number, call),
        reason=reason,
        passed_over=passed_over,
        forward_rate=number.forward_rate,
    )


def _caller_id(destinations: Sequence[Destination], number: Number, call: Call) -> str:
    known = is_caller_number(call.caller)
    outside = next((d for d in destinations if isinstance(d, NumberDestination)), None)
    if outside is None:
        return call.caller if known else ANONYMOUS
    if outside.caller_id == "caller":
        return call.caller if known else number.e164
    return number.e164 if outside.caller_id == "called" else outside.caller_id


def _say(
    number: Number, outcome: Outcome | None, reason: str, passed_over: tuple[str, ...] = ()
) -> Say:
    if outcome is Outcome.BUSY:
        return Say(number.busy_message, number.language, "busy", reason, passed_over)
    message = number.unavailable_message
    return Say(message, number.language, "unavailable", reason, passed_over)
