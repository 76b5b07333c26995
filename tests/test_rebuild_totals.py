"""The command that adds up all calls anew."""

import io
import sys
from typing import Any

import pytest
from django.core.management import call_command

from telephony.models import CallRecord, CallTotal
from telephony.records import store
from telephony.records.figures import read_all
from tests import make

pytestmark = pytest.mark.django_db


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def rebuild(monkeypatch: pytest.MonkeyPatch, err: io.StringIO) -> str:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", err)
    call_command("rebuild_totals", stdout=out, stderr=err)
    return out.getvalue()


def test_what_calls_come_to_is_made_anew_from_them(monkeypatch: Any) -> None:
    store.write(make.events("0 voice CallSid=CA1\n 0 voice CallSid=CA2"))
    rebuild(monkeypatch, io.StringIO())
    CallRecord.objects.filter(pk="CA1").delete()
    CallTotal.objects.update(calls=99)
    err = io.StringIO()
    # The call's hour, and that in which the day's total begins.
    assert rebuild(monkeypatch, err) == "Hours added up: 2.\n"
    assert err.getvalue() == ""
    assert read_all(None, None, {}).spans[0].calls == 1


def test_totals_of_calls_that_are_all_gone_go_too(monkeypatch: Any) -> None:
    store.write(make.events("0 voice"))
    rebuild(monkeypatch, io.StringIO())
    CallRecord.objects.all().delete()
    rebuild(monkeypatch, io.StringIO())
    assert not CallTotal.objects.exists()


def test_a_terminal_is_shown_how_far_it_is(monkeypatch: Any) -> None:
    store.write(make.events("0 voice CallSid=CA1\n 200000 voice CallSid=CA2"))
    err = Terminal()
    rebuild(monkeypatch, err)
    assert "[##############################] 100% " in err.getvalue()


def test_an_empty_log_is_no_trouble(monkeypatch: Any) -> None:
    assert rebuild(monkeypatch, io.StringIO()) == "Hours added up: 0.\n"
