"""What is kept in the tables, and how tables of earlier versions become those of this one."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from telephony.models import CallEvent, CallLeg, CallRecord
from telephony.records import store
from tests import make

BEFORE, AFTER = "0006_default_messages", "0009_add_call_details"
LATER = make.START + timedelta(seconds=5)
strip_secrets = import_module("telephony.migrations.0007_strip_secrets")


@pytest.mark.django_db
def test_a_leg_of_no_call_is_kept_and_makes_no_record():
    store.write([make.event("leg", ParentCallSid=None, CallSid="CAx", CallStatus="completed")])

    assert CallEvent.objects.get().call_sid == "CAx"
    assert not CallRecord.objects.exists()


@pytest.mark.django_db
def test_a_record_of_no_call_goes_when_it_is_made_again():
    store.write([make.event("leg", ParentCallSid=None, CallSid="CAx", CallStatus="completed")])
    CallRecord.objects.create(call_sid="CAx", started_at=make.START)

    assert store.rebuild(["CAx"]) == 0

    assert not CallRecord.objects.exists()


@pytest.mark.django_db
def test_each_answer_that_twilio_was_given_is_kept():
    first = make.event("voice", live=make.directory())
    store.write([first, make.event("voice", at_s=2)])
    store.write([make.event("voice", at_s=4)])

    assert [e.decision["verb"] for e in CallEvent.objects.all()] == ["reject", "dial"]
    assert CallRecord.objects.get().outcome == "ringing"


@pytest.mark.django_db
def test_what_is_missing_is_stored_as_codes_with_their_values():
    store.write(make.events("0 voice\n 9 status CallStatus=completed CallDuration=5"))

    assert CallRecord.objects.get().missing == [
        {"code": "leg-reports", "position": 1, "label": "myext"},
        {"code": "dial-end", "position": 1},
        {"code": "who-answered"},
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["answered_at", "ended_at"])
def test_no_record_can_end_or_be_answered_before_it_began(field):
    times = {"started_at": LATER, field: make.START}
    with pytest.raises(IntegrityError), transaction.atomic():
        CallRecord.objects.create(call_sid="CA1", **times)


@pytest.mark.django_db
def test_a_decision_of_an_earlier_version_becomes_the_same_record():
    """Stored before there were codes: the verb as `step`, a dial's values beside it."""
    for event in make.events("0 voice\n 9 voice/1 DialCallStatus=busy DialCallSid=CAleg1a"):
        store.write([event])
    before = CallRecord.objects.values().get()
    for row in CallEvent.objects.all():
        new = row.decision
        row.decision = {
            "step": new["verb"],
            "revision": 3,
            "reason": "a new call",
            "because": new.get("because"),
            "message": new.get("message", ""),
            **new.get("dial", {}),
        }
        row.save()

    store.rebuild([make.CALL_SID])

    assert CallRecord.objects.values().get() == before


def make_event_row(events, number: int, **params: list[str]):
    return events.objects.create(
        identity=str(number), kind="voice", call_sid="CA1", received_at=make.START, params=params
    )


@pytest.mark.django_db
def test_secrets_are_stripped_from_stored_webhooks_in_batches(monkeypatch):
    monkeypatch.setattr(strip_secrets, "ROWS_AT_ONCE", 2)
    for number in range(7):
        secret = {("CallToken", "StirPassportToken")[number % 2]: ["s"]} if number != 3 else {}
        make_event_row(CallEvent, number, From=["+1"], **secret)

    strip_secrets.strip_secrets(apps, None)

    assert [row.params for row in CallEvent.objects.all()] == [{"From": ["+1"]}] * 7


@pytest.mark.django_db(transaction=True)
def test_a_filled_database_of_the_version_before_is_upgraded():
    executor = MigrationExecutor(connection)
    executor.migrate([("telephony", BEFORE)])
    old = executor.loader.project_state([("telephony", BEFORE)]).apps
    make_event_row(old.get_model("telephony", "CallEvent"), 1, CallToken=["s"], From=["+1"])
    calls = old.get_model("telephony", "CallRecord").objects
    calls.create(call_sid="CA1", started_at=LATER, answered_at=make.START, ended_at=make.START)
    calls.create(call_sid="CA2", started_at=make.START, ended_at=LATER)
    old.get_model("telephony", "CallLeg").objects.create(call_id="CA1", label="Ana")

    executor = MigrationExecutor(connection)
    executor.migrate([("telephony", AFTER)])
    call_command("migrate", verbosity=0)

    first, second = CallRecord.objects.order_by("call_sid")
    assert first.answered_at == first.ended_at == first.started_at == LATER
    assert (second.ended_at, second.missing, second.verstat) == (LATER, [], "")
    assert CallEvent.objects.get().params == {"From": ["+1"]}
    assert CallLeg.objects.get().is_answered is False
