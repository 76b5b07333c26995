"""Projects the events of one call onto its record and legs.

A pure function of the set of events: their order and their repetition do not matter, so a
record can be thrown away and made again, and two writers who saw the same events agree.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from telephony.records.event import Event, status_rank
from telephony.records.legs import LegFacts, build_legs
from telephony.routing.results import FINAL_CALL_STATUSES, DialResult, Outcome, classify


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What a call record holds; the names are those of its columns."""

    call_sid: str
    account_sid: str
    caller: str
    called: str
    status: str
    outcome: str
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
    is_simulated: bool
    legs: tuple[LegFacts, ...]


def project(events: Iterable[Event]) -> CallFacts:
    """Return the record of one call. All events must be of that call, and there must be one."""
    ordered = _distinct(events)
    parent = [event for event in ordered if event.kind != "leg"]
    opening = (parent or ordered)[0]
    dials = _dials(ordered)
    ended_dials = _ended_dials(ordered)
    results = {position: event.result for position, event in ended_dials.items()}
    legs = build_legs(dials, ended_dials, [event for event in ordered if event.kind == "leg"])
    status = _final_status(parent)
    ended_at = _ended_at(parent)
    outcome, winner = _outcome(parent, dials, results, legs, status, ended_at)
    costs = [leg.cost for leg in legs]
    savings = [leg.saved for leg in legs if leg.talk_s]
    is_unknown = ended_at is None or None in costs or (outcome == "answered" and winner is None)
    return CallFacts(
        call_sid=opening.call_sid,
        account_sid=opening.account_sid,
        caller=opening.first("From")[:128] if parent else "",
        called=opening.first("To")[:128] if parent else "",
        status=status,
        outcome=outcome,
        answered_by=winner.label if winner else "",
        dials=len(dials),
        started_at=min(event.received_at for event in parent or ordered),
        answered_at=winner.answered_at if winner else None,
        ended_at=ended_at,
        duration_s=max((d for d in map(_duration, parent) if d is not None), default=None),
        talk_s=winner.talk_s if winner else None,
        cost=None if is_unknown else sum(filter(None, costs), Decimal(0)),
        saved=sum(filter(None, savings), Decimal(0)) if savings and None not in savings else None,
        currency=next((dial["currency"] for dial in dials.values()), ""),
        is_simulated=bool(opening.first("SwitchhookSimulated")),
        legs=legs,
    )


def _distinct(events: Iterable[Event]) -> list[Event]:
    """One event of each identity, the first received; voice first, then by kind and identity."""
    kept: dict[str, Event] = {}
    for event in events:
        known = kept.get(event.identity)
        if known is None or event.received_at < known.received_at:
            kept[event.identity] = event
    return sorted(
        kept.values(), key=lambda e: (e.kind != "voice", e.kind, e.received_at, e.identity)
    )


def _dials(events: Sequence[Event]) -> dict[int, Mapping[str, Any]]:
    dials: dict[int, Mapping[str, Any]] = {}
    for event in events:
        if event.decision and event.decision.get("step") == "dial":
            dials.setdefault(event.decision["position"], event.decision)
    return dict(sorted(dials.items()))


def _ended_dials(events: Sequence[Event]) -> dict[int, Event]:
    """Position -> the webhook that told how its dial ended; an answer outweighs anything else."""
    ended: dict[int, Event] = {}
    for event in events:
        told = event.kind == "action" or (event.kind == "voice-failed" and event.result.dial_status)
        if not told or event.position is None:
            continue
        known = ended.get(event.position)
        answered = classify(event.result) is Outcome.ANSWERED
        if known is None or (answered and classify(known.result) is not Outcome.ANSWERED):
            ended[event.position] = event
    return ended


def _duration(event: Event) -> int | None:
    # CallDuration is in seconds; the field Duration is in billed minutes.
    return event.seconds("CallDuration") if event.kind == "status" else None


def _final_status(parent: Sequence[Event]) -> str:
    """The furthest status; the status webhook's word outweighs what other webhooks said in passing."""
    own = [event.status for event in parent if event.kind == "status"]
    best = max(own, key=status_rank, default="")
    if best in FINAL_CALL_STATUSES:
        return best
    return max((event.status for event in parent), key=status_rank, default="")


def _ended_at(parent: Sequence[Event]) -> datetime | None:
    """When the call ended: as Twilio says, else when its status was final, else our last word."""
    final = [event for event in parent if event.status in FINAL_CALL_STATUSES]
    told = [event.happened_at for event in final if event.kind == "status"]
    last_words = [
        event.received_at
        for event in parent
        if event.decision and event.decision.get("step") in ("say", "hangup", "reject")
    ]
    for times in (told, [event.received_at for event in final], last_words):
        if times:
            return min(times)
    return None


def _outcome(
    parent: Sequence[Event],
    dials: Mapping[int, Mapping[str, Any]],
    results: Mapping[int, DialResult],
    legs: Sequence[LegFacts],
    status: str,
    ended_at: datetime | None,
) -> tuple[str, LegFacts | None]:
    """How the call ended, in the words of CallOutcome, and the leg that answered it."""
    answered = [p for p, result in results.items() if classify(result) is Outcome.ANSWERED]
    # An answered dial whose action webhook was lost shows in its leg.
    answered = answered or [
        leg.position
        for leg in legs
        if leg.position is not None
        and leg.position not in results
        and leg.status == "completed"
        and status in FINAL_CALL_STATUSES
    ]
    if answered:
        position = answered[0]
        winner = next((leg for leg in legs if leg.position == position and leg.is_answered), None)
        over = position > min(dials, default=position)
        over = over or bool(dials.get(position, {}).get("passed_over"))
        return ("failed-over" if over else "answered"), winner
    said = {(e.decision.get("step"), e.decision.get("because")) for e in parent if e.decision}
    if ("reject", None) in said:
        return "rejected", None
    if ("say", "busy") in said:
        return "busy", None
    outcomes = {classify(result) for result in results.values()}
    if ("hangup", Outcome.ANSWERED) in said:
        # Known only from the caller's status, after a dial whose action webhook failed.
        return "answered", None
    if ended_at is None:
        return "ringing", None
    ended_by_us = any(step in ("say", "hangup") for step, _ in said)
    if Outcome.CALLER_GONE in outcomes or ("hangup", Outcome.CALLER_GONE) in said:
        return "caller-gone", None
    return ("unanswered" if ended_by_us else "caller-gone"), None
