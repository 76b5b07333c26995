"""Finds the calls of some few parties: the newest of each, and of these the newest."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import connection
from django.db.models import Q

from telephony.models import CallRecord
from telephony.records.criteria import Blocks, Criteria, Found, Key, Way, key_of, sid_of

CALLS = CallRecord._meta.db_table
BLOCK_AT_MOST = 2_000
# A role and the text of one who has it.
Pair = tuple[str, str]


def find_named(
    pairs: Sequence[Pair],
    criteria: Criteria,
    way: Way,
    beyond: Key | None,
    at_most: int,
    seconds: float,
) -> Found:
    """Find the calls in which one of (role, text) stands, or whose SID is what is looked for."""
    others = criteria.others & Q(**criteria.exact)
    found: list[CallRecord] = []
    blocks = Blocks(4 * at_most if others else at_most, max(BLOCK_AT_MOST, at_most), seconds)
    while True:
        keys = find_keys(pairs, criteria, way, beyond, blocks.size)
        block = CallRecord.objects.filter(others, pk__in=[key.call_sid for key in keys])
        found += block.order_by(*way.order)[: at_most - len(found)]
        if len(found) == at_most or len(keys) < blocks.size:
            return Found(found, is_end=len(found) < at_most)
        beyond = keys[-1]
        if blocks.is_time_up():
            return Found(found, is_end=False, stopped=beyond)


def find_keys(
    pairs: Sequence[Pair], criteria: Criteria, way: Way, beyond: Key | None, at_most: int
) -> list[Key]:
    """Return the first keys, each once.

    Django has no words for it that SQLite understands: a union of queries with a limit each.
    """
    within, within_values = bounds(criteria, way, beyond)
    order = "started_at DESC, call_sid" if way.is_older else "started_at, call_sid DESC"
    limit = f"{order} LIMIT {at_most:d}"
    if connection.vendor == "postgresql":
        # In the very order of the indexes. Else it sorts all calls of whoever it thinks has few.
        limit = f"{order.split(',')[0]} FETCH FIRST {at_most:d} ROWS WITH TIES"
    queries, values = [], []
    for place, (where, its_values, sought) in enumerate(terms(pairs, criteria.text)):
        query = f"SELECT started_at, call_sid FROM {CALLS} WHERE {where}{within}"  # noqa: S608
        first = f"({query} ORDER BY {limit}) AS of{place}"
        queries.append(f"SELECT of{place}.* FROM {sought}{first}")  # noqa: S608
        values += [*its_values, *within_values]
    statement = f"{' UNION '.join(queries)} ORDER BY {order} LIMIT {at_most:d}"
    return [key_of(call) for call in CallRecord.objects.raw(statement, values)]


def terms(pairs: Sequence[Pair], text: str) -> Iterator[tuple[str, list[Any], str]]:
    """Yield conditions, their values, and what stands before the query that has them."""
    if connection.vendor == "postgresql":
        # It would plan each of hundreds of queries, and takes a millisecond for that.
        for role, some in groupby(pairs, key=itemgetter(0)):
            sought = "unnest(%s::text[]) AS sought(text) CROSS JOIN LATERAL "
            yield f"{role} = sought.text AND {role} > ''", [[t for _, t in some]], sought
    else:
        for role, of_role in pairs:
            # The second condition, written so, is that of the partial indexes.
            yield f"{role} = %s AND {role} > ''", [of_role], ""
    if sid := sid_of(text):
        # No digit of a SID comes after f.
        yield "call_sid >= %s AND call_sid < %s", [sid, f"{sid}g"], ""
    else:
        yield "call_sid = %s", [text.strip()], ""


def bounds(criteria: Criteria, way: Way, beyond: Key | None) -> tuple[str, list[Any]]:
    adapt = connection.ops.adapt_datetimefield_value
    conditions, values = "", []
    if criteria.since:
        conditions += " AND started_at >= %s"
        values.append(adapt(criteria.since))
    if criteria.until:
        conditions += " AND started_at < %s"
        values.append(adapt(criteria.until))
    if beyond:
        past, on = ("<", ">") if way.is_older else (">", "<")
        at = adapt(beyond.started_at)
        if beyond.call_sid:
            conditions += (
                f" AND started_at {past}= %s AND (started_at {past} %s OR call_sid {on} %s)"
            )
            values += [at, at, beyond.call_sid]
        else:
            conditions += f" AND started_at {past} %s"
            values.append(at)
    return conditions, values
