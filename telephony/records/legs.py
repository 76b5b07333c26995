"""Builds the legs of a call from what was dialled, how each dial ended, and the legs' callbacks."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from telephony.ledger import leg_cost, leg_saving
from telephony.records.event import LONGEST_CALL_S, Event, status_rank
from telephony.routing.results import FINAL_CALL_STATUSES, Outcome, classify
from telephony.wire.forms import to_int

# Where a leg stands in the route: position and place in its group, or its SID if unknown.
Slot = tuple[int | None, int | None, str]


@dataclass(frozen=True, slots=True)
class LegFacts:
    """What a leg's row holds; the names are those of its columns but for the last two."""

    leg_sid: str
    position: int | None
    index: int | None
    label: str
    uri: str
    status: str
    dial_status: str
    sip_code: int | None
    error_code: int | None
    ring_s: int | None
    talk_s: int | None
    cost: Decimal | None
    saved: Decimal | None
    answered_at: datetime | None
    is_answered: bool


def build_legs(
    dials: Mapping[int, Mapping[str, Any]],
    ended_dials: Mapping[int, Event],
    callbacks: Sequence[Event],
) -> tuple[LegFacts, ...]:
    """Return the legs in the order of the route.

    `dials` are the decisions by position, `ended_dials` the webhook that ended each.
    A leg exists once Twilio has said anything of its dial.
    """
    heard: dict[Slot, list[Event]] = defaultdict(list)
    for callback in callbacks:
        heard[_slot(callback, dials, ended_dials)].append(callback)
    for position, dial in dials.items():
        if position in ended_dials or any(slot[0] == position for slot in heard):
            for index in range(len(dial["destinations"])):
                heard.setdefault((position, index, ""), [])
    for position in ended_dials.keys() - dials.keys():
        if not any(slot[0] == position for slot in heard):
            heard.setdefault((position, 0, ""), [])
    targets = {p: _target(p, event, heard) for p, event in ended_dials.items()}
    order = sorted(heard, key=lambda slot: (slot[0] is None, slot[0] or 0, slot[1] or 0, slot[2]))
    return tuple(
        _leg(
            slot,
            heard[slot],
            dials.get(slot[0]) if slot[0] is not None else None,
            ended_dials[slot[0]] if slot[0] is not None and targets.get(slot[0]) == slot else None,
            is_beaten=_is_beaten(slot, ended_dials, targets),
        )
        for slot in order
    )


def _is_beaten(
    slot: Slot, ended_dials: Mapping[int, Event], targets: Mapping[int, Slot | None]
) -> bool:
    """Whether its dial ended without an answer from it: nobody picked up, or another leg did."""
    if slot[0] is None or slot[0] not in ended_dials:
        return False
    return not _picked_up(ended_dials[slot[0]]) or targets[slot[0]] not in (None, slot)


def _picked_up(ended: Event | None) -> bool:
    return ended is not None and ended.result.dial_status in ("completed", "answered")


def _slot(
    callback: Event, dials: Mapping[int, Mapping[str, Any]], ended_dials: Mapping[int, Event]
) -> Slot:
    if callback.position is not None:
        return callback.position, callback.index or 0, ""
    for position, ended in ended_dials.items():
        if ended.leg_sid == callback.leg_sid:
            return position, _index_of(callback, dials.get(position)) or 0, ""
    for position, dial in dials.items():
        index = _index_of(callback, dial)
        if index is not None:
            return position, index, ""
    return None, None, callback.leg_sid


def _index_of(callback: Event, dial: Mapping[str, Any] | None) -> int | None:
    """Which destination of a dial the callback's To names; Twilio leaves the URI's options out."""
    dialled = _address(callback.first("To"))
    for index, destination in enumerate(dial["destinations"] if dial else ()):
        if dialled == _address(destination["uri"]):
            return index
    return None


def _address(uri: str) -> str:
    return uri.removeprefix("sip:").partition(";")[0].partition(":")[0].lower()


def _target(position: int, ended: Event, heard: Mapping[Slot, Sequence[Event]]) -> Slot | None:
    """The leg of which the end of a dial speaks: the one it names, or the only one that it can mean."""
    slots = [slot for slot in heard if slot[0] == position]
    named = [s for s in slots if any(e.leg_sid == ended.leg_sid for e in heard[s])]
    if ended.leg_sid and named:
        return named[0]
    silent = [slot for slot in slots if not heard[slot]]
    if len(slots) == 1 and not named:
        return slots[0]
    return silent[0] if len(silent) == 1 and ended.leg_sid else None


def _leg(
    slot: Slot,
    callbacks: Sequence[Event],
    dial: Mapping[str, Any] | None,
    ended: Event | None,
    *,
    is_beaten: bool,
) -> LegFacts:
    destination = _destination(slot, dial)
    final = max(callbacks, key=lambda e: (status_rank(e.status), e.identity), default=None)
    status = final.status if final else ""
    picked_up = _picked_up(ended)
    talk_s = _talk_s(status, final, ended) if picked_up or status == "completed" else None
    rate = Decimal(destination["rate"]) if destination else None
    is_over = ended is not None or is_beaten or status in FINAL_CALL_STATUSES
    unanswered = is_over and not picked_up and status != "completed"
    cost = saved = None
    if rate is not None and talk_s is not None:
        cost = leg_cost(talk_s, rate)
        forward = dial.get("forward_rate") if dial else None
        if destination and destination["kind"] == "sip":
            saved = leg_saving(talk_s, rate, None if forward is None else Decimal(forward))
    elif unanswered:
        cost = Decimal(0)
    answered_at = _moment(callbacks, "in-progress")
    return LegFacts(
        leg_sid=callbacks[0].leg_sid if callbacks else (ended.leg_sid if ended else slot[2]),
        position=slot[0],
        index=slot[1],
        label=destination["label"][:128] if destination else "",
        uri=(destination["uri"] if destination else _dialled(callbacks))[:255],
        status=status,
        dial_status=ended.result.dial_status[:16] if ended else "",
        sip_code=_code(ended, "DialSipResponseCode", final, "SipResponseCode"),
        error_code=_code(ended, "ErrorCode", final, "ErrorCode"),
        ring_s=_ring_s(callbacks, answered_at),
        talk_s=talk_s,
        cost=cost,
        saved=saved,
        answered_at=answered_at,
        is_answered=classify(ended.result) is Outcome.ANSWERED if ended else status == "completed",
    )


def _destination(slot: Slot, dial: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    destinations = dial["destinations"] if dial else []
    return destinations[slot[1]] if slot[1] is not None and slot[1] < len(destinations) else None


def _dialled(callbacks: Sequence[Event]) -> str:
    return callbacks[0].first("To") if callbacks else ""


def _talk_s(status: str, final: Event | None, ended: Event | None) -> int | None:
    """Seconds from answer to hangup; a missing DialCallDuration leaves the leg's own word."""
    told = ended.seconds("DialCallDuration") if ended else None
    if told is None and final is not None and status == "completed":
        told = final.seconds("CallDuration")
    return told


def _code(ended: Event | None, field: str, final: Event | None, leg_field: str) -> int | None:
    told = to_int(ended.first(field)) if ended and ended.kind == "action" else None
    return told if told is not None or final is None else to_int(final.first(leg_field))


def _moment(callbacks: Sequence[Event], *statuses: str) -> datetime | None:
    return min((e.happened_at for e in callbacks if e.status in statuses), default=None)


def _ring_s(callbacks: Sequence[Event], answered_at: datetime | None) -> int | None:
    began = _moment(callbacks, "initiated", "ringing")
    ended = answered_at or _moment(callbacks, *FINAL_CALL_STATUSES)
    if began is None or ended is None or ended < began:
        return None
    ring_s = round((ended - began).total_seconds())
    return ring_s if ring_s <= LONGEST_CALL_S else None
