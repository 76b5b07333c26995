"""What is known about a call when a decision is due, and what can be decided."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from telephony.routing.destinations import Destination, SipDestination
from telephony.routing.directory import Step
from telephony.routing.reasons import PassedOver, Reason, Why, because
from telephony.routing.results import Outcome


@dataclass(frozen=True, slots=True)
class Call:
    """A call as Twilio describes it, each field as it was posted."""

    call_sid: str
    account_sid: str
    caller: str
    called: str
    forwarded_from: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a call stands: the position just dialled, and what is left of the plan it began with.

    It moves on after the outcomes in `moves_on`. Both are None where the plan is unknown; the
    number's present route takes its place.
    """

    position: int
    moves_on: frozenset[Outcome] | None = None
    later: tuple[Step, ...] | None = None


@dataclass(frozen=True, slots=True)
class Dial:
    """Ring these together. `passed_over` says who is not rung up to this position, and why.

    `progress` is where the call stands when this dial has ended. `forward_rate` is what a minute
    would cost without Asterisk, None where no number says so.
    """

    progress: Progress
    destinations: tuple[Destination, ...]
    ring_s: int
    time_limit_s: int
    caller_id: str
    reasons: tuple[Reason, ...]
    passed_over: tuple[PassedOver, ...] = ()
    forward_rate: Decimal | None = None

    @property
    def position(self) -> int:
        return self.progress.position

    @property
    def servers(self) -> frozenset[str]:
        """The names of the Asterisk servers that are rung."""
        return frozenset(d.server for d in self.destinations if isinstance(d, SipDestination))


@dataclass(frozen=True, slots=True)
class Say:
    """Tell the caller why nobody answers, then hang up."""

    message: str
    language: str
    because: Literal["busy", "unavailable"]
    reasons: tuple[Reason, ...]
    passed_over: tuple[PassedOver, ...] = ()


@dataclass(frozen=True, slots=True)
class AskForKey:
    """Ask whoever picked up to press a key before the call is put through."""

    position: int
    message: str
    language: str
    reasons: tuple[Reason, ...] = (because(Why.ASKS_FOR_KEY),)


@dataclass(frozen=True, slots=True)
class Reject:
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call; `because` is the outcome that ended it, None where there was none."""

    reasons: tuple[Reason, ...]
    because: Outcome | None = None


Decision = Dial | Say | AskForKey | Reject | Hangup
