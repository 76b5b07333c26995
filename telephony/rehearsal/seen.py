"""What past calls show of destinations: when each stopped ringing, and how, or that it was cut off."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from telephony.routing.results import CANCELLED_CODE, PICKED_UP, DialResult

# Twilio rings up to so many seconds longer than it was told to.
TWILIO_ADDS_S = 5
# Both ends of a ring are whole seconds, and sides that stop together are not told of at once.
JITTER_S = 2
RANG_OUT = DialResult(dial_status="no-answer", call_status="ringing")


@dataclass(frozen=True, slots=True)
class PastLeg:
    """A leg's row, as far as it matters here."""

    key: str
    label: str
    position: int | None
    status: str
    dial_status: str
    is_answered: bool
    sip_code: int | None
    error_code: int | None
    ring_s: int | None
    talk_s: int | None


@dataclass(frozen=True, slots=True)
class Side:
    """What a destination was seen to do when it was rung, after so many seconds.

    `did` is None if it was cut off: what it would have done later is unknown. `held_s` is how long
    somebody was asked for a key in vain. `is_last_word`: the end of its dial speaks of it.
    """

    leg: PastLeg
    rang_s: int
    did: DialResult | None
    held_s: int = 0
    is_last_word: bool = False


class Unknown(Exception):
    """From here on nobody can know how the call would have gone."""


def silence_of(legs: Sequence[PastLeg]) -> int | None:
    """Return how long a caller heard it ring, None if a leg does not say."""
    sides = list(sides_of(legs))
    if len(sides) < len(legs):
        return None
    lengths: dict[int | None, int] = {}
    # Whoever picked up ends a dial, so such sides come last.
    for side in sorted(sides, key=lambda side: (is_picked_up(side), side.rang_s)):
        lengths[side.leg.position] = side.rang_s + side.held_s
    return sum(lengths.values())


def is_picked_up(side: Side) -> bool:
    return side.did is not None and side.did.is_picked_up


def sides_of(legs: Iterable[PastLeg]) -> Iterator[Side]:
    sides = [side for leg in legs if (side := side_of(leg)) is not None]
    picked_up = {side.leg.position: side.rang_s for side in sides if is_picked_up(side)}
    for side in sides:
        # Nobody rings on when another has picked up, whenever that is told of.
        at_most = picked_up.get(side.leg.position, side.rang_s)
        is_beaten = side.did is None and side.rang_s > at_most
        yield replace(side, rang_s=at_most) if is_beaten else side


def side_of(leg: PastLeg) -> Side | None:
    """Return what a leg shows of its destination, None if it shows nothing."""
    # At the end of a dial Twilio tells the SIP code of an endpoint only.
    sip_code = leg.sip_code if leg.key.startswith("endpoint:") else None
    result = DialResult(
        leg.dial_status or leg.status, "ringing", leg.is_answered, sip_code, leg.error_code
    )
    if leg.is_answered or leg.dial_status in PICKED_UP:
        held_s = 0 if leg.is_answered else leg.talk_s or 0
        result = replace(result, dial_status="completed")
        return None if leg.ring_s is None else Side(leg, leg.ring_s, result, held_s, True)
    is_of_its_own = result.dial_status in ("busy", "failed") or (
        leg.dial_status == "no-answer" and sip_code not in (None, CANCELLED_CODE)
    )
    if is_of_its_own:
        # What Twilio or the server refuses at once may never have rung.
        did = replace(result, bridged=None)
        return Side(leg, leg.ring_s or 0, did, is_last_word=bool(leg.dial_status))
    if leg.ring_s is None or result.dial_status not in ("no-answer", "canceled", "completed"):
        return None
    return Side(leg, leg.ring_s, None, is_last_word=bool(leg.dial_status))


class Ringing:
    """One dial of at most `ring_s`, by what its sides were seen to do."""

    def __init__(self, sides: Sequence[Side], ring_s: int, *, is_same: bool) -> None:
        self._is_same = is_same
        self._stops = [(side, *stop_of(side, ring_s)) for side in sides]
        picked_up = [stop for stop in self._stops if stop[2] and stop[2].is_picked_up]
        first = min(picked_up, key=lambda stop: stop[1], default=None)
        self.picked_up = first[0] if first else None
        self.length_s = first[1] if first else max(at_s for _, at_s, _ in self._stops)

    @property
    def result(self) -> DialResult:
        """How it ended if nobody picked up: with the side that Twilio spoke of then, or the last."""
        last = max(self._stops, key=lambda s: (self._is_same and s[0].is_last_word, s[1]))
        return last[2] or RANG_OUT

    def outlasts(self, left_s: int | None) -> bool:
        """Whether the caller, who waits for so long, hangs up before it ends.

        Raises Unknown if somebody would ring for longer before that is decided.
        """
        cut_off = [(at_s, side) for side, at_s, did in self._stops if did is None]
        slack_s = JITTER_S if cut_off else 0
        is_gone = left_s is not None and (
            left_s < self.length_s if self.picked_up else left_s <= self.length_s + slack_s
        )
        decided_s = left_s if is_gone else self.length_s if self.picked_up else None
        for at_s, side in cut_off:
            if decided_s is None or decided_s > at_s + JITTER_S:
                raise Unknown(f"{side.leg.label} would ring for longer than it did then")
        return is_gone


def stop_of(side: Side, ring_s: int) -> tuple[int, DialResult | None]:
    """Return when a side stops ringing, at most after `ring_s`, and how; None if that is unknown."""
    if side.did is not None and side.rang_s <= ring_s + TWILIO_ADDS_S:
        return side.rang_s, side.did
    if side.did is None and side.rang_s + JITTER_S < ring_s:
        return side.rang_s, None
    is_as_told = side.rang_s <= ring_s + TWILIO_ADDS_S
    return side.rang_s if is_as_told else ring_s, RANG_OUT
