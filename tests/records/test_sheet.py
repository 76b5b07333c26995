"""CSV for spreadsheets: numbers stay numbers, and nobody's name becomes a formula."""

import csv
import io
from datetime import UTC, timedelta

import pytest

from telephony.models import CallRecord
from telephony.records.criteria import Criteria
from telephony.records.sheet import COLUMNS, safe, sheet
from tests import make


@pytest.mark.parametrize("text", ["+12025550143", "", "anonymous", "Ana García", "sip:a@b.example"])
def test_a_number_and_a_plain_text_stay_as_they_are(text: str) -> None:
    assert safe(text) == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "\t'=1"),
        ("  =1", "  '=1"),
        ("\uff1d1+1", "'\uff1d1+1"),
        # Whoever separates by semicolons or tabs would begin a cell here.
        ("x;=1", "x;'=1"),
        ("x\t@a", "x\t'@a"),
        ("x\r\n-a", "x\r\n'-a"),
        ("+12025550143\n", "'+12025550143\n"),
    ],
)
def test_what_a_spreadsheet_takes_for_a_formula_becomes_text(text: str, written: str) -> None:
    assert safe(text) == written


@pytest.mark.django_db
def test_all_calls_are_written_the_newest_first_and_few_at_once() -> None:
    calls = [
        CallRecord(
            call_sid=f"CA{n:04}", started_at=make.START + timedelta(seconds=n), caller_name="=x"
        )
        for n in range(2_500)
    ]
    CallRecord.objects.bulk_create(calls)
    parts = list(sheet(Criteria(), UTC))
    assert [len(calls) for calls, _ in parts] == [0, 2_000, 500]
    text = "".join(text for _, text in parts)
    head, *rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    assert len(head) == len(COLUMNS)
    assert [row[-1] for row in rows] == [f"CA{n:04}" for n in reversed(range(2_500))]
    assert {row[2] for row in rows} == {"'=x"}
