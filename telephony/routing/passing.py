"""Which destinations of a position can ring for this call now, and which are passed over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from telephony.routing.breaker import is_paused
from telephony.routing.decision import Call
from telephony.routing.destinations import Destination, NumberDestination
from telephony.routing.directory import TOGETHER_AT_MOST, Directory, Step
from telephony.routing.numbers import is_same_line
from telephony.routing.reasons import OUT_OF_SERVICE, Obstacle, PassedOver, Reason, Why, because

Pair = tuple[Step, Destination]


@dataclass(frozen=True, slots=True)
class Position:
    """The steps of one position: those that can ring, those that are held down, and the others."""

    ready: tuple[Pair, ...]
    held: tuple[Pair, ...]
    passed_over: tuple[PassedOver, ...]


def sort_out(steps: Sequence[Step], directory: Directory, call: Call, now: datetime) -> Position:
    """Return which of these steps, all of one position, can ring."""
    ready: list[Pair] = []
    held: list[Pair] = []
    passed: list[PassedOver] = []
    for step in steps:
        destination = directory.destinations.get(step.key)
        obstacle = _obstacle(destination, directory, call, now)
        if destination is not None and obstacle is None:
            ready.append((step, destination))
            continue
        if destination is not None and obstacle in OUT_OF_SERVICE:
            held.append((step, destination))
        label = destination.label if destination else step.key
        passed.append(PassedOver(step.key, label, step.position, obstacle or Obstacle.GONE))
    kept = _together(ready)
    passed += [
        PassedOver(step.key, destination.label, step.position, Obstacle.RINGS_ALONE)
        for step, destination in ready
        if (step, destination) not in kept
    ]
    passed += [
        PassedOver(step.key, destination.label, step.position, Obstacle.CROWDED)
        for step, destination in kept[TOGETHER_AT_MOST:]
    ]
    return Position(kept[:TOGETHER_AT_MOST], _together(held)[:TOGETHER_AT_MOST], tuple(passed))


def _obstacle(
    destination: Destination | None, directory: Directory, call: Call, now: datetime
) -> Obstacle | None:
    if destination is None:
        return Obstacle.GONE
    if obstacle := directory.obstacles.get(destination.key):
        return obstacle
    if is_loop(destination, directory, call):
        return Obstacle.LOOP
    return _find_hold(destination, directory, now)


def _find_hold(destination: Destination, directory: Directory, now: datetime) -> Obstacle | None:
    """Return what keeps a destination's server from being rung for now, or None."""
    if isinstance(destination, NumberDestination):
        return None
    if destination.held_until is not None and now < destination.held_until:
        return Obstacle.HELD
    silent_until = directory.silent_until.get(destination.server)
    is_silent = silent_until is not None and is_paused(silent_until, now)
    return Obstacle.DOWN if is_silent else None


def _together(pairs: Sequence[Pair]) -> tuple[Pair, ...]:
    """Return those that may ring together: once one is picked up, Twilio hangs up on all others,
    even if it was a mailbox, which never presses the key it is asked for."""
    asking = [pair for pair in pairs if _asks(pair[1])]
    if len(pairs) < 2 or not asking:
        return tuple(pairs)
    return tuple(pair for pair in pairs if pair not in asking) or (asking[0],)


def _asks(destination: Destination) -> bool:
    return isinstance(destination, NumberDestination) and destination.ask_for_key


def is_loop(destination: Destination, directory: Directory, call: Call) -> bool:
    """Whether the call has come from this destination: it would forward the next one here again."""
    if call.forwarded_from and is_same_line(call.forwarded_from, destination.line):
        return True
    if not isinstance(destination, NumberDestination):
        return False
    # It was shown one of our numbers, and forwarded the call with that as the caller.
    is_ours = (call.caller, call.account_sid) in directory.numbers
    return is_ours and (call.caller in (call.called, destination.caller_id))


def explain_loop(
    passed_over: Sequence[PassedOver], directory: Directory, call: Call
) -> tuple[Reason, ...]:
    """Return the sign by which a destination that was passed over is known to be a loop."""
    keys = [passed.key for passed in passed_over if passed.obstacle is Obstacle.LOOP]
    if not keys:
        return ()
    lines = [directory.destinations[key].line for key in keys]
    if call.forwarded_from and any(is_same_line(call.forwarded_from, line) for line in lines):
        return (because(Why.FORWARDED_HERE, number=call.forwarded_from),)
    return (because(Why.CALLED_BY_OURSELVES, number=call.caller),)
