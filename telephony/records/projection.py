"""Projects the events of one call onto its record and legs.

A pure function of the set of events: their order and their repetition do not matter, so a
record can be thrown away and made again, and two writers who saw the same events agree.
docs/records.md states the algorithm in numbered steps, and its guarantees.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from telephony.records.event import Event, status_rank
from telephony.records.evidence import Evidence, gather_evidence
from telephony.records.gaps import Gap, find_gaps
from telephony.records.legs import LegFacts, build_legs
from telephony.records.outcome import CallEnd, CallerSide, find_outcome
from telephony.routing.results import FINAL_CALL_STATUSES
from telephony.wire.callbacks import SIMULATED
from telephony.wire.paths import Kind


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What a call record holds; the names are those of its columns."""

    call_sid: str
    account_sid: str
    caller: str
    called: str
    caller_name: str
    forwarded_from: str
    verstat: str
    status: str
    outcome: CallEnd
    answered_by: str
    dials: int
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    duration_s: int | None
    talk_s: int | None
    cost: Decimal | None
    saved: Decimal | None
    currency: str
    missing: tuple[Gap, ...]
    is_simulated: bool
    legs: tuple[LegFacts, ...]


def project(events: Iterable[Event]) -> CallFacts | None:
    """Return the record of one call, or None if no event is known to belong to a call.

    All events must be of that call.
    """
    evidence = gather_evidence(events)
    ordered = [*evidence.caller_side, *evidence.leg_side]
    if not ordered:
        return None
    legs = build_legs(evidence)
    told = sorted(evidence.caller_side, key=lambda event: event.kind is not Kind.VOICE)
    started_at = min(event.received_at for event in evidence.caller_side or ordered)
    is_over = evidence.is_over
    caller_side = CallerSide(
        find_status(evidence.caller_side), find_duration(evidence.caller_side), is_over
    )
    outcome, winner = find_outcome(evidence, legs, caller_side)
    # Clocks differ, and Twilio's counts whole seconds: no call ends before it began.
    ended_at = evidence.ended_at and max(evidence.ended_at, started_at)
    answered_at = winner.answered_at if winner else None
    return CallFacts(
        call_sid=ordered[0].call_sid,
        account_sid=ordered[0].account_sid,
        caller=_first_told(told, "From")[:128],
        called=_first_told(told, "To")[:128],
        caller_name=_first_told(told, "CallerName")[:128],
        forwarded_from=_first_told(told, "ForwardedFrom")[:128],
        verstat=_first_told(told, "StirVerstat")[:64],
        status=caller_side.status,
        outcome=outcome,
        answered_by=(winner.label or winner.uri)[:128] if winner else "",
        dials=len(evidence.positions),
        started_at=started_at,
        answered_at=answered_at and min(max(answered_at, started_at), ended_at or answered_at),
        ended_at=ended_at,
        duration_s=caller_side.duration_s,
        talk_s=winner.talk_s if winner else None,
        cost=None if outcome == "unknown" or not is_over else add_costs(evidence, legs, outcome),
        saved=winner.saved if winner else None,
        currency=next((a.dial.currency for a in evidence.dials.values() if a.dial), ""),
        missing=find_gaps(evidence, legs, outcome, caller_side.duration_s),
        is_simulated=any(event.first(SIMULATED) for event in ordered),
        legs=legs,
    )


def find_status(caller_side: Sequence[Event]) -> str:
    """Return the furthest status; a final one in a status webhook outweighs those in other webhooks."""
    own = [event.status for event in caller_side if event.kind is Kind.STATUS]
    best = max(own, key=status_rank, default="")
    if best in FINAL_CALL_STATUSES:
        return best
    return max((event.status for event in caller_side), key=status_rank, default="")


def find_duration(caller_side: Sequence[Event]) -> int | None:
    # CallDuration is in seconds; the field Duration is in billed minutes.
    told = [e.seconds("CallDuration") for e in caller_side if e.kind is Kind.STATUS]
    return max((seconds for seconds in told if seconds is not None), default=None)


def add_costs(evidence: Evidence, legs: Sequence[LegFacts], outcome: CallEnd) -> Decimal | None:
    """Return what all legs cost together; None while any cost, or who was on the line, is not known."""
    costs = [leg.cost for leg in legs]
    known = [cost for cost in costs if cost is not None]
    is_answered = outcome in ("answered", "failed-over")
    is_without_winner = is_answered and not any(leg.is_answered for leg in legs)
    unheard = {*evidence.positions} - {*evidence.not_made, *(leg.position for leg in legs)}
    is_known = evidence.is_every_dial_known and not unheard and not is_without_winner
    if not is_known or len(known) < len(costs):
        return None
    return sum(known, Decimal(0))


def _first_told(told: Sequence[Event], name: str) -> str:
    """Return a field of the caller's side, from the first of its webhooks that has it."""
    return next(filter(None, (event.first(name) for event in told)), "")
