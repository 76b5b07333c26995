"""The statement that adds up calls: for the totals that are kept, and for what is looked at call by call."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from telephony.models import CallLeg, CallRecord

# What calls of one row have in common, and what is added up of them.
KEY = ("outcome", "taken_by", "currency", "failed_over", "is_simulated")
SUMS = ("calls", "talk_s", "answer_ms", "timed", "cost", "saved", "uncosted")
CALLS, LEGS = (each._meta.db_table for each in (CallRecord, CallLeg))
_MS = {
    "postgresql": "EXTRACT(EPOCH FROM answered_at - started_at) * 1000",
    "sqlite": "(julianday(answered_at) - julianday(started_at)) * 86400000",
}
_WHOLE = {"postgresql": "CAST(ROUND({}) AS bigint)", "sqlite": "CAST(ROUND({}) AS INTEGER)"}


def alike(
    since: datetime,
    until: datetime,
    key: Sequence[str],
    *,
    called: str | None = None,
    at_most: int | None = None,
) -> tuple[str, list[Any]]:
    """Return a statement that adds up the calls that began in a span, and its values: key, then SUMS."""
    where, values = "started_at >= %s AND started_at < %s", [adapt(since), adapt(until)]
    if called is not None:
        where, values = f"{where} AND called = %s", [*values, called]
    limit = "" if at_most is None else f"ORDER BY started_at LIMIT {at_most:d}"
    ms = _MS[connection.vendor]
    statement = f"""
        SELECT {", ".join(key)}, COUNT(*) AS calls, COALESCE(SUM(talk_s), 0) AS talk_s,
            {_WHOLE[connection.vendor].format(f"COALESCE(SUM({ms}), 0)")} AS answer_ms,
            COUNT(answered_at) AS timed,
            ROUND(COALESCE(SUM(cost), 0), 5) AS cost, ROUND(COALESCE(SUM(saved), 0), 5) AS saved,
            COUNT(CASE WHEN cost IS NULL AND outcome <> 'ringing' THEN 1 END) AS uncosted
        FROM (
            SELECT one.*, one.dials > 1 AS failed_over, CASE
                WHEN one.outcome = 'ringing' THEN 'going-on'
                WHEN one.outcome = 'unknown' THEN 'unknown'
                WHEN one.outcome NOT IN ('answered', 'failed-over') THEN 'nobody'
                WHEN leg.destination_key LIKE 'endpoint:%%' THEN 'asterisk'
                WHEN leg.destination_key LIKE 'fallback:%%' THEN 'fallback'
                ELSE 'unknown' END AS taken_by
            FROM (
                SELECT call_sid, called, outcome, dials, started_at, answered_at, talk_s, cost,
                    saved, currency, is_simulated
                FROM {CALLS} WHERE {where} {limit}
            ) AS one LEFT JOIN {LEGS} AS leg ON leg.call_id = one.call_sid AND leg.is_answered
        ) AS known GROUP BY {", ".join(key)}"""  # noqa: S608  only names of tables and columns
    return statement, values


def adapt(moment: datetime) -> Any:
    """Return a moment as a statement of one's own has to give it."""
    return connection.ops.adapt_datetimefield_value(moment)
