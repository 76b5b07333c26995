"""`manage.py export_calls`: the same calls as the log's list finds, as CSV."""

import csv
import io
import os
import pty
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from telephony.models import CallRecord
from telephony.records import trigrams
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def calls() -> None:
    for place, outcome in enumerate(("answered", "busy", "answered")):
        CallRecord.objects.create(
            call_sid=f"CA{place}",
            caller=make.CALLER,
            outcome=outcome,
            started_at=make.START + timedelta(days=place),
        )
    trigrams.add([("caller", make.CALLER, "12025550143")])


def export(*words: str) -> tuple[list[str], str]:
    """Return the SIDs that were written, and what was told beside them."""
    output, told = io.StringIO(), io.StringIO()
    call_command("export_calls", *words, stdout=output, stderr=told)
    return sids(output.getvalue()), told.getvalue()


def sids(text: str) -> list[str]:
    return [row["call SID"] for row in csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))]


def test_without_filters_all_calls_are_written() -> None:
    assert export() == (["CA2", "CA1", "CA0"], "Calls written: 3.\n")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--outcome", "busy"], ["CA1"]),
        (["--since", "2026-11-03", "--until", "2026-11-03"], ["CA1"]),
        (["--search", "202-555-0143", "--outcome", "answered"], ["CA2", "CA0"]),
        (["--failed-over", "yes"], []),
    ],
)
def test_the_filters_of_the_list_narrow_it(words: list[str], found: list[str]) -> None:
    assert export(*words)[0] == found


def test_it_writes_a_file(tmp_path: Path) -> None:
    file = tmp_path / "calls.csv"
    assert export("--output", str(file))[0] == []
    assert sids(file.read_text("utf-8")) == ["CA2", "CA1", "CA0"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--since", "yesterday"], "--since: Write a day that there is, such as 2026-11-24."),
        (["--cost-from", "x"], "--cost-from: Enter a number."),
        (["--output", "/nowhere/calls.csv"], "/nowhere/calls.csv: No such file or directory"),
    ],
)
def test_what_is_wrong_is_told(words: list[str], told: str) -> None:
    with pytest.raises(CommandError, match=told):
        export(*words)


def test_on_a_terminal_it_tells_how_far_it_has_come() -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as terminal:
        call_command("export_calls", stdout=io.StringIO(), stderr=terminal)
        told = os.read(ours, 1000).decode()
    os.close(ours)
    assert "3 calls, back to 2026-11-02" in told
