"""Finds when each side of a call was rung and was on the line, and draws that to scale.

What the webhooks do not tell is drawn as such: it may have lasted at most until the next thing
that is known.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from telephony.records.event import Event
from telephony.records.evidence import Evidence, gather_evidence
from telephony.records.legs import LegFacts, build_legs
from telephony.records.places import TALKING_STATUSES, Leg, find_destination, find_legs
from telephony.records.projection import CallFacts, project
from telephony.routing.results import FINAL_CALL_STATUSES, PICKED_UP
from telephony.wire.paths import Kind

# Of a caller: waiting, connected, message. Of a leg: ringing, key (asked for one), line. Of both: unknown.
What = Literal["waiting", "connected", "message", "ringing", "key", "line", "unknown"]
# `now`: it goes on. `unknown`: it ended then at the latest.
End = Literal["known", "now", "unknown"]
# By which a leg is told apart from the others of its call: position, index, SID.
LegKey = tuple[int | None, int | None, str]

# Seconds between two ticks of the axis, and how many labels a telephone's screen has room for.
TICK_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800)
TICKS_AT_MOST = 5
# Percent of the width: three pixels on a telephone.
NARROWEST = 1.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """Seconds from the beginning of the call."""

    what: What
    from_s: float
    to_s: float
    end: End = "known"


@dataclass(frozen=True, slots=True)
class Side:
    """What only the webhooks tell of a leg. `key`: whether one was asked for, and pressed."""

    stretches: tuple[Stretch, ...] = ()
    currency: str = ""
    key: Literal["", "asked", "pressed"] = ""


@dataclass(frozen=True, slots=True)
class Scene:
    length_s: float
    caller: tuple[Stretch, ...]
    legs: Mapping[LegKey, Side]


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch in percent of the width."""

    stretch: Stretch
    left: float
    width: float

    @property
    def right(self) -> float:
        return self.left + self.width


@dataclass(frozen=True, slots=True)
class Tick:
    at_s: int
    left: float


def key_of(leg: LegFacts) -> LegKey:
    return leg.position, leg.index, leg.leg_sid


def find_scene(events: Iterable[Event], now: datetime | None) -> Scene | None:
    """Return when what happened, or None for no call; `now` is None if it cannot be going on."""
    events = list(events)
    call = project(events)
    if call is None:
        return None
    return _Watch(gather_evidence(events), call, now).scene()


class _Watch:
    """Reads one call's moments as seconds since its beginning."""

    def __init__(self, evidence: Evidence, call: CallFacts, now: datetime | None) -> None:
        self._evidence, self._call = evidence, call
        heard = [*evidence.caller_side, *evidence.leg_side]
        last = max(e.received_at for e in heard if e.kind is not Kind.CLOSED or len(heard) == 1)
        is_over = evidence.is_over or now is None
        self._rest: End = "unknown" if is_over else "now"
        self._end: End = "known" if evidence.ended_at else self._rest
        end = call.ended_at or (last if is_over or now is None else now)
        self._length_s = max((end - call.started_at).total_seconds(), 0.0)

    def scene(self) -> Scene:
        # Both lists are in the order of the route.
        legs = zip(find_legs(self._evidence), build_legs(self._evidence), strict=True)
        sides = {key_of(facts): self._side(leg, facts) for leg, facts in legs}
        return Scene(max(self._length_s, 1.0), self._caller(sides), sides)

    def _seconds(self, moment: datetime) -> float:
        """Clocks differ, and Twilio's counts whole seconds: nothing lies outside of the call."""
        return min(max((moment - self._call.started_at).total_seconds(), 0.0), self._length_s)

    def _side(self, leg: Leg, facts: LegFacts) -> Side:
        dial = self._evidence.dial_at(facts.position)
        destination = find_destination(leg, self._evidence)
        keys = [e for e in leg.webhooks if e.kind is Kind.KEY and e.first("Digits")]
        is_asked = any(e.kind in (Kind.SCREEN, Kind.KEY) for e in leg.webhooks)
        is_asked |= destination is not None and destination.ask_for_key
        return Side(
            tuple(self._stretches(leg, facts, keys[0].received_at if keys else None)),
            dial.currency if dial else "",
            "pressed" if keys else "asked" if is_asked and facts.is_without_key else "",
        )

    def _stretches(
        self, leg: Leg, facts: LegFacts, pressed_at: datetime | None
    ) -> Iterable[Stretch]:
        began_at, ended_at = self._began(leg, facts), self._ended(leg, facts)
        if began_at is None:
            return
        end: End = "known" if ended_at else self._rest
        to_s = self._seconds(ended_at) if ended_at else self._latest(facts.position)
        picked_up_at = facts.answered_at
        if picked_up_at is None and ended_at and facts.talk_s is not None:
            picked_up_at = max(ended_at - timedelta(seconds=facts.talk_s), began_at)
        was_picked_up = facts.status in TALKING_STATUSES or facts.dial_status in PICKED_UP
        from_s = min(self._seconds(began_at), to_s)
        if picked_up_at is None:
            yield Stretch("unknown" if was_picked_up else "ringing", from_s, to_s, end)
            return
        line_s = min(max(self._seconds(picked_up_at), from_s), to_s)
        yield Stretch("ringing", from_s, line_s)
        if facts.is_without_key:
            yield Stretch("key", line_s, to_s, end)
            return
        if pressed_at:
            key_s = min(max(self._seconds(pressed_at), line_s), to_s)
            yield Stretch("key", line_s, key_s)
            line_s = key_s
        yield Stretch("line", line_s, to_s, end)

    def _began(self, leg: Leg, facts: LegFacts) -> datetime | None:
        """Return when a leg was dialled: by its own reports, or else when we said so."""
        told = [e.happened_at for e in leg.webhooks if e.status in ("initiated", "ringing")]
        answer = None if facts.position is None else self._evidence.dials.get(facts.position)
        said = [
            e.received_at for e in self._evidence.caller_side if answer and e.decision is answer
        ]
        return min(told or said or [e.happened_at for e in leg.webhooks], default=None)

    def _ended(self, leg: Leg, facts: LegFacts) -> datetime | None:
        told = [e.happened_at for e in leg.webhooks if e.status in FINAL_CALL_STATUSES]
        end = None if facts.position is None else self._evidence.ends.get(facts.position)
        return min(told or ([end.received_at] if end else []), default=None)

    def _latest(self, position: int | None) -> float:
        """Return when a dial must have been over whose end was not heard: when the next was made."""
        later = [
            event.received_at
            for p, answer in self._evidence.dials.items()
            if position is not None and p > position
            for event in self._evidence.caller_side
            if event.decision is answer
        ]
        return self._seconds(min(later)) if later else self._length_s

    def _caller(self, sides: Mapping[LegKey, Side]) -> tuple[Stretch, ...]:
        winners = [key_of(leg) for leg in self._call.legs if leg.is_answered]
        is_going_on = self._end == "now"
        possible = winners or (list(sides) if is_going_on else [])
        lines = [s.from_s for key in possible for s in sides[key].stretches if s.what == "line"]
        said = [
            self._seconds(event.received_at)
            for event in self._evidence.caller_side
            if event.decision in self._evidence.last_words and event.decision.verb == "say"
        ]
        then: What = "connected" if lines else "message"
        changes = lines or said
        if not changes and self._call.outcome in ("answered", "failed-over", "unknown"):
            return (Stretch("unknown", 0.0, self._length_s, self._end),)
        if not changes:
            return (Stretch("waiting", 0.0, self._length_s, self._end),)
        return (
            Stretch("waiting", 0.0, min(changes)),
            Stretch(then, min(changes), self._length_s, self._end),
        )


def draw(stretches: Sequence[Stretch], length_s: float) -> tuple[Bar, ...]:
    """Return the bars side by side: none too narrow to be seen, none over another or outside."""
    lefts, widths = [], []
    free = 0.0
    for stretch in stretches:
        lefts.append(max(100 * stretch.from_s / length_s, free))
        widths.append(max(100 * (stretch.to_s - stretch.from_s) / length_s, NARROWEST))
        free = lefts[-1] + widths[-1]
    limit = 100.0
    for place in reversed(range(len(stretches))):
        lefts[place] = min(lefts[place], limit - NARROWEST)
        widths[place] = min(widths[place], limit - lefts[place])
        limit = lefts[place]
    return tuple(map(Bar, stretches, lefts, widths))


def find_ticks(length_s: float) -> tuple[Tick, ...]:
    steps = (step for step in TICK_STEPS if length_s / step <= TICKS_AT_MOST)
    step = next(steps, TICK_STEPS[-1])
    return tuple(Tick(s, 100 * s / length_s) for s in range(0, int(length_s) + 1, step))
