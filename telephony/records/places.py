"""Finds the legs that a call had, and the place of each in the route.

Steps 5 and 6 of docs/records.md.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from telephony.records.decision import RecordedDial, RungDestination
from telephony.records.event import Event, status_rank
from telephony.records.evidence import NEVER_ANSWERED, Evidence, names
from telephony.wire.paths import Kind

# Call statuses that a leg has only after it was picked up.
TALKING_STATUSES = frozenset({"in-progress", "completed"})


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a leg stands in the route: its position, and which of those that ring together it is."""

    position: int
    index: int


@dataclass(frozen=True)
class Leg:
    """One dialled side and its webhooks. If none was heard, there are none and `sid` is "".

    `place` is None if nobody knows whom the leg rang.
    """

    sid: str
    place: Place | None
    webhooks: tuple[Event, ...] = ()

    @cached_property
    def last(self) -> Event | None:
        """The webhook that tells the furthest status; the leg's own report before a question."""
        return max(
            self.webhooks,
            key=lambda e: (status_rank(e.status), e.kind is Kind.LEG, e.identity),
            default=None,
        )

    @property
    def status(self) -> str:
        return self.last.status if self.last else ""


def find_legs(evidence: Evidence) -> list[Leg]:
    """Return the legs in the order of the route, those of an unknown place last."""
    legs = list(find_heard_legs(evidence))
    legs += find_silent_legs(evidence, legs)
    return sorted(legs, key=lambda leg: (leg.place is None, leg.place or Place(0, 0), leg.sid))


def find_heard_legs(evidence: Evidence) -> Iterator[Leg]:
    """Yield a leg for each SID that a leg's webhooks name."""
    by_sid: dict[str, list[Event]] = defaultdict(list)
    for event in evidence.leg_side:
        by_sid[event.leg_sid].append(event)
    for sid, webhooks in by_sid.items():
        yield Leg(sid, find_place(sid, webhooks, evidence), tuple(webhooks))


def find_place(sid: str, webhooks: Sequence[Event], evidence: Evidence) -> Place | None:
    """Return the place that the webhooks' address names, or else the one that the leg's To tells."""
    for event in webhooks:
        if event.position is not None and event.index is not None:
            return Place(event.position, event.index)
    told = [event.position for event in webhooks if event.position is not None]
    told += [position for position, end in evidence.ends.items() if end.leg_sid == sid]
    for position in told or evidence.dials:
        dial = evidence.dial_at(position)
        index = _index_of(webhooks[0], dial) if dial else None
        end = evidence.ends.get(position)
        if dial and len(dial.destinations) == 1 and end and end.leg_sid not in ("", sid):
            # It is the end of the only other leg that this can be.
            continue
        if index is None and told and dial and len(dial.destinations) == 1:
            index = 0
        if index is not None:
            return Place(position, index)
    return None


def find_silent_legs(evidence: Evidence, heard: Sequence[Leg]) -> Iterator[Leg]:
    """Yield the legs that reported nothing, though Twilio has spoken of the dial they belong to."""
    known = {leg.place for leg in heard}
    spoken_of = {*evidence.ends, *(place.position for place in known if place)}
    for position in sorted(spoken_of):
        dial = evidence.dial_at(position)
        count = len(dial.destinations) if dial else 0
        if dial is None and not any(p and p.position == position for p in known):
            count = 1
        for index in range(count):
            if Place(position, index) not in known:
                yield Leg("", Place(position, index))


def find_subject(position: int, end: Event, legs: Sequence[Leg]) -> Leg | None:
    """Return the leg that the end of a dial speaks of: the one it names, or the only one it can mean."""
    if end.leg_sid:
        named = [leg for leg in legs if leg.sid == end.leg_sid]
        possible = named or [leg for leg in legs_at(position, legs) if not leg.sid]
    else:
        possible = legs_at(position, legs)
        if end.result.is_picked_up:
            possible = [leg for leg in possible if leg.status not in NEVER_ANSWERED]
    return possible[0] if len(possible) == 1 else None


def legs_at(position: int, legs: Sequence[Leg]) -> list[Leg]:
    return [leg for leg in legs if leg.place and leg.place.position == position]


def find_destination(leg: Leg, evidence: Evidence) -> RungDestination | None:
    """Return whom a leg rang, or None if nobody knows who was dialled at its place."""
    dial = evidence.dial_at(leg.place.position) if leg.place else None
    if dial is None or leg.place is None or leg.place.index >= len(dial.destinations):
        return None
    return dial.destinations[leg.place.index]


def _index_of(webhook: Event, dial: RecordedDial) -> int | None:
    """Return which destination of a dial a leg's To names."""
    for index, destination in enumerate(dial.destinations):
        if names(webhook, destination):
            return index
    return None
