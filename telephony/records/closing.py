"""Closes calls whose end was never heard: no call lasts that long.

A closed call is an event like any other, so a record that is made again is closed too; a late
webhook outweighs it.
"""

from datetime import datetime, timedelta

from telephony.models import CallRecord
from telephony.models.choices import CallOutcome
from telephony.records import store
from telephony.records.event import Event
from telephony.wire.paths import Kind

# No call of ours lasts this long: every dial is limited to at most four hours.
LONGEST_CALL = timedelta(hours=6)
BATCH = 200


def close_stale_calls(now: datetime) -> int:
    """Close the calls that began too long ago to be going on; return how many. Raises DatabaseError."""
    stale = CallRecord.objects.filter(
        outcome=CallOutcome.RINGING, started_at__lt=now - LONGEST_CALL
    ).order_by("started_at")
    count = 0
    while rows := list(stale.values_list("pk", "account_sid")[:BATCH]):
        store.write([_closing(sid, account, now) for sid, account in rows])
        count += len(rows)
    return count


def _closing(sid: str, account_sid: str, now: datetime) -> Event:
    return Event(
        identity=Kind.CLOSED.value,
        kind=Kind.CLOSED,
        call_sid=sid,
        leg_sid="",
        account_sid=account_sid,
        position=None,
        index=None,
        received_at=now,
        params={},
    )
