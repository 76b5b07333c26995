"""Splits a span of time into what is added up already and what has to be looked at call by call.

Hours and days are those of UTC. A span may begin at any moment, such as midnight in India, which is
at half past an hour of UTC: nothing that is added up stands for the part of an hour at its edge.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a span consists of: whole `hours` and `days`, and what is looked at call by call.

    Of hours that have `changed` there are older sums; of the parts of hours at the `edges` there
    is nothing but the calls.
    """

    hours: tuple[Span, ...]
    changed: tuple[Span, ...] = ()
    edges: tuple[Span, ...] = ()
    days: tuple[Span, ...] = ()


def hour_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def day_of(moment: datetime) -> datetime:
    return hour_of(moment).replace(hour=0)


def hours_of(day: datetime) -> list[datetime]:
    return [day + n * HOUR for n in range(24)]


def make_plan(
    since: datetime,
    until: datetime,
    changed: Collection[datetime] = (),
    unsettled: Collection[datetime] | None = None,
) -> Plan:
    """Split a span, given the hours that have changed since they were added up.

    Days stand for their hours unless they are `unsettled`; where that is None, no day does.
    """
    begin, end = _ceil(since, HOUR), hour_of(until)
    if begin >= end:
        return Plan((), edges=((since, until),) if since < until else ())
    without = sorted(hour for hour in changed if begin <= hour < end)
    edges = tuple(span for span in ((since, begin), (end, until)) if span[0] < span[1])
    hours = list(_between((begin, end), without, HOUR))
    days: list[Span] = []
    if unsettled is not None:
        hours, days = _with_days(hours, sorted(unsettled))
    return Plan(tuple(hours), tuple((hour, hour + HOUR) for hour in without), edges, tuple(days))


def _with_days(
    hours: Iterable[Span], unsettled: Sequence[datetime]
) -> tuple[list[Span], list[Span]]:
    """Return the spans of hours that are left beside whole days, and those days."""
    left: list[Span] = []
    days: list[Span] = []
    for begin, end in hours:
        first, last = _ceil(begin, DAY), day_of(end)
        if first >= last:
            left.append((begin, end))
            continue
        open_ = [day for day in unsettled if first <= day < last]
        left += [(begin, first), *((day, day + DAY) for day in open_), (last, end)]
        days += _between((first, last), open_, DAY)
    return [span for span in left if span[0] < span[1]], days


def _between(span: Span, without: Iterable[datetime], step: timedelta) -> Iterator[Span]:
    """Yield what is left of a span without some of its hours or days, which are in order."""
    begin, end = span
    for each in without:
        if begin < each:
            yield begin, each
        begin = each + step
    if begin < end:
        yield begin, end


def _ceil(moment: datetime, step: timedelta) -> datetime:
    floor = hour_of(moment) if step == HOUR else day_of(moment)
    return floor if floor == moment else floor + step
