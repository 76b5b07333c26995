"""Finds calls in the log, newest first, however many there are.

A page is asked for by the key of the call before it, so no call is counted or skipped over. What has
an index (a number, a caller, who answered, a time, a part of a number or name) is found at once.
Everything else is looked for in blocks of the newest calls, for as long as the caller of `find` has
time; what is returned says how far it came.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from telephony.models import CallRecord
from telephony.records import trigrams
from telephony.records.criteria import Blocks, Criteria, Found, Key, Way, key_of, sid_of, spellings
from telephony.records.named import find_named
from telephony.records.parties import ROLES

# More than this have a part in common that is so frequent that the newest calls have it too.
PARTIES_AT_MOST = 300
# Calls in the first block, which then grow with the time that is left, and in any block.
FIRST_BLOCK, BLOCK_AT_MOST = 1_000, 50_000


def find(
    criteria: Criteria,
    *,
    beyond: Key | None = None,
    is_older: bool = True,
    at_most: int,
    seconds: float = float("inf"),
) -> Found:
    """Find calls older than a key, or newer than it and then the oldest of them first."""
    way = Way(is_older)
    parts = spellings(criteria.text) if criteria.text else []
    pairs = find_parties(parts)
    if pairs is None:
        criteria = scanned(criteria, parts)
    elif parts:
        return find_named(pairs, criteria, way, beyond, at_most, seconds)
    return find_in_order(criteria, way, beyond, at_most, seconds)


def walk(criteria: Criteria, at_once: int = 2_000) -> Iterator[list[CallRecord]]:
    """Yield all calls, the newest first, in memory for only so many at once."""
    beyond, is_end = None, False
    while not is_end:
        found = find(criteria, beyond=beyond, at_most=at_once)
        is_end = found.is_end
        if found.calls:
            yield found.calls
            beyond = key_of(found.calls[-1])


def find_in_order(
    criteria: Criteria, way: Way, beyond: Key | None, at_most: int, seconds: float
) -> Found:
    calls, others = indexed(criteria)
    if not others:
        rest = calls.filter(way.beyond(beyond)) if beyond else calls
        found = list(rest.order_by(*way.order)[:at_most])
        return Found(found, is_end=len(found) < at_most)
    return scan(calls, others, way, beyond, at_most, seconds)


def scan(
    calls: QuerySet[CallRecord],
    others: Q,
    way: Way,
    beyond: Key | None,
    at_most: int,
    seconds: float,
) -> Found:
    found: list[CallRecord] = []
    blocks = Blocks(FIRST_BLOCK, BLOCK_AT_MOST, seconds)
    while True:
        rest = calls.filter(way.beyond(beyond)) if beyond else calls
        # Of the moments alone, because all indexes have them.
        moments = rest.order_by(way.order[0]).values_list("started_at", flat=True)
        edge = next(iter(moments[blocks.size - 1 : blocks.size]), None)
        block = rest.filter(others, *([] if edge is None else [way.up_to(edge)]))
        found += block.order_by(*way.order)[: at_most - len(found)]
        if len(found) == at_most or edge is None:
            return Found(found, is_end=len(found) < at_most)
        beyond = Key(edge)
        if blocks.is_time_up():
            return Found(found, is_end=False, stopped=beyond)


def indexed(criteria: Criteria) -> tuple[QuerySet[CallRecord], Q]:
    """Return the calls that one index finds, and the conditions that are left."""
    calls, others = CallRecord.objects.all(), criteria.others
    if criteria.since:
        calls = calls.filter(started_at__gte=criteria.since)
    if criteria.until:
        calls = calls.filter(started_at__lt=criteria.until)
    for place, (role, text) in enumerate(criteria.exact.items()):
        if place == 0:
            # As the index is partial, SQLite takes it only if this is said too.
            partial = {"answered_by__gt": ""} if role == "answered_by" else {}
            calls = calls.filter(**{role: text}, **partial)
        else:
            others &= Q(**{role: text})
    return calls, others


def find_parties(parts: list[str]) -> list[tuple[str, str]] | None:
    """Return (role, text) of all who have one of the parts, or None if they are too many to name."""
    if any(len(part) < trigrams.SHORTEST for part in parts) or not trigrams.has_index():
        return None
    found = {pair for part in parts for pair in trigrams.find(part, PARTIES_AT_MOST + 1)}
    return sorted(found) if len(found) <= PARTIES_AT_MOST else None


def scanned(criteria: Criteria, parts: list[str]) -> Criteria:
    """Return criteria that look for the text in each call."""
    conditions = [Q(**{f"{role}__icontains": part}) for role in ROLES for part in parts]
    if sid := sid_of(criteria.text):
        conditions.append(Q(call_sid__startswith=sid))
    return replace(criteria, text="", others=criteria.others & reduce(or_, conditions))
