"""Call records as CSV for spreadsheets, in which no caller's name becomes a formula."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo

from telephony.bulk.cells import safe
from telephony.bulk.tables import BYTE_ORDER_MARK
from telephony.models import CallRecord
from telephony.models.choices import CallOutcome
from telephony.records.criteria import Criteria
from telephony.records.search import walk

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


def local(moment: datetime | None, zone: tzinfo) -> str:
    return moment.astimezone(zone).isoformat(" ")[:19] if moment else ""
