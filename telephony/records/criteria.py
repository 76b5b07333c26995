"""What is looked for in the call log, from where, in which direction, and what was found."""

import re
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Self

from django.db.models import Q

from telephony.models import CallRecord
from telephony.models.fields import read_number
from telephony.records.parties import NUMBER, fold
from telephony.routing.spelling import make_plain

# The beginning of a SID that tells few calls from all others.
SID = re.compile(r"CA[0-9a-f]{4,32}", re.IGNORECASE)
# Digits that are left when what is dialled before a number is taken away.
SHORTEST = 3
# Columns of which the whole text is looked for, by an index of its own, the most telling first.
EXACT = ("caller", "answered_by", "called")


class Key(NamedTuple):
    """A place in the log: at a call, or without a SID past all calls of that moment."""

    started_at: datetime
    call_sid: str = ""

    def __str__(self) -> str:
        return f"{self.started_at.isoformat()}~{self.call_sid}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError."""
        moment, _, sid = text.partition("~")
        started_at = datetime.fromisoformat(moment)
        if started_at.tzinfo is None:
            raise ValueError("a key's time has a zone")
        return cls(started_at, sid)


@dataclass(frozen=True, slots=True)
class Criteria:
    """What is looked for; `others` are the conditions that have no index."""

    text: str = ""
    caller: str = ""
    called: str = ""
    answered_by: str = ""
    since: datetime | None = None
    until: datetime | None = None
    others: Q = field(default_factory=Q)

    @property
    def exact(self) -> dict[str, str]:
        return {role: getattr(self, role) for role in EXACT if getattr(self, role)}


@dataclass(frozen=True, slots=True)
class Found:
    """Calls in the order in which they were looked for.

    `stopped` is where the time was up, and `is_end` says that there are no more.
    """

    calls: list[CallRecord]
    is_end: bool
    stopped: Key | None = None


def key_of(call: CallRecord) -> Key:
    return Key(call.started_at, call.pk)


class Way(NamedTuple):
    """In which direction the log is read: to older calls or to newer ones."""

    is_older: bool

    @property
    def order(self) -> tuple[str, str]:
        return ("-started_at", "call_sid") if self.is_older else ("started_at", "-call_sid")

    def beyond(self, key: Key) -> Q:
        past, on = ("lt", "gt") if self.is_older else ("gt", "lt")
        later = Q(**{f"started_at__{past}": key.started_at})
        if not key.call_sid:
            return later
        # The first condition is the range of the index, which no database makes of the second.
        here = Q(**{f"started_at__{past}e": key.started_at})
        return here & (later | Q(**{f"call_sid__{on}": key.call_sid}))

    def up_to(self, moment: datetime) -> Q:
        return Q(**{f"started_at__{'gte' if self.is_older else 'lte'}": moment})


# Less than this many calls are not worth another question.
LEAST_BLOCK = 100
# Older calls may be five times as slow as the newest, which are in memory: a block is at most twice
# the one before, and is meant to take a third of what is left of the time.
GROWTH, SHARE = 2, 3


class Blocks:
    """How much is looked at next, so that the time is kept."""

    def __init__(self, first: int, at_most: int, seconds: float) -> None:
        self.size, self._at_most = first, at_most
        self._began = self._last = time.perf_counter()
        self._seconds = seconds

    def is_time_up(self) -> bool:
        """Ask after each block."""
        now = time.perf_counter()
        took, left = now - self._last, self._began + self._seconds - now
        self._last = now
        fitting = self.size * left / took / SHARE
        self.size = int(min(GROWTH * self.size, fitting, self._at_most))
        return fitting < LEAST_BLOCK


def spellings(text: str) -> list[str]:
    """Return the parts that may stand in the index for what somebody has typed."""
    plain = make_plain(text)
    if not NUMBER.fullmatch(plain):
        return [fold(text.strip())]
    part = fold(plain)
    if not part.startswith("0"):
        return [part]
    # 0 and 00 are what is dialled before a number within a country and from it; some have others.
    bare = [part.removeprefix(prefix) for prefix in ("0", "00")]
    with suppress(ValueError):
        bare.append(fold(read_number(plain)))
    return list(dict.fromkeys([part, *(rest for rest in bare if len(rest) >= SHORTEST)]))


def sid_of(text: str) -> str:
    """Return the SID or its beginning, as Twilio writes it, if that is what the text is."""
    text = text.strip()
    return f"CA{text[2:].lower()}" if SID.fullmatch(text) else ""
