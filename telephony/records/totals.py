"""Adds up the calls of each hour, and of each day that is over, and keeps that in step.

Whoever changes calls marks their hours in the same transaction. Marks are only ever added, so no
writer waits for another one. A job takes the marks of an hour away and adds its calls up anew, in
one transaction: what it sees is never older than the marks that it takes, and a change that comes
later has a mark of its own. So a total can be late, but it cannot stay wrong; and whatever is added
up twice is right twice. SQLite has one writer at a time, and whoever waits is not told when it is his
turn: there the job takes a few hours at once, and leaves the database alone for as long as it held it. Where somebody changed calls and marked nothing (the version before, or a
statement in `psql`), `differs` finds it and `mark_all` mends it.
"""

import random
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Max, Min, Model, Sum
from django.utils import timezone

from telephony.models import CallRecord, CallTotal, ChangedTotal
from telephony.records.hours import DAY, HOUR, day_of, hour_of, hours_of
from telephony.records.sums import KEY, SUMS, adapt, alike
from telephony.records.table import insert_new

ROWS_AT_ONCE = 5_000
# Of PostgreSQL's advisory locks: one at a time adds up, or an older sum could replace a newer one.
LOCK = (0x746F7461, 1)
TOTALS, MARKS = (each._meta.db_table for each in (CallTotal, ChangedTotal))
# Seconds after which a transaction takes no further hour, and for which others are let in after
# it. SQLite's busy handler looks again after at most 0.1 s.
HOLDS_S = {"sqlite": 0.1}
PAUSE_AT_LEAST_S, PAUSE_AT_MOST_S = 0.05, 0.5
# While `rebuild_calls` runs there may be millions.
MARKS_AT_MOST = 20_000
# Hours that are told apart of them.
BEGINS_AT_MOST = 200


class Marked(NamedTuple):
    """Hours, or days, that are marked; these may not be all of them."""

    begins: list[datetime]
    is_all: bool


def mark(moments: Iterable[datetime]) -> None:
    """Say that calls of these moments have changed, in the transaction that changes them."""
    rows = [(1, hour) for hour in sorted(set(map(hour_of, moments)))]
    insert_new(ChangedTotal, ("hours", "begins_at"), rows)


def mark_calls(sids: Sequence[str]) -> None:
    """The same for calls by their SIDs, as they are stored before the change."""
    mark(CallRecord.objects.filter(pk__in=sids).values_list("started_at", flat=True))


def mark_all() -> int:
    """Mark every hour of which there are calls or totals; return how many."""
    hours = {*_walk(CallRecord, "started_at"), *_walk(CallTotal, "begins_at")}
    rows = (ChangedTotal(hours=1, begins_at=hour) for hour in sorted(hours))
    ChangedTotal.objects.bulk_create(rows, ROWS_AT_ONCE)
    return len(hours)


def _walk(model: type[Model], name: str) -> Iterator[datetime]:
    """Yield the hours of which there are rows. One clock that was wrong by years may not matter."""
    moments = model._default_manager.order_by(name).values_list(name, flat=True)
    moment = moments.first()
    while moment is not None:
        yield hour_of(moment)
        moment = moments.filter(**{f"{name}__gte": hour_of(moment) + HOUR}).first()


def count_marked() -> int:
    """Return how many hours wait to be added up."""
    return ChangedTotal.objects.filter(hours=1).values("begins_at").distinct().count()


def find_marked(hours: int, since: datetime | None = None, until: datetime | None = None) -> Marked:
    """Return the hours or days in a span that are marked, and those of which a part is in it.

    It looks at so many marks as a page has time for.
    """
    where, values = "hours = %s", [hours]
    if since is not None and until is not None:
        where += " AND begins_at > %s AND begins_at < %s"
        values += [adapt(since - HOUR * hours), adapt(until)]
    statement = (
        f"SELECT begins_at, COUNT(*) FROM (SELECT begins_at FROM {MARKS} WHERE {where} "  # noqa: S608
        f"LIMIT {MARKS_AT_MOST + 1:d}) AS seen GROUP BY begins_at "
        f"ORDER BY begins_at DESC LIMIT {BEGINS_AT_MOST:d}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall()
    marks = sum(count for _, count in rows)
    is_all = len(rows) < BEGINS_AT_MOST and marks <= MARKS_AT_MOST
    return Marked([_moment(begins_at) for begins_at, _ in reversed(rows)], is_all)


def add_up(seconds: float = float("inf")) -> Iterator[int]:
    """Add up what is marked, the newest day first; yield numbers of hours that are done.

    Stops when the time is up; what is left stays marked. Raises DatabaseError.
    """
    began, now = time.monotonic(), timezone.now()
    days = {
        day_of(at) for at in ChangedTotal.objects.values_list("begins_at", flat=True).distinct()
    }
    for day in sorted(days, reverse=True):
        for count in _add_up_day(day, now):
            yield count
            if time.monotonic() > began + seconds:
                return


def _add_up_day(day: datetime, now: datetime) -> Iterator[int]:
    """Add up a day, in one transaction or in several; yield how many hours each has done."""
    marks = ChangedTotal.objects.filter(hours=1, begins_at__range=(day, day + DAY - HOUR))
    hours = sorted(set(marks.values_list("begins_at", flat=True)))
    is_done = False
    while not is_done:
        with transaction.atomic():
            _lock()
            began, count = time.monotonic(), len(hours)
            until = began + HOLDS_S.get(connection.vendor, float("inf"))
            is_in_time = True
            while hours and is_in_time:
                _add_up_hour(hours.pop(0))
                is_in_time = time.monotonic() <= until
            # A day of which everybody may ring many numbers takes long by itself.
            is_done = is_in_time and not hours
            _settle(day, is_over=is_done and day + DAY <= now)
        yield count - len(hours)
        _let_others_in(time.monotonic() - began)


def _lock() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", LOCK)


def _let_others_in(held: float) -> None:
    """Wait for as long as SQLite was held, unless somebody further out holds it still."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        time.sleep(min(max(held, PAUSE_AT_LEAST_S), PAUSE_AT_MOST_S))


def _settle(day: datetime, *, is_over: bool) -> None:
    CallTotal.objects.filter(hours=24, begins_at=day).delete()
    ChangedTotal.objects.filter(hours=24, begins_at=day).delete()
    if is_over:
        _copy_sums(24, day, hours_of(day))
    else:
        # Until it is over, and all of it is added up, its hours stand for it.
        ChangedTotal.objects.create(hours=24, begins_at=day)


def _add_up_hour(hour: datetime) -> None:
    # Taken away before the calls are read: a mark that comes later comes with a later change.
    ChangedTotal.objects.filter(hours=1, begins_at=hour).delete()
    CallTotal.objects.filter(hours=1, begins_at=hour).delete()
    statement, values = alike(hour, hour + HOUR, ("called", *KEY))
    _insert(1, hour, "called, ", statement, values)
    _insert_of_all(1, hour)


def _copy_sums(span: int, begin: datetime, hours: Sequence[datetime]) -> None:
    sums = ", ".join(f"SUM({name})" for name in SUMS)
    key = ", ".join(("called", *KEY))
    select = (
        f"SELECT {key}, {sums} FROM {TOTALS} WHERE hours = 1 AND begins_at >= %s "  # noqa: S608
        f"AND begins_at <= %s GROUP BY {key}"
    )
    _insert(span, begin, "called, ", select, [adapt(hours[0]), adapt(hours[-1])])


def _insert_of_all(span: int, begin: datetime) -> None:
    key, sums = ", ".join(KEY), ", ".join(f"SUM({name})" for name in SUMS)
    select = (
        f"SELECT {key}, {sums} FROM {TOTALS} WHERE hours = %s AND begins_at = %s "  # noqa: S608
        f"AND called IS NOT NULL GROUP BY {key}"
    )
    _insert(span, begin, "", select, [span, adapt(begin)])


def _insert(span: int, begin: datetime, called: str, select: str, values: Sequence[Any]) -> None:
    moment = adapt(begin)
    if connection.vendor == "postgresql":
        head = "SELECT CAST(%s AS smallint), CAST(%s AS timestamptz), added.*"
    else:
        head = "SELECT %s, %s, added.*"
    statement = (
        f"INSERT INTO {TOTALS} (hours, begins_at, {called}{', '.join((*KEY, *SUMS))}) "
        f"{head} FROM ({select}) AS added"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [span, moment, *values])


def find_differing(count: int) -> list[datetime]:
    """Look at some hours at random; return those whose calls are others than those added up."""
    hours = {hour_of(moment) for _ in range(count) if (moment := _draw())}
    return [hour for hour in sorted(hours) if differs(hour)]


def _draw() -> datetime | None:
    """Return the moment of a call at random, or of a total.

    Not one between the first and the last: where a clock was wrong there are years without any.
    Each finds what the other cannot: an hour without totals, and one without calls.
    """
    calls = CallRecord.objects.order_by("pk").values_list("started_at", flat=True)
    totals = CallTotal.objects.order_by("pk").values_list("begins_at", flat=True)
    ends = CallTotal.objects.aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is not None and random.random() < 0.5:  # noqa: S311
        return totals.filter(pk__gte=random.randint(ends["first"], ends["last"])).first()  # noqa: S311
    # Twilio's SIDs are random, so the next one after a random one is any call.
    return calls.filter(pk__gte=f"CA{random.getrandbits(128):032x}").first() or calls.first()


def differs(hour: datetime) -> bool:
    """Whether an hour that is not marked was added up wrongly, of each number or of all together."""
    totals = CallTotal.objects.filter(hours=1, begins_at=hour).order_by()
    sums = {f"of_{name}": Sum(name) for name in SUMS}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(*alike(hour, hour + HOUR, KEY))
        real = _by_key(cursor.fetchall())
        kept = [
            _by_key(totals.filter(called__isnull=is_of_all).values_list(*KEY).annotate(**sums))
            for is_of_all in (True, False)
        ]
        is_marked = ChangedTotal.objects.filter(hours=1, begins_at=hour).exists()
    return not is_marked and not all(_agree(real, each) for each in kept)


def _by_key(rows: Iterable[Sequence[Any]]) -> dict[Sequence[Any], dict[str, Any]]:
    width = len(KEY)
    return {
        (*row[:3], *map(bool, row[3:width])): dict(zip(SUMS, row[width:], strict=True))
        for row in rows
    }


def _agree(
    one: dict[Sequence[Any], dict[str, Any]], other: dict[Sequence[Any], dict[str, Any]]
) -> bool:
    """Milliseconds and fractions of a cent are rounded for each number by itself."""
    if one.keys() != other.keys():
        return False
    counts = ("calls", "talk_s", "timed", "uncosted")
    return all(
        all(sums[name] == other[key][name] for name in counts)
        and all(
            abs(float(sums[name]) - float(other[key][name])) <= 1e-5 * (1 + sums["calls"])
            for name in ("cost", "saved")
        )
        for key, sums in one.items()
    )


def _moment(value: Any) -> datetime:
    """SQLite tells neither the zone nor, in some statements, that it is a moment."""
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
