"""The frozen snapshot of the configuration that every decision is made on."""

from collections.abc import Collection, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Self

from telephony.routing.destinations import (
    Destination,
    NumberDestination,
    SipDestination,
    bare_address,
    find_obstacle,
    sip_address,
)
from telephony.routing.messages import DEFAULT_LANGUAGE, messages_in
from telephony.routing.reasons import Obstacle
from telephony.routing.results import MOVES_ON_BY_DEFAULT, Outcome

# Twilio rings at most ten <Sip> and <Number> nouns in one <Dial>.
TOGETHER_AT_MOST = 10
# What is left of a route travels in the address of each dial's action webhook.
STEPS_AT_MOST = 50


@dataclass(frozen=True, slots=True)
class Step:
    """One destination of a route, by its key. Steps with one position ring together."""

    position: int
    key: str
    ring_s: int = 20
    moves_on: frozenset[Outcome] = MOVES_ON_BY_DEFAULT


@dataclass(frozen=True, slots=True)
class Number:
    """A number (DID) of ours with its route, steps in the order of their positions.

    An empty message stands for the language's own.
    """

    e164: str
    account_sid: str
    label: str = ""
    enabled: bool = True
    steps: tuple[Step, ...] = ()
    language: str = DEFAULT_LANGUAGE
    busy_message: str = ""
    unavailable_message: str = ""

    @property
    def said_when_busy(self) -> str:
        return self.busy_message or messages_in(self.language).busy

    @property
    def said_when_unavailable(self) -> str:
        return self.unavailable_message or messages_in(self.language).unavailable


@dataclass(frozen=True, slots=True)
class Directory:
    """Numbers by (E.164, account SID) and destinations by key, as of one revision.

    `obstacles` are of those destinations that cannot ring whatever the time and the call, and
    `accounts` the SIDs of those that own a number.
    `silent_until` has the servers that do not answer, by name, and until when they are passed over.
    """

    revision: int = 0
    currency: str = "USD"
    numbers: Mapping[tuple[str, str], Number] = field(default_factory=lambda: MappingProxyType({}))
    destinations: Mapping[str, Destination] = field(default_factory=lambda: MappingProxyType({}))

    silent_until: Mapping[str, datetime] = field(default_factory=lambda: MappingProxyType({}))

    obstacles: Mapping[str, Obstacle] = field(init=False, repr=False)
    accounts: Collection[str] = field(init=False, repr=False)
    _servers: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found = ((key, find_obstacle(each)) for key, each in self.destinations.items())
        obstacles = {key: obstacle for key, obstacle in found if obstacle is not None}
        object.__setattr__(self, "obstacles", MappingProxyType(obstacles))
        object.__setattr__(self, "accounts", frozenset(account for _, account in self.numbers))
        object.__setattr__(self, "_servers", _servers_of(self.destinations.values()))

    def __repr__(self) -> str:
        return f"<Directory revision {self.revision}, {len(self.numbers)} numbers>"

    def find(self, e164: str, account_sid: str) -> Number | None:
        return self.numbers.get((e164, account_sid))

    def find_server(self, uri: str) -> str | None:
        """Return the name of the server that a leg's To leads to; None for any other telephone."""
        return self._servers.get(sip_address(uri)) or self._servers.get(bare_address(uri))

    def with_silent(self, silent_until: Mapping[str, datetime]) -> Self:
        """Return it with other servers that do not answer. Cheap: callers wait for this."""
        changed = copy(self)
        object.__setattr__(changed, "silent_until", silent_until)
        return changed

    def forward_rate(self, number: Number) -> Decimal | None:
        """What a minute would cost without Asterisk: the rate of the route's first fallback number."""
        for step in number.steps:
            destination = self.destinations.get(step.key)
            if isinstance(destination, NumberDestination) and destination.enabled:
                return destination.rate
        return None


def _servers_of(destinations: Iterable[Destination]) -> Mapping[str, str]:
    """Return user@host and user@host:port -> the server that it is on, where that is only one."""
    found: dict[str, set[str]] = {}
    for destination in destinations:
        if isinstance(destination, SipDestination) and destination.server:
            for address in (bare_address(destination.uri), sip_address(destination.uri)):
                found.setdefault(address, set()).add(destination.server)
    return {address: names.pop() for address, names in found.items() if len(names) == 1}
