"""Decides whether a number is silent: it usually has had calls by this time of day, and today none."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from statistics import median_low

# Of how many weeks the same day is looked at.
WEEKS = 8

Span = tuple[datetime, datetime]


def spans(now: datetime, zone: tzinfo) -> list[Span]:
    """Return today up to now, and the same part of this weekday in the last weeks, latest first.

    By the clock on the wall: where it is changed, a span is an hour shorter or longer.
    """
    here = now.astimezone(zone).replace(tzinfo=None)
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
    weeks = [timedelta(weeks=week) for week in range(1, WEEKS + 1)]
    past = [((midnight - w).replace(tzinfo=zone), (here - w).replace(tzinfo=zone)) for w in weeks]
    return [(midnight.replace(tzinfo=zone), now), *past]


def usual(counts: Sequence[int]) -> int:
    """Return the median: neither a holiday nor a day of many calls changes it."""
    return median_low(counts)


def is_silent(today: int, counts: Sequence[int], at_least: int) -> bool:
    """Whether there is no call today, though by now there usually are `at_least`."""
    return today == 0 and usual(counts) >= at_least
