"""Says how a call ended and who answered it, as far as its webhooks prove it.

Step 9 of docs/records.md, which has it as a table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from telephony.records.evidence import Evidence
from telephony.records.legs import LegFacts
from telephony.routing.reasons import Obstacle
from telephony.routing.results import Outcome, classify

# The values of the model's CallOutcome.
CallEnd = Literal[
    "ringing",
    "answered",
    "failed-over",
    "unanswered",
    "busy",
    "caller-gone",
    "rejected",
    "unknown",
]
# Final call statuses of a caller who was never put through to anybody.
NEVER_ANSWERED = frozenset({"no-answer", "busy", "failed", "canceled"})


@dataclass(frozen=True, slots=True)
class CallerSide:
    """What the webhooks of the caller's side say about the whole call."""

    status: str
    duration_s: int | None
    is_over: bool


def find_outcome(
    evidence: Evidence, legs: Sequence[LegFacts], caller_side: CallerSide
) -> tuple[CallEnd, LegFacts | None]:
    """Return how a call ended, and the leg that answered it, or None if that is unknown."""
    winner = next((leg for leg in legs if leg.is_answered), None)
    position = find_answered_position(evidence, winner, caller_side)
    if position is not None:
        return ("failed-over" if is_failover(evidence, position) else "answered"), winner
    return find_unanswered(evidence, caller_side), None


def find_answered_position(
    evidence: Evidence, winner: LegFacts | None, caller_side: CallerSide
) -> int | None:
    """Return the position whose dial was answered, or None if none is known to have been."""
    for position, end in evidence.ends.items():
        if end.result.is_answered:
            return position
    last_dial = max(evidence.dials, default=0)
    if winner is not None and caller_side.is_over:
        return last_dial if winner.position is None else winner.position
    if any(word.because == Outcome.ANSWERED for word in evidence.last_words):
        # Known from the caller's status, as the answer to the end of the dial has failed.
        return last_dial
    return last_dial if is_answered_by_somebody(evidence, caller_side) else None


def is_answered_by_somebody(evidence: Evidence, caller_side: CallerSide) -> bool:
    """Whether a dial must have been answered, although no webhook says by whom.

    With answerOnBridge the caller's side is `completed` only after that, if we said no message and
    nobody else had answered the call before we were asked.
    """
    was_answered_before = any(
        event.status == "in-progress"
        and event.decision is not None
        and not event.result.dial_status
        for event in evidence.caller_side
    )
    return (
        caller_side.status == "completed"
        and caller_side.duration_s != 0
        and max(evidence.dials, default=0) not in {0, *evidence.ends}
        and not evidence.last_words
        and not was_answered_before
    )


def is_failover(evidence: Evidence, position: int) -> bool:
    """Whether somebody else was dialled before, or was to be but was held down."""
    if any(before < position for before in evidence.dials):
        return True
    answer = evidence.dials.get(position)
    rung = {d.key for d in answer.dial.destinations} if answer and answer.dial else set()
    return answer is not None and any(
        p.obstacle is Obstacle.HELD and p.position <= position and p.key not in rung
        for p in answer.passed_over
    )


def find_unanswered(evidence: Evidence, caller_side: CallerSide) -> CallEnd:
    """Return how a call ended if it is not known to have been answered."""
    verbs = {(word.verb, word.because) for word in evidence.last_words}
    if ("reject", "") in verbs:
        return "rejected"
    if ("say", "busy") in verbs:
        return "busy"
    if any(verb == "say" for verb, _ in verbs):
        return "unanswered"
    if not caller_side.is_over:
        return "ringing"
    results = {classify(end.result) for end in evidence.ends.values()}
    if Outcome.CALLER_GONE in results or ("hangup", Outcome.CALLER_GONE) in verbs:
        return "caller-gone"
    if verbs or (evidence.dials and caller_side.status in NEVER_ANSWERED):
        return "unanswered"
    return "unknown"
