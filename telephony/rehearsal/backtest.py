"""Backtests a route: how past calls would have gone by it, and of which of them nobody can know.

The rules that answer Twilio decide. What a destination did in a call is what it would have done
whenever that call had rung it. What it was not seen to do is unknown, and nothing is guessed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from telephony.ledger import leg_cost
from telephony.rehearsal.seen import PastLeg, Ringing, Side, Unknown, sides_of, silence_of
from telephony.routing.decision import Call, Decision, Dial, Hangup, Reject, Say
from telephony.routing.destinations import Destination, NumberDestination, SipDestination
from telephony.routing.directory import Directory, Number
from telephony.routing.results import DialResult, Outcome
from telephony.routing.rules import decide

GONE = DialResult(dial_status="canceled", call_status="no-answer")


class End(StrEnum):
    """How a call ended for its caller."""

    ANSWERED = "answered"
    UNANSWERED = "unanswered"
    BUSY = "busy"
    CALLER_GONE = "caller-gone"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


# The ends by the outcomes of call records, where they have other names.
BY_OUTCOME: Mapping[str, End] = {"failed-over": End.ANSWERED, "ringing": End.UNKNOWN}


@dataclass(frozen=True, slots=True)
class PastCall:
    """A call's row with its legs, in the order in which they were rung."""

    call_sid: str
    started_at: datetime
    caller: str
    forwarded_from: str
    outcome: str
    cost: Decimal | None
    currency: str
    legs: tuple[PastLeg, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """How a call went, or would have gone. `who` is the key of the destination that answered.

    `silence_s` is how long the caller heard it ring, None if that is unknown; so is `cost`.
    `why` says why the end is unknown.
    """

    end: End
    who: str = ""
    label: str = ""
    silence_s: int | None = None
    cost: Decimal | None = None
    why: str = ""

    def is_like(self, other: "Course") -> bool:
        return (self.end, self.who) == (other.end, other.who)


def in_service(directory: Directory) -> Directory:
    """Return it as if no server were out of service: what holds today says nothing of past calls."""
    destinations = {
        key: replace(each, held_until=None) if isinstance(each, SipDestination) else each
        for key, each in directory.destinations.items()
    }
    return replace(directory, destinations=destinations, silent_until={})


def course_then(call: PastCall) -> Course:
    """Return how a call really went."""
    winner = next((leg for leg in call.legs if leg.is_answered), None)
    return Course(
        end=BY_OUTCOME.get(call.outcome) or End(call.outcome),
        who=winner.key if winner else "",
        label=winner.label if winner else "",
        silence_s=silence_of(call.legs),
        cost=call.cost,
    )


def course_by(directory: Directory, number: Number, call: PastCall, then: Course) -> Course:
    """Return how a call that went so `then` would have gone by a number's route."""
    try:
        if then.end is End.UNKNOWN or (then.end is End.ANSWERED and not then.who):
            raise Unknown("what happened then is not known")
        if then.end is End.CALLER_GONE and then.silence_s is None:
            raise Unknown("how long the caller waited then is not known")
        patience_s = then.silence_s if then.end is End.CALLER_GONE else None
        return _Replay(directory, number, call, patience_s).play()
    except Unknown as unknown:
        return Course(End.UNKNOWN, why=str(unknown))


class _Replay:
    """One past call on its way through a route; `patience_s` is None if the caller stayed then."""

    def __init__(
        self, directory: Directory, number: Number, call: PastCall, patience_s: int | None
    ) -> None:
        self._directory = directory
        self._past = call
        self._call = Call(
            call.call_sid, number.account_sid, call.caller, number.e164, call.forwarded_from
        )
        self._patience_s = patience_s
        self._waited_s = 0
        self._cost: Decimal | None = Decimal(0)
        self._winner: Destination | None = None
        self._seen = list(sides_of(call.legs))
        self._left = list(self._seen)

    def play(self) -> Course:
        decision = decide(self._directory, self._call, None, None, self._past.started_at)
        while isinstance(decision, Dial):
            result = self._dial(decision)
            now = self._past.started_at + timedelta(seconds=self._waited_s)
            decision = decide(self._directory, self._call, decision.progress, result, now)
        winner = self._winner
        return Course(
            end=_end_of(decision),
            who=winner.key if winner else "",
            label=winner.label if winner else "",
            silence_s=self._waited_s,
            cost=self._cost,
        )

    def _dial(self, dial: Dial) -> DialResult:
        left_s = None if self._patience_s is None else self._patience_s - self._waited_s
        if left_s is not None and left_s <= 0:
            return self._hang_up()
        sides = list(map(self._take, dial.destinations))
        ringing = Ringing(sides, dial.ring_s, is_same=self._is_same(sides))
        if ringing.outlasts(left_s):
            return self._hang_up()
        self._waited_s += ringing.length_s
        side = ringing.picked_up
        if side is None or side.did is None:
            return ringing.result
        return self._pick_up(side, side.did, dial, dial.destinations[sides.index(side)])

    def _pick_up(
        self, side: Side, did: DialResult, dial: Dial, destination: Destination
    ) -> DialResult:
        talk_s = side.leg.talk_s
        if talk_s is None or self._cost is None:
            self._cost = None
        else:
            self._cost += leg_cost(min(talk_s, dial.time_limit_s), destination.rate)
        if did.is_answered:
            self._winner = destination
            return did
        self._waited_s += side.held_s
        if self._patience_s is not None and self._patience_s <= self._waited_s:
            return self._hang_up()
        if not (isinstance(destination, NumberDestination) and destination.ask_for_key):
            raise Unknown(f"{destination.label} picked up then and was not put through")
        return did

    def _hang_up(self) -> DialResult:
        self._waited_s = self._patience_s or 0
        return GONE

    def _take(self, destination: Destination) -> Side:
        """Return what a destination did the first time that it was rung, then the second time."""
        side = next((side for side in self._left if side.leg.key == destination.key), None)
        if side is not None:
            self._left.remove(side)
            return side
        if all(leg.key != destination.key for leg in self._past.legs):
            raise Unknown(f"{destination.label} was not rung then")
        raise Unknown(f"what {destination.label} did then is not known, or not how often")

    def _is_same(self, sides: Sequence[Side]) -> bool:
        """Whether these are all who rang together at one position then."""
        positions = {side.leg.position for side in sides}
        together = [side for side in self._seen if side.leg.position in positions]
        return len(positions) == 1 and len(together) == len(sides)


def _end_of(decision: Decision) -> End:
    match decision:
        case Say(because="busy"):
            return End.BUSY
        case Reject():
            return End.REJECTED
        case Hangup(because=Outcome.ANSWERED):
            return End.ANSWERED
        case Hangup(because=Outcome.CALLER_GONE):
            return End.CALLER_GONE
    return End.UNANSWERED
