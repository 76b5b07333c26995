"""The manual's statements delete who has no call any more, and nobody else."""

from pathlib import Path

import pytest
from django.db import connection

from telephony.models import CallParty, CallRecord
from telephony.records import store
from tests import make

MANUAL = Path(__file__).resolve().parents[2] / "docs/calls.md"
GONE = {"CallerName": "Gone", "ForwardedFrom": "05099999999", "From": "+33344433344"}


@pytest.mark.django_db
def test_the_statements_of_the_manual_delete_who_has_no_call_any_more() -> None:
    store.write(make.events("0 voice\n 9 voice/1 DialCallStatus=completed DialCallDuration=3"))
    store.write([make.event("voice", CallSid="CAgone", **GONE)])
    kept = set(CallParty.objects.filter(text__in=(make.CALLER, make.NUMBER, "myext")))
    CallRecord.objects.filter(pk="CAgone").delete()
    statements = MANUAL.read_text().split("```sql\n")[1].split("```")[0].split(";")
    with connection.cursor() as cursor:
        for statement in filter(str.strip, statements):
            cursor.execute(statement)
    assert set(CallParty.objects.all()) == kept
    assert len(kept) == 3
