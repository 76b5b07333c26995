"""The totals above the call log's list: exact where calls are added up, and else reckoned and called so."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Sum

from telephony.admin.formats import duration, rounded
from telephony.models import CallRecord
from telephony.records.criteria import Criteria
from telephony.records.figures import read_all
from telephony.records.filters import CallFilter
from telephony.records.search import indexed

# Calls that an index finds, and that are added up while a page waits: some 10 ms.
ADDED_AT_MOST = 2_000
Money = dict[str, tuple[Decimal, Decimal]]


@dataclass(frozen=True, slots=True)
class Totals:
    """What all calls that a filter finds come to. `behind` are hours that are not added up yet.

    If `among` is given, calls are reckoned: they are as frequent as among so many of the newest.
    """

    calls: int
    talk_s: int
    money: Money
    among: int | None = None
    behind: int = 0

    @property
    def sentence(self) -> str:
        count = _round(self.calls) if self.is_reckoned else self.calls
        parts = [f"{count:,} {'call' if count == 1 else 'calls'}"]
        parts += [f"talk {duration(self.talk_s)}"] if self.talk_s else []
        for word, place in (("cost", 0), ("saved", 1)):
            amounts = [(pair[place], currency) for currency, pair in sorted(self.money.items())]
            told = " + ".join(rounded(amount, currency) for amount, currency in amounts if amount)
            parts += [f"{word} {told}"] if told else []
        about = "about " if self.is_reckoned else ""
        return ", ".join(f"{about}{part}" for part in parts)

    @property
    def is_reckoned(self) -> bool:
        return self.among is not None


def find_totals(
    form: CallFilter, shown: list[CallRecord], *, reached: datetime | None, is_first: bool
) -> Totals | None:
    """Return the totals for a valid form; None where nothing can be said.

    `shown` are the calls of the page, and `reached` is where it ends if the log goes on.
    """
    criteria, conditions = form.criteria(), form.counted()
    called = criteria.called or None
    if conditions is not None:
        read = read_all(criteria.since, criteria.until, conditions, called=called)
        found = read.spans[0]
        return Totals(found.calls, found.talk_s, found.money, behind=read.behind)
    if is_first and reached is None:
        return _add(shown)
    return _count_indexed(criteria) or (
        _reckon(criteria, shown, reached) if is_first and reached else None
    )


def _add(calls: list[CallRecord]) -> Totals:
    money: Money = {}
    for call in calls:
        if call.currency:
            cost, saved = money.get(call.currency, (Decimal(0), Decimal(0)))
            money[call.currency] = (cost + (call.cost or 0), saved + (call.saved or 0))
    return Totals(len(calls), sum(call.talk_s or 0 for call in calls), money)


def _count_indexed(criteria: Criteria) -> Totals | None:
    """Add up what an index finds by itself, if that is not too much."""
    calls, others = indexed(criteria)
    if others or criteria.text or not criteria.exact:
        return None
    some = calls.order_by()[: ADDED_AT_MOST + 1]
    by_currency = (
        CallRecord.objects.filter(pk__in=some.values("pk"))
        .order_by()
        .values_list("currency")
        .annotate(Count("pk"), Sum("talk_s"), Sum("cost"), Sum("saved"))
    )
    rows = list(by_currency)
    count = sum(row[1] for row in rows)
    if count > ADDED_AT_MOST:
        return None
    money = {row[0]: (row[3] or Decimal(0), row[4] or Decimal(0)) for row in rows if row[0]}
    return Totals(count, sum(row[2] or 0 for row in rows), money)


def _reckon(criteria: Criteria, shown: list[CallRecord], reached: datetime) -> Totals | None:
    """Take what was found among the newest calls for as frequent among all others."""
    called = criteria.called or None
    newest, every = (
        read_all(since, criteria.until, {}, called=called).spans[0].calls
        for since in (reached, criteria.since)
    )
    if not newest or not shown:
        return None
    found, ratio = _add(shown), Decimal(every) / newest
    money = {name: (cost * ratio, saved * ratio) for name, (cost, saved) in found.money.items()}
    calls, talk_s = round(found.calls * ratio), round(found.talk_s * ratio)
    return Totals(calls, talk_s, money, among=newest)


def _round(count: int) -> int:
    """Two digits are all that a reckoned number is good for."""
    return round(count, 2 - len(str(count)))
