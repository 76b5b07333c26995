"""Decides who rings next, and why; docs/routing.md states the algorithm and its guarantees."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from types import MappingProxyType

from telephony.routing.caller_id import choose_caller_id
from telephony.routing.decision import (
    AskForKey,
    Call,
    Decision,
    Dial,
    Hangup,
    Progress,
    Reject,
    Say,
)
from telephony.routing.destinations import TWILIO_TIME_LIMIT_S, NumberDestination
from telephony.routing.directory import STEPS_AT_MOST, Directory, Number, Step
from telephony.routing.messages import DEFAULT_LANGUAGE, messages_in
from telephony.routing.passing import Pair, explain_loop, sort_out
from telephony.routing.reasons import PassedOver, Reason, Why, because
from telephony.routing.results import (
    FINAL_CALL_STATUSES,
    MOVES_ON_BY_DEFAULT,
    DialResult,
    Outcome,
    classify,
)

# Outcomes after which nobody is dialled any more.
ENDED_BY: Mapping[Outcome | None, Why] = MappingProxyType(
    {
        Outcome.ANSWERED: Why.ANSWERED,
        Outcome.CALLER_GONE: Why.CALLER_GONE,
        Outcome.CANCELED: Why.CANCELED,
    }
)
NEW_CALL = (because(Why.NEW_CALL),)


def decide(
    directory: Directory,
    call: Call,
    after: Progress | None,
    result: DialResult | None,
    now: datetime,
) -> Decision:
    """Return what a call does next; `after` says where it stands, None for a new call."""
    outcome = _outcome(after, result)
    if outcome in ENDED_BY:
        return Hangup((because(ENDED_BY[outcome]),), outcome)
    number = directory.find(call.called, call.account_sid)
    if number is None or not number.enabled:
        why = Why.NUMBER_DISABLED if number else Why.NOT_OURS
        reasons = (because(why, number=call.called or "an empty number"),)
        return Reject(reasons) if after is None else Hangup(reasons)
    if after is None or outcome is None:
        return _next(directory, number, call, number.steps, NEW_CALL, now)
    reasons = (because(Why.DIAL_ENDED, position=after.position, outcome=outcome.value),)
    moves_on, later = _what_is_left(number, after)
    if outcome not in moves_on:
        return _say(number, outcome, (*reasons, because(Why.ROUTE_STOPS)))
    return _next(directory, number, call, later, reasons, now, outcome)


def resume(
    directory: Directory,
    call: Call,
    after: Progress | None,
    result: DialResult,
    error_code: int | None,
    now: datetime,
) -> Decision:
    """Return what a call does next after our answer to (`after`, `result`) has failed.

    `after` is also None if it is unknown which answer that was.
    """
    if _was_answered(after, result):
        return Hangup((because(Why.ANSWERED),), Outcome.ANSWERED)
    if after is not None and not result.dial_status:
        result = replace(result, dial_status="failed")
    decision = decide(directory, call, after, result, now)
    why = why_failed(error_code)
    if why.code is Why.NOT_FETCHED:
        return _led_by(decision, why)
    match decision:
        case Dial():
            failed = DialResult(dial_status="failed", call_status="ringing")
            return _led_by(decide(directory, call, decision.progress, failed, now), why)
        case Say():
            return Hangup((why, *decision.reasons))
    return _led_by(decision, why)


def ask_for_key(directory: Directory, dialled: str, position: int) -> AskForKey:
    """Return the question for whoever picked up the fallback number `dialled`."""
    destinations = directory.destinations.values()
    asked = (d for d in destinations if isinstance(d, NumberDestination) and d.e164 == dialled)
    language = next((destination.language for destination in asked), DEFAULT_LANGUAGE)
    return AskForKey(position, messages_in(language).press_key, language)


def why_failed(error_code: int | None) -> Reason:
    """Return how Twilio failed to use an answer.

    Codes 11000 to 11999 are failures to fetch: nothing in the answer was done. Any other code is a
    failure to execute it. Source: Twilio's error dictionary.
    """
    is_fetching = error_code is not None and 11000 <= error_code <= 11999
    error: str | int = "unknown" if error_code is None else error_code
    return because(Why.NOT_FETCHED if is_fetching else Why.NOT_EXECUTED, error=error)


def _outcome(after: Progress | None, result: DialResult | None) -> Outcome | None:
    if after is not None:
        return classify(result or DialResult())
    if result is None:
        return None
    if result.call_status in FINAL_CALL_STATUSES:
        return Outcome.CALLER_GONE
    # The end of a dial of which nobody knows the position can still end the call.
    outcome = classify(result) if result.dial_status else None
    return outcome if outcome in ENDED_BY else None


def _was_answered(after: Progress | None, result: DialResult) -> bool:
    """Whether somebody has answered a call whose answer failed, whichever answer it was.

    With answerOnBridge the caller's leg is `in-progress` only after that. What the end of a
    known dial says outweighs it: a call that another application answered first is still ringing.
    """
    if result.is_answered:
        return True
    if after is not None and result.dial_status:
        return False
    return result.call_status == "in-progress"


def _led_by(decision: Decision, reason: Reason) -> Decision:
    return replace(decision, reasons=(reason, *decision.reasons))


def _what_is_left(number: Number, after: Progress) -> tuple[frozenset[Outcome], Sequence[Step]]:
    """Return the outcomes after which the call moves on, and the steps left; without a plan, the route's."""
    moves_on, later = after.moves_on, after.later
    if moves_on is None:
        flags = [step.moves_on for step in number.steps if step.position == after.position]
        moves_on = frozenset().union(*flags) if flags else MOVES_ON_BY_DEFAULT
    if later is None:
        later = number.steps
    return moves_on, [step for step in later if step.position > after.position]


def _next(
    directory: Directory,
    number: Number,
    call: Call,
    steps: Sequence[Step],
    reasons: tuple[Reason, ...],
    now: datetime,
    outcome: Outcome | None = None,
) -> Decision:
    passed_over: tuple[PassedOver, ...] = ()
    held: tuple[Pair, ...] = ()
    for _, group in groupby(steps, key=lambda step: step.position):
        position = sort_out(list(group), directory, call, now)
        passed_over += position.passed_over
        if position.ready:
            reasons += explain_loop(passed_over, directory, call)
            return _dial(directory, number, call, steps, position.ready, reasons, passed_over)
        held = position.held or held
    reasons += explain_loop(passed_over, directory, call)
    if held:
        reasons += (because(Why.ALL_HELD),)
        return _dial(directory, number, call, steps, held, reasons, passed_over)
    return _say(number, outcome, (*reasons, because(Why.NOBODY_LEFT)), passed_over)


def _dial(
    directory: Directory,
    number: Number,
    call: Call,
    steps: Sequence[Step],
    rung: Sequence[Pair],
    reasons: tuple[Reason, ...],
    passed_over: tuple[PassedOver, ...],
) -> Dial:
    destinations = tuple(destination for _, destination in rung)
    position = rung[0][0].position
    limits = [d.time_limit_s for d in destinations if isinstance(d, NumberDestination)]
    caller_id, more = choose_caller_id(destinations, number, call)
    return Dial(
        progress=Progress(
            position,
            frozenset().union(*(step.moves_on for step, _ in rung)),
            # No more than an address can carry.
            tuple(step for step in steps if step.position > position)[:STEPS_AT_MOST],
        ),
        destinations=destinations,
        ring_s=max(step.ring_s for step, _ in rung),
        time_limit_s=min(limits, default=TWILIO_TIME_LIMIT_S),
        caller_id=caller_id,
        reasons=reasons + more,
        passed_over=passed_over,
        forward_rate=directory.forward_rate(number),
    )


def _say(
    number: Number,
    outcome: Outcome | None,
    reasons: tuple[Reason, ...],
    passed_over: tuple[PassedOver, ...] = (),
) -> Say:
    if outcome is Outcome.BUSY:
        return Say(number.said_when_busy, number.language, "busy", reasons, passed_over)
    message = number.said_when_unavailable
    return Say(message, number.language, "unavailable", reasons, passed_over)
