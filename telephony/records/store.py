"""Writes events, and the records that follow from them, into the database in one transaction."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any

import orjson
from django.conf import settings
from django.db import connection, transaction
from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils import timezone

from telephony.models import CallEvent, CallLeg, CallRecord
from telephony.records.decision import dump_decision, parse_decision
from telephony.records.event import Event
from telephony.records.gaps import dump_gap
from telephony.records.legs import LegFacts
from telephony.records.parties import remember
from telephony.records.projection import CallFacts, project
from telephony.records.table import insert_new, upsert
from telephony.records.totals import mark, mark_calls
from telephony.wire.paths import Kind

# Seconds that one statement may take, and a writer between two of them. No batch takes one.
STATEMENT_S = 5
# Calls named in one statement: some databases take 999 values.
DELETED_AT_ONCE = 500

_EVENT_VALUES = tuple(f.name for f in fields(Event) if f.name not in ("kind", "decision"))
EVENT_FIELDS = ("kind", *_EVENT_VALUES, "decision")
# JSON is read as text: Django's way takes three times as long to read it.
_JSON = ("params", "decision")
_EVENT_COLUMNS = tuple(Cast(n, TextField()) if n in _JSON else n for n in EVENT_FIELDS)
_CALL_VALUES = tuple(f.name for f in fields(CallFacts) if f.name not in ("legs", "missing"))
CALL_FIELDS = (*_CALL_VALUES, "missing")
NO_COLUMNS = ("answered_at", "is_without_key")
LEG_FIELDS = tuple(field.name for field in fields(LegFacts) if field.name not in NO_COLUMNS)
_event_values = attrgetter(*_EVENT_VALUES)
_call_values = attrgetter(*_CALL_VALUES)
_leg_values = attrgetter(*LEG_FIELDS)


def write(events: Sequence[Event]) -> None:
    """Store the events that are new and project their calls again. Raises DatabaseError."""
    sids = sorted({event.call_sid for event in events})
    # A statement must not meet the same event twice.
    by_key = {(event.call_sid, event.identity): event for event in reversed(events)}
    with transaction.atomic():
        _lock(sids)
        # Read before the new ones are inserted, which would all be parsed again.
        calls = load_events(sids)
        known = {(sid, event.identity) for sid, stored in calls.items() for event in stored}
        new = [event for key, event in by_key.items() if key not in known]
        insert_new(CallEvent, EVENT_FIELDS, list(map(_row_of_event, new)))
        for event in new:
            calls[event.call_sid].append(event)
        _project(calls)


def probe() -> None:
    """Store a made-up call and delete it again, in one transaction. Raises whatever the database says.

    It is committed, because a full disk is noticed only then; nobody ever sees it.
    """
    sid = f"CAprobe{uuid.uuid4().hex}"
    with transaction.atomic():
        write(_make_up_call(sid))
        delete_calls([sid])


def delete_calls(sids: Collection[str]) -> int:
    """Delete all that is stored of these calls; return how many records there were."""
    ordered, deleted = sorted(sids), 0
    for begin in range(0, len(ordered), DELETED_AT_ONCE):
        some = ordered[begin : begin + DELETED_AT_ONCE]
        mark_calls(some)
        CallLeg.objects.filter(call__in=some).delete()
        deleted += CallRecord.objects.filter(pk__in=some).delete()[0]
        CallEvent.objects.filter(call_sid__in=some).delete()
    return deleted


def _make_up_call(sid: str) -> list[Event]:
    """Webhooks that become a row in each table."""
    told = {Kind.VOICE: {"CallStatus": ["ringing"]}, Kind.LEG: {"ParentCallSid": [sid]}}
    return [
        Event(
            identity=kind.value,
            kind=kind,
            call_sid=sid,
            leg_sid=f"{sid}leg"[:64] if kind is Kind.LEG else "",
            account_sid="",
            position=None,
            index=None,
            received_at=timezone.now(),
            params=params,
        )
        for kind, params in told.items()
    ]


def rebuild(sids: Collection[str]) -> int:
    """Make the records of these calls again from their events; return how many. Raises DatabaseError."""
    with transaction.atomic():
        _lock(sorted(sids))
        mark_calls(list(sids))
        CallLeg.objects.filter(call__in=sids).delete()
        CallRecord.objects.filter(pk__in=sids).delete()
        return _project(load_events(sids))


def load_events(sids: Collection[str]) -> dict[str, list[Event]]:
    """Return call SID -> its events, in no order."""
    by_call: dict[str, list[Event]] = defaultdict(list)
    stored = CallEvent.objects.filter(call_sid__in=sids).order_by()
    for row in stored.values_list(*_EVENT_COLUMNS):
        event = _event_of(row)
        by_call[event.call_sid].append(event)
    return by_call


def _row_of_event(event: Event) -> tuple[Any, ...]:
    """The values of EVENT_FIELDS as the table has them."""
    decision = event.decision and dump_decision(event.decision)
    return (event.kind.value, *_event_values(event), decision)


def _row_of_call(call: CallFacts) -> tuple[Any, ...]:
    """The values of CALL_FIELDS as the table has them."""
    return (*_call_values(call), list(map(dump_gap, call.missing)))


def _event_of(row: Sequence[Any]) -> Event:
    values = dict(zip(EVENT_FIELDS, row, strict=True))
    values["kind"] = Kind(values["kind"])
    values["params"] = orjson.loads(values["params"])
    values["decision"] = values["decision"] and parse_decision(orjson.loads(values["decision"]))
    return Event(**values)


def _lock(sids: Sequence[str]) -> None:
    """Let no other writer project these calls until this one has committed.

    In READ COMMITTED two writers would each miss the other's event. The SIDs are sorted, so
    that two batches cannot wait for each other. SQLite has one writer at a time anyway.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        # Without the lock in time, the batch stays in its journal and is tried again.
        cursor.execute(
            f"SET LOCAL lock_timeout = '{settings.DATABASE_TIMEOUT_S}s';"
            f"SET LOCAL statement_timeout = '{STATEMENT_S}s';"
            # Of a machine that is gone the server would keep the locks for hours.
            f"SET LOCAL idle_in_transaction_session_timeout = '{STATEMENT_S}s'"
        )
        for sid in sids:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [sid])


def _project(events: dict[str, list[Event]]) -> int:
    calls = [call for call in map(project, events.values()) if call is not None]
    upsert(CallRecord, CALL_FIELDS, list(map(_row_of_call, calls)), unique="call_sid")
    with_legs = [call for call in calls if call.legs]
    if with_legs:
        CallLeg.objects.filter(call__in=[call.call_sid for call in with_legs]).delete()
        rows = [(call.call_sid, *_leg_values(leg)) for call in with_legs for leg in call.legs]
        insert_new(CallLeg, ("call", *LEG_FIELDS), rows)
    remember(calls)
    # A call begins, and began as it was stored before, when one of its webhooks came.
    mark(event.received_at for some in events.values() for event in some)
    return len(calls)
