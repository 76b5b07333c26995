"""Says how a call ended and who answered it, as far as its webhooks prove it.

Step 9 of docs/records.md, which has it as a table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from telephony.records.evidence import NEVER_ANSWERED, Evidence
from telephony.records.legs import LegFacts
from telephony.routing.reasons import OUT_OF_SERVICE
from telephony.routing.results import Outcome, classify
from telephony.wire.paths import Kind

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
    position = find_answered_position(evidence, legs, caller_side)
    if position is not None:
        return ("failed-over" if is_failover(evidence, position) else "answered"), winner
    return find_unanswered(evidence, caller_side), None


def find_answered_position(
    evidence: Evidence, legs: Sequence[LegFacts], caller_side: CallerSide
) -> int | None:
    """Return the position whose dial was answered, or None if none is known to have been."""
    for position, end in evidence.ends.items():
        if end.result.is_answered:
            return position
    winner = next((leg for leg in legs if leg.is_answered), None)
    last = max(evidence.positions, default=0)
    if winner is not None and caller_side.is_over:
        return last if winner.position is None else winner.position
    if not may_have_been_answered(evidence, legs):
        return None
    said = {word.because for word in evidence.last_words}
    if Outcome.ANSWERED in said:
        # Known from the caller's status, as the answer to the end of the dial has failed.
        return last
    # With answerOnBridge the caller's side is completed only after an answer.
    is_completed = caller_side.status == "completed" and bool(caller_side.duration_s)
    return last if is_completed and said <= {Outcome.CALLER_GONE} else None


def may_have_been_answered(evidence: Evidence, legs: Sequence[LegFacts]) -> bool:
    """Whether a connected caller proves that the last dial was answered.

    Not where nobody knows who was dialled, or where its end or all its legs say otherwise, nor
    where the caller was connected already: by another application that answered first, or by a
    message of ours.
    """
    last = max(evidence.positions, default=0)
    if last not in evidence.dials or last in evidence.ends:
        return False
    here = [leg for leg in legs if leg.position == last]
    if here and all(leg.status in NEVER_ANSWERED or leg.is_without_key for leg in here):
        return False
    return not any(
        (
            event.status == "in-progress"
            and not event.result.dial_status
            and event.kind is Kind.VOICE
        )
        or (event.decision is not None and event.decision.verb == "say")
        for event in evidence.caller_side
    )


def is_failover(evidence: Evidence, position: int) -> bool:
    """Whether somebody else was dialled before, or was to be but was held down."""
    if any(before < position for before in evidence.positions):
        return True
    answer = evidence.dials.get(position)
    rung = {d.key for d in answer.dial.destinations} if answer and answer.dial else set()
    return answer is not None and any(
        p.obstacle in OUT_OF_SERVICE and p.position <= position and p.key not in rung
        for p in answer.passed_over
    )


def find_unanswered(evidence: Evidence, caller_side: CallerSide) -> CallEnd:
    """Return how a call ended if it is not known to have been answered."""
    verbs = {(word.verb, word.because) for word in evidence.last_words}
    if not evidence.positions or any(p not in evidence.ends for p in evidence.positions):
        # Answered, but whether by somebody whom we dialled is not known.
        verbs.discard(("hangup", Outcome.ANSWERED))
    if ("reject", "") in verbs:
        return "rejected"
    # A message connects the caller, so it was not heard where they were never connected.
    if ("say", "busy") in verbs and not evidence.was_never_answered:
        return "busy"
    if any(verb == "say" for verb, _ in verbs):
        return "unanswered"
    if not caller_side.is_over:
        return "ringing"
    results = {classify(end.result) for end in evidence.ends.values()}
    if Outcome.CALLER_GONE in results:
        return "caller-gone"
    if ("hangup", Outcome.CALLER_GONE) in verbs:
        # That the call was over does not say that nobody had talked.
        is_known = not evidence.positions or caller_side.status in NEVER_ANSWERED
        return "caller-gone" if is_known else "unknown"
    if verbs or (evidence.dials and caller_side.status in NEVER_ANSWERED):
        return "unanswered"
    return "unknown"
