"""Builds the legs of a call from what was dialled, how each dial ended, and the legs' webhooks.

Steps 7 and 8 of docs/records.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from telephony.ledger import leg_cost, leg_saving
from telephony.records.decision import RecordedDial, RungDestination
from telephony.records.event import LONGEST_CALL_S, Event
from telephony.records.evidence import NEVER_ANSWERED, Evidence
from telephony.records.places import (
    TALKING_STATUSES,
    Leg,
    find_destination,
    find_legs,
    find_subject,
    legs_at,
)
from telephony.routing.results import FINAL_CALL_STATUSES, Outcome
from telephony.wire.forms import to_int
from telephony.wire.paths import Kind


@dataclass(frozen=True, slots=True)
class LegFacts:
    """What a leg's row holds. The names are those of its columns, except the last two.

    `is_answered`: this leg talked to the caller. `is_without_key`: it was to press a key, and is
    not known to have pressed one.
    """

    leg_sid: str
    position: int | None
    index: int | None
    destination_key: str
    label: str
    uri: str
    status: str
    dial_status: str
    is_answered: bool
    sip_code: int | None
    error_code: int | None
    ring_s: int | None
    talk_s: int | None
    cost: Decimal | None
    saved: Decimal | None
    answered_at: datetime | None
    is_without_key: bool


def build_legs(evidence: Evidence) -> tuple[LegFacts, ...]:
    """Return the rows of a call's legs, in the order of the route."""
    legs = find_legs(evidence)
    subjects = {p: find_subject(p, end, legs) for p, end in evidence.ends.items()}
    answered = find_answered(evidence, legs, subjects)
    return tuple(describe_leg(leg, evidence, subjects, is_answered=leg == answered) for leg in legs)


def find_answered(
    evidence: Evidence, legs: Sequence[Leg], subjects: Mapping[int, Leg | None]
) -> Leg | None:
    """Return the leg that talked to the caller.

    The end of its dial says so. Where that was lost, it is the only leg of the last dial that was
    picked up, not left without a key, and is over; nobody is dialled after an answer, and nothing said.
    """
    for position, end in evidence.ends.items():
        if end.result.is_answered:
            return subjects[position]
    last = max((leg.place.position for leg in legs if leg.place), default=0)
    if evidence.was_never_answered:
        return None
    # While the call goes on, the end of the dial may still come and say more.
    if not evidence.is_over:
        return None
    # The end of the call, which our answer may only have repeated, is no sign that it went on.
    went_on = any(
        word.because not in (Outcome.ANSWERED, Outcome.CALLER_GONE) for word in evidence.last_words
    )
    is_last = last == max(evidence.positions, default=0) and last in evidence.dials
    if went_on or last in evidence.ends or not is_last:
        return None
    picked_up = [leg for leg in legs_at(last, legs) if leg.status in TALKING_STATUSES]
    possible = [leg for leg in picked_up if not is_without_key(leg, evidence)]
    # The report of another one that was picked up as well may still be missing.
    others = [leg for leg in legs_at(last, legs) if leg not in possible]
    is_alone = all(leg in picked_up or leg.status in NEVER_ANSWERED for leg in others)
    if len(possible) == 1 and is_alone and possible[0].status == "completed":
        return possible[0]
    return None


def is_without_key(leg: Leg, evidence: Evidence) -> bool:
    """Whether whoever picked up was to press a key and is not known to have pressed one."""
    destination = find_destination(leg, evidence)
    asked = any(e.kind in (Kind.SCREEN, Kind.FAILED) for e in leg.webhooks)
    if not asked and not (destination and destination.ask_for_key):
        return False
    return not any(e.kind is Kind.KEY and e.first("Digits") for e in leg.webhooks)


def describe_leg(
    leg: Leg, evidence: Evidence, subjects: Mapping[int, Leg | None], *, is_answered: bool
) -> LegFacts:
    """Return a leg's row."""
    position = leg.place.position if leg.place else None
    dial = evidence.dial_at(position)
    destination = find_destination(leg, evidence)
    dial_end = evidence.ends.get(position) if position is not None else None
    # The end of the dial, where it speaks of this leg.
    end = next((evidence.ends[p] for p, subject in subjects.items() if subject == leg), None)
    was_picked_up = leg.status in TALKING_STATUSES or (end is not None and end.result.is_picked_up)
    # Once its dial has ended without a pickup a leg is over, whatever it last said. Beside one that
    # was picked up it may have been picked up too, and only its own report says that it was not.
    is_beaten = dial_end is not None and not dial_end.result.is_picked_up
    is_over = end is not None or is_beaten or leg.status in FINAL_CALL_STATUSES
    talk_s = count_talk(leg, end) if was_picked_up else None
    answered_at = _first_moment(leg.webhooks, TALKING_STATUSES - FINAL_CALL_STATUSES)
    return LegFacts(
        leg_sid=leg.sid or (end.leg_sid if end else ""),
        position=position,
        index=leg.place.index if leg.place else None,
        destination_key=destination.key[:64] if destination else "",
        label=destination.label[:128] if destination else "",
        uri=(destination.uri if destination else _dialled(leg))[:255],
        status=leg.status,
        dial_status=end.result.dial_status[:16] if end else "",
        is_answered=is_answered,
        sip_code=_sip_code(leg, end),
        error_code=_error_code(leg, end),
        ring_s=count_ringing(leg.webhooks, answered_at),
        talk_s=talk_s,
        cost=_cost(destination, talk_s, is_free=is_over and not was_picked_up),
        saved=_saving(destination, dial, talk_s) if is_answered else None,
        answered_at=answered_at,
        is_without_key=is_without_key(leg, evidence),
    )


def count_talk(leg: Leg, end: Event | None) -> int | None:
    """Return the seconds that a leg was on the line, by the dial's end or else by its own webhooks."""
    told = end.seconds("DialCallDuration") if end else None
    if told is None and leg.last and leg.status == "completed":
        told = leg.last.seconds("CallDuration")
    return told


def count_ringing(webhooks: Sequence[Event], answered_at: datetime | None) -> int | None:
    """Return the seconds until a leg was picked up or was over."""
    began = _first_moment(webhooks, frozenset({"initiated", "ringing"}))
    ended = answered_at or _first_moment(webhooks, FINAL_CALL_STATUSES)
    if began is None or ended is None or ended < began:
        return None
    ring_s = round((ended - began).total_seconds())
    return ring_s if ring_s <= LONGEST_CALL_S else None


def _dialled(leg: Leg) -> str:
    return leg.webhooks[0].first("To") if leg.webhooks else ""


def _sip_code(leg: Leg, end: Event | None) -> int | None:
    told = end.result.sip_code if end else None
    return (
        told if told is not None or leg.last is None else to_int(leg.last.first("SipResponseCode"))
    )


def _error_code(leg: Leg, end: Event | None) -> int | None:
    told = end.result.error_code if end else None
    if told is not None or leg.last is None or leg.last.kind is not Kind.LEG:
        # In the webhook that asks for a key, the ErrorCode belongs to our answer.
        return told
    return to_int(leg.last.first("ErrorCode"))


def _cost(
    destination: RungDestination | None, talk_s: int | None, *, is_free: bool
) -> Decimal | None:
    if is_free:
        return Decimal(0)
    return leg_cost(talk_s, destination.rate) if destination and talk_s is not None else None


def _saving(
    destination: RungDestination | None, dial: RecordedDial | None, talk_s: int | None
) -> Decimal | None:
    if dial is None or destination is None or destination.kind != "sip" or talk_s is None:
        return None
    return leg_saving(talk_s, destination.rate, dial.forward_rate)


def _first_moment(webhooks: Sequence[Event], statuses: frozenset[str]) -> datetime | None:
    return min((e.happened_at for e in webhooks if e.status in statuses), default=None)
