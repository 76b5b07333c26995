"""Call records as CSV for spreadsheets, in which no caller's name becomes a formula."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo

from telephony.models import CallRecord
from telephony.models.choices import CallOutcome
from telephony.records.criteria import Criteria
from telephony.records.search import walk

# With it Excel reads UTF-8.
BYTE_ORDER_MARK = "\ufeff"
# A number is not a formula, though it begins like one; without its + it would be another.
NUMBER = re.compile(r"\+?[0-9]*")
# What makes a formula of a cell, also where a spreadsheet that separates by semicolons or tabs
# begins one in the middle of ours.
FORMULA = re.compile(r"(^|[;,|\t\r\n])(\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
# Without any of these there is nothing to look for.
SIGNS = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
OUTCOMES = dict(CallOutcome.choices)
COLUMNS = (
    "started",
    "caller",
    "caller's name",
    "forwarded from",
    "number (DID)",
    "outcome",
    "answered by",
    "dials",
    "answered",
    "ended",
    "talk (s)",
    "cost",
    "saved",
    "currency",
    "caller ID check",
    "missing",
    "rehearsed",
    "call SID",
)


def sheet(criteria: Criteria, here: tzinfo) -> Iterator[tuple[list[CallRecord], str]]:
    """Yield the head, and then calls with their lines, the newest first, for so many at once."""
    zone = f" ({here})"
    timed = [name + zone if name in ("started", "answered", "ended") else name for name in COLUMNS]
    yield [], BYTE_ORDER_MARK + lines([timed])
    for calls in walk(criteria):
        yield calls, lines(cells(call, here) for call in calls)


def lines(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def cells(call: CallRecord, zone: tzinfo) -> list[str]:
    return [
        local(call.started_at, zone),
        safe(call.caller),
        safe(call.caller_name),
        safe(call.forwarded_from),
        safe(call.called),
        OUTCOMES.get(call.outcome, call.outcome),
        safe(call.answered_by),
        str(call.dials),
        local(call.answered_at, zone),
        local(call.ended_at, zone),
        "" if call.talk_s is None else str(call.talk_s),
        "" if call.cost is None else f"{call.cost:f}",
        "" if call.saved is None else f"{call.saved:f}",
        call.currency,
        safe(call.verstat),
        " ".join(gap["code"] for gap in call.missing),
        "yes" if call.is_simulated else "",
        safe(call.call_sid),
    ]


def safe(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: an apostrophe stands before it."""
    if SIGNS.isdisjoint(text) or NUMBER.fullmatch(text):
        return text
    return FORMULA.sub(r"\1\2'", text)


def local(moment: datetime | None, zone: tzinfo) -> str:
    return moment.astimezone(zone).isoformat(" ")[:19] if moment else ""
