"""Writers who store the events of one call at the same time; on SQLite and on PostgreSQL."""

import threading
from collections.abc import Callable, Sequence

import pytest
from django.db import connections

from telephony.models import CallEvent, CallLeg, CallRecord
from telephony.records import store
from telephony.records.event import Event
from telephony.records.gaps import parse_gap
from telephony.records.projection import project
from telephony.records.store import LEG_FIELDS
from tests import make
from tests.records.tables import CALLS, TOGETHER

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 8
LIVE, TEXT, _ = CALLS["failed over to the mobile"]
EVENTS = make.events(TEXT, LIVE)


def at_once(*jobs: Callable[[], None]) -> None:
    """Run each job in a thread and with a connection of its own; all begin together."""
    barrier, errors = threading.Barrier(len(jobs)), []

    def run(job: Callable[[], None]) -> None:
        try:
            barrier.wait(10)
            job()
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []


def one_by_one(events: Sequence[Event]) -> Callable[[], None]:
    return lambda: [store.write([event]) for event in events]


def assert_all_is_there(events: Sequence[Event]) -> None:
    expected = project(events)
    record = CallRecord.objects.get(pk=expected.call_sid)
    names = [name for name in store.CALL_FIELDS if name not in ("call_sid", "missing")]
    assert CallEvent.objects.filter(call_sid=record.pk).count() == len(events)
    assert [getattr(record, n) for n in names] == [getattr(expected, n) for n in names]
    assert tuple(map(parse_gap, record.missing)) == expected.missing
    legs = list(CallLeg.objects.filter(call=record).values_list(*LEG_FIELDS))
    assert legs == [tuple(getattr(leg, name) for name in LEG_FIELDS) for leg in expected.legs]


@pytest.mark.parametrize("round_", range(3))
def test_each_writer_stores_other_events_of_the_same_call(round_):
    shares = [EVENTS[place::WRITERS] for place in range(WRITERS)]

    at_once(*(one_by_one(share) for share in shares if share))

    assert_all_is_there(EVENTS)


def test_all_writers_store_the_same_events_in_other_orders():
    at_once(*(one_by_one(EVENTS[n:] + EVENTS[:n]) for n in range(WRITERS)))

    assert_all_is_there(EVENTS)


def test_batches_of_several_calls_do_not_wait_for_each_other():
    calls = [make.events(TEXT_OF.format(f"CA{n}"), TOGETHER) for n in range(6)]
    batches = [[call[n % 4] for call in calls] for n in range(WRITERS)]
    batches = [batch if n % 2 else batch[::-1] for n, batch in enumerate(batches)]

    at_once(*(lambda batch=batch: store.write(batch) for batch in batches))

    for call in calls:
        assert_all_is_there(call)


TEXT_OF = """
    0  voice   CallSid={0}
    1  leg/1/0 CallSid={0}a ParentCallSid={0} CallStatus=ringing
    25 voice/1 CallSid={0}  DialCallStatus=no-answer DialCallSid={0}a
    30 status  CallSid={0}  CallStatus=completed CallDuration=5
"""


def test_a_record_is_made_again_while_its_events_come_in():
    at_once(one_by_one(EVENTS), *[lambda: store.rebuild([make.CALL_SID])] * 3)

    store.write(EVENTS[:1])
    assert_all_is_there(EVENTS)
