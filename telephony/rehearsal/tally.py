"""Counts what a backtest finds: how past calls went, how they would have gone, and what differs."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from telephony.rehearsal.backtest import Course, End, PastCall

# Calls that would end differently are listed, the newest; the others are counted.
LISTED_AT_MOST = 50


@dataclass(frozen=True, slots=True)
class Difference:
    """A call that would end differently."""

    call: PastCall
    then: Course
    now: Course


@dataclass
class Tally:
    """`ends_then` and `ends_now` count by how and by whom; `names` has who answered, by key.

    `currency` is that of what calls would have cost.
    Amounts are of calls of which they are known on both sides: `priced` and `timed` count those.
    """

    currency: str
    calls: int = 0
    ends_then: Counter[tuple[End, str]] = field(default_factory=Counter)
    ends_now: Counter[tuple[End, str]] = field(default_factory=Counter)
    names: dict[str, str] = field(default_factory=dict)
    whys: Counter[str] = field(default_factory=Counter)
    timed: int = 0
    silence_then_s: int = 0
    silence_now_s: int = 0
    priced: int = 0
    cost_then: dict[str, Decimal] = field(default_factory=dict)
    cost_now: Decimal = Decimal(0)
    different: int = 0
    listed: list[Difference] = field(default_factory=list)

    def add(self, call: PastCall, then: Course, now: Course) -> None:
        """Count a call; the newest come first."""
        self.calls += 1
        for course, ends in ((then, self.ends_then), (now, self.ends_now)):
            ends[course.end, course.who] += 1
            if course.who:
                self.names[course.who] = course.label or course.who
        if now.end is End.UNKNOWN:
            self.whys[now.why] += 1
            return
        self._add_amounts(call, then, now)
        if not now.is_like(then):
            self.different += 1
            if len(self.listed) < LISTED_AT_MOST:
                self.listed.append(Difference(call, then, now))

    @property
    def unknown(self) -> int:
        return self.ends_now[End.UNKNOWN, ""]

    def _add_amounts(self, call: PastCall, then: Course, now: Course) -> None:
        if then.silence_s is not None and now.silence_s is not None:
            self.timed += 1
            self.silence_then_s += then.silence_s
            self.silence_now_s += now.silence_s
        if then.cost is not None and now.cost is not None:
            self.priced += 1
            self.cost_now += now.cost
            if then.cost:
                before = self.cost_then.get(call.currency, Decimal(0))
                self.cost_then[call.currency] = before + then.cost
