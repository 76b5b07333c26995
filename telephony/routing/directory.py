"""The frozen snapshot of the configuration that every decision is made on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

from telephony.routing.destinations import Destination, NumberDestination
from telephony.routing.results import MOVES_ON_BY_DEFAULT, Outcome

# Twilio rings at most ten <Sip> and <Number> nouns in one <Dial>.
TOGETHER_AT_MOST = 10


@dataclass(frozen=True, slots=True)
class RouteStep:
    """One destination of a route. Steps with one position ring together."""

    position: int
    destination: Destination
    ring_s: int = 20
    moves_on: frozenset[Outcome] = MOVES_ON_BY_DEFAULT


@dataclass(frozen=True, slots=True)
class Number:
    """A number (DID) of ours with its route, steps in the order of their positions."""

    e164: str
    account_sid: str
    label: str = ""
    enabled: bool = True
    steps: tuple[RouteStep, ...] = ()
    language: str = "en-US"
    busy_message: str = "The line is busy. Please call again later."
    unavailable_message: str = "Nobody can take your call now. Please call again later."

    @property
    def forward_rate(self) -> Decimal | None:
        """What a minute would cost without Asterisk: the rate of the first fallback number."""
        outside = (
            s.destination for s in self.steps if isinstance(s.destination, NumberDestination)
        )
        return next((d.rate for d in outside if d.enabled), None)


@dataclass(frozen=True, slots=True)
class Directory:
    """All numbers by (E.164, account SID), as of one revision of the configuration."""

    revision: int = 0
    currency: str = "USD"
    numbers: Mapping[tuple[str, str], Number] = field(default_factory=lambda: MappingProxyType({}))

    def __repr__(self) -> str:
        return f"<Directory revision {self.revision}, {len(self.numbers)} numbers>"

    def find(self, e164: str, account_sid: str) -> Number | None:
        return self.numbers.get((e164, account_sid))
