"""Reads figures of the calls of a span of time, or of several spans, without reading the calls.

They are exact: an hour that has changed since it was added up is looked at call by call, and so is
the part of an hour at the edge of a span. Where the changed hours would take too long, what was added
up before is returned, and said to be behind. The edges are looked at always, because there is nothing
to put in their place.
"""

import time
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.db import connection
from django.db.models import QuerySet, Sum

from telephony.models import CallRecord, CallTotal
from telephony.models.totals import TakenBy
from telephony.records.hours import DAY, HOUR, Plan, Span, make_plan
from telephony.records.sums import KEY, SUMS, alike
from telephony.records.totals import find_marked

# Changed hours that a page looks at call by call, and calls in all of them: some 20 ms.
HOURS_AT_MOST, CALLS_AT_MOST = 24, 10_000
# Seconds for edges, of which 30 days in India have 60: enough for some 50,000 calls in them.
EDGES_S = 0.5
# What Figures tell apart.
SHOWN = ("taken_by", "currency")
# Column of KEY -> the values that are counted.
Conditions = Mapping[str, Sequence[Any]]


@dataclass(slots=True)
class Figures:
    """Sums of calls. `money` is currency -> (cost, saved)."""

    calls: int = 0
    taken: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TakenBy.values, 0))
    talk_s: int = 0
    answer_ms: int = 0
    timed: int = 0
    money: dict[str, tuple[Decimal, Decimal]] = field(default_factory=dict)
    uncosted: int = 0

    def add(self, key: Mapping[str, Any], sums: Mapping[str, Any]) -> None:
        self.calls += sums["calls"]
        self.taken[key["taken_by"]] += sums["calls"]
        self.talk_s += sums["talk_s"]
        self.answer_ms += sums["answer_ms"]
        self.timed += sums["timed"]
        self.uncosted += sums["uncosted"]
        if key["currency"]:
            cost, saved = self.money.get(key["currency"], (Decimal(0), Decimal(0)))
            added = (cost + _decimal(sums["cost"]), saved + _decimal(sums["saved"]))
            self.money[key["currency"]] = added

    def merge(self, other: "Figures") -> None:
        for name in ("calls", "talk_s", "answer_ms", "timed", "uncosted"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for kind, count in other.taken.items():
            self.taken[kind] += count
        for currency, (cost, saved) in other.money.items():
            own = self.money.get(currency, (Decimal(0), Decimal(0)))
            self.money[currency] = (own[0] + cost, own[1] + saved)

    @property
    def answer_s(self) -> float | None:
        """Seconds until somebody answered, on average; None if that is known of no call."""
        return self.answer_ms / self.timed / 1000 if self.timed else None


@dataclass(frozen=True, slots=True)
class Read:
    """Figures for each span; `behind` says how many hours at least are not counted as they are now."""

    spans: list[Figures]
    behind: int = 0


def read(moments: Sequence[datetime], conditions: Conditions, *, called: str | None = None) -> Read:
    """Return figures for each span between moments that follow each other."""
    marked, behind = find_marked(1, moments[0], moments[-1]), 0
    changed = marked.begins
    if len(changed) > HOURS_AT_MOST or not marked.is_all:
        changed, behind = [], len(changed)
    spans = list(pairwise(moments))
    unsettled = None
    if len(spans) == 1 and moments[-1] - moments[0] > 3 * DAY:
        unsettled = find_marked(24, moments[0], moments[-1]).begins
    plans = [make_plan(*span, changed, unsettled) for span in spans]
    figures = [Figures() for _ in spans]
    if not _add_changed(plans, figures, conditions, called):
        behind = sum(len(plan.changed) for plan in plans)
        figures = [Figures() for _ in spans]
        plans = [make_plan(*span, unsettled=unsettled) for span in spans]
    behind += _add_edges(plans, figures, conditions, called)
    _add_totals(plans, figures, conditions, called)
    return Read(figures, behind)


def read_all(
    since: datetime | None,
    until: datetime | None,
    conditions: Conditions,
    *,
    called: str | None = None,
) -> Read:
    """The same for one span, whose ends are those of the log where they are not given."""
    calls = CallRecord.objects.order_by("started_at").values_list("started_at", flat=True)
    first, last = calls.first(), calls.last()
    if first is None or last is None:
        return Read([Figures()])
    since = max(since or first, first)
    until = min(until or last + HOUR, last + HOUR)
    return read([since, until], conditions, called=called) if since < until else Read([Figures()])


def _add_changed(
    plans: Sequence[Plan], figures: Sequence[Figures], conditions: Conditions, called: str | None
) -> bool:
    """Add the hours that have changed; False if that is too much."""
    left = CALLS_AT_MOST
    for plan, into in zip(reversed(plans), reversed(figures), strict=True):
        for hour in reversed(plan.changed):
            left -= _look(hour, into, conditions, called, left + 1)
            if left < 0:
                return False
    return True


def _add_edges(
    plans: Sequence[Plan], figures: Sequence[Figures], conditions: Conditions, called: str | None
) -> int:
    """Add the edges, the newest first; return how many were left out because the time was up."""
    edges = [(edge, into) for plan, into in zip(plans, figures, strict=True) for edge in plan.edges]
    until = time.monotonic() + EDGES_S
    while edges and time.monotonic() < until:
        _look(*edges.pop(), conditions, called)
    return len(edges)


def _look(
    piece: Span,
    into: Figures,
    conditions: Conditions,
    called: str | None,
    at_most: int | None = None,
) -> int:
    """Add the calls of a piece; return how many it has, whatever the conditions are."""
    with connection.cursor() as cursor:
        cursor.execute(*alike(*piece, KEY, called=called, at_most=at_most))
        rows = [_split(row, KEY) for row in cursor.fetchall()]
    for key, sums in rows:
        if all(key[name] in wanted for name, wanted in conditions.items()):
            into.add(key, sums)
    return sum(sums["calls"] for _, sums in rows)


def _add_totals(
    plans: Sequence[Plan], figures: Sequence[Figures], conditions: Conditions, called: str | None
) -> None:
    """Add what is added up already."""
    totals = CallTotal.objects.filter(called=called).order_by()
    for name, wanted in conditions.items():
        totals = totals.filter(**{f"{name}__in": wanted})
    if len(plans) == 1:
        for hours, spans in ((1, plans[0].hours), (24, plans[0].days)):
            for span in spans:
                for row in _sums(_within(totals, hours, span)):
                    figures[0].add(*_split(row))
        return
    # Of many spans each would cost a question of its own.
    known = [
        (*span, into) for plan, into in zip(plans, figures, strict=True) for span in plan.hours
    ]
    if not known:
        return
    begins = [begin for begin, _, _ in known]
    rows = _sums(_within(totals, 1, (begins[0], known[-1][1])), "begins_at")
    for begins_at, *row in rows:
        _, end, into = known[bisect_right(begins, begins_at) - 1]
        if begins_at < end:
            into.add(*_split(row))


def _within(totals: QuerySet[CallTotal], hours: int, span: Span) -> QuerySet[CallTotal]:
    return totals.filter(hours=hours, begins_at__gte=span[0], begins_at__lt=span[1])


def _sums(totals: QuerySet[CallTotal], *more: str) -> Iterable[Sequence[Any]]:
    sums = {f"of_{name}": Sum(name) for name in SUMS}
    return totals.values_list(*more, *SHOWN).annotate(**sums)


def _split(
    row: Sequence[Any], names: Sequence[str] = SHOWN
) -> tuple[dict[str, Any], dict[str, Any]]:
    key = dict(zip(names, row, strict=False))
    return key, dict(zip(SUMS, row[len(names) :], strict=True))


def _decimal(value: Any) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))
