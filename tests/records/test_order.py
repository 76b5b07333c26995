"""The record of a call does not depend on the order, the batches or the repetition of its events."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telephony.models import CallEvent, CallLeg, CallRecord
from telephony.records import store
from telephony.records.event import Event
from telephony.records.projection import project
from tests import make
from tests.records.tables import CALLS

RECORDED = {name: make.events(text, live) for name, (live, text, _) in CALLS.items()}
names = st.sampled_from(sorted(RECORDED))


@given(st.data(), names)
def test_order_and_repetition_do_not_change_a_record(data, name):
    events = RECORDED[name]
    repeated = data.draw(st.lists(st.sampled_from(events), max_size=5))

    assert project(data.draw(st.permutations(events + repeated))) == project(events)


@given(st.data(), names)
def test_what_is_known_after_some_events_does_not_depend_on_their_order(data, name):
    some = data.draw(st.lists(st.sampled_from(RECORDED[name]), min_size=1))

    assert project(some) == project(some[::-1])


def rows() -> list[list[tuple]]:
    """Everything in the three tables but the rows' own keys."""
    fields = [field.name for field in CallLeg._meta.fields if field.name != "id"]
    return [
        sorted(CallEvent.objects.values_list("call_sid", "identity", "received_at")),
        list(CallRecord.objects.values_list()),
        list(CallLeg.objects.values_list(*fields)),
    ]


def stored(batches: Iterable[list[Event]]) -> list[list[tuple]]:
    """What is in the tables once these batches are written; they are empty again afterwards."""
    with transaction.atomic():
        for batch in batches:
            store.write(batch)
        written = rows()
        transaction.set_rollback(True)
    return written


@pytest.mark.django_db
@given(st.data(), names)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_batches_and_their_order_do_not_change_the_rows(data, name):
    events = RECORDED[name]
    repeated = data.draw(st.lists(st.sampled_from(events), max_size=4))
    shuffled = data.draw(st.permutations(events + repeated))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(shuffled)), max_size=4)))
    batches = [shuffled[a:b] for a, b in zip([0, *cuts], [*cuts, len(shuffled)], strict=True)]

    assert stored(filter(None, batches)) == stored([events])


@pytest.mark.django_db
def test_calls_written_together_are_those_written_alone():
    text = "0 voice CallSid={0}\n 9 voice/1 CallSid={0} DialCallStatus=busy"
    one, two = (make.events(text.format(sid)) for sid in ("CAone", "CAtwo"))

    assert stored([[one[0], two[1], two[0], one[1]]]) == stored([one, two])


@pytest.mark.django_db
@pytest.mark.parametrize("name", RECORDED)
def test_a_record_made_again_is_the_same(name):
    store.write(RECORDED[name])
    before = rows()
    CallRecord.objects.all().delete()

    store.rebuild([make.CALL_SID])

    assert rows() == before


@pytest.mark.django_db
def test_the_first_writing_of_a_webhook_stays():
    first, again = make.event("voice", CallerName="Ana"), make.event("voice", CallerName="Eva")

    store.write([first])
    store.write([again, again])

    assert CallEvent.objects.get().params["CallerName"] == ["Ana"]


@pytest.mark.django_db
@pytest.mark.parametrize("later_s", [-9, 9])
def test_a_retry_changes_nothing_whenever_it_came(later_s):
    first = make.event("voice", at_s=10)
    store.write([first])
    before = rows()

    store.write([replace(first, received_at=first.received_at + timedelta(seconds=later_s))])

    assert rows() == before


@pytest.mark.django_db
def test_sums_are_kept_to_the_last_digit():
    live = make.directory(make.number(make.sip(rate=Decimal("0.00123")), make.mobile()))
    ended = "voice/1 CallStatus=in-progress DialCallStatus=completed DialCallDuration=61"
    store.write(make.events(f"0 voice\n 61 {ended}", live))

    assert str(CallRecord.objects.get().cost) == "0.00246"
