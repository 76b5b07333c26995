"""What an alert says, whatever others have called their things."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.health.alerts.judging import MOMENTARY, Alert, Code, Phase
from telephony.health.alerts.words import DETAILS, LISTED, TITLES, make_message, one_line
from tests.floors import ROOT

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
VALUES = {
    "label": "office",
    "host": "panel1",
    "reason": "OperationalError: gone",
    "bytes": 1500,
    "account": "AC1",
    "count": 3,
    "usual": 12,
    "sids": ["CA1"],
    "calls": [{"caller": "+12025550143", "called": "+12025550100", "url": "https://p/1"}],
    "page": "/admin/",
}


def alert(code: Code, **values: object) -> Alert:
    return Alert(
        code=code,
        subject="1",
        since=NOW,
        values={**VALUES, **values},
        holds=False,
        turned_at=NOW + timedelta(minutes=55),
        begun_at=NOW,
        over_at=NOW + timedelta(hours=1),
    )


def message(code: Code, phase: Phase = Phase.BEGUN, **values: object):
    zone = ZoneInfo("America/Montevideo")
    return make_message(alert(code, **values), phase, "https://p", zone)


@pytest.mark.parametrize("code", Code)
def test_every_state_has_words_a_row_in_the_document_and_a_page(code):
    phases = [Phase.BEGUN] if code in MOMENTARY else list(Phase)
    # How many calls were missed, and which, is no one sentence.
    if code is not Code.MISSED_CALL:
        assert set(TITLES[code]) == set(phases)
        assert code in DETAILS
    assert f"\n| `{code}` |" in (ROOT / "docs/alerts.md").read_text()
    for phase in phases:
        assert message(code, phase).url == "https://p/admin/"


def test_what_begins_says_what_to_do_and_what_is_over_says_from_when_to_when():
    begun, over = (message(Code.SILENCE, phase, label="Sales") for phase in Phase)

    assert begun.title == "No call for Sales today"
    assert "it usually has had 12 calls by now" in begun.text
    assert "It began at 2026-11-24 09:00:00 -03." in begun.text
    assert over.title == "The silence on Sales is over"
    assert "It was over at 2026-11-24 09:55:00 -03." in over.text
    assert begun.id != over.id


@given(st.text())
def test_no_name_begins_a_line_or_turns_the_text_around_it(name):
    plain = one_line(name)

    assert plain.splitlines() in ([], [plain])
    assert not set("\r\n\t\x00\u202e\u2028\x1b") & set(plain)
    assert len(plain) <= 200


@given(st.text(), st.sampled_from(list(Code)))
def test_a_title_is_one_line(name, code):
    values = dict.fromkeys(("label", "host", "account", "reason"), name)

    assert len(message(code, **values).title.splitlines()) == 1
    assert message(code, **values).text.count("\n") == message(code).text.count("\n")


def test_missed_calls_are_listed_up_to_twenty():
    calls = [{"caller": f"+1202555{n:04}", "called": "+1", "url": f"u{n}"} for n in range(LISTED)]
    told = message(Code.MISSED_CALL, sids=["CA"] * 23, calls=calls)

    assert told.title == "Nobody answered 23 calls"
    assert told.text.count(" called ") == 20
    assert "+12025550019 called +1: u19\nand 3 more\n" in told.text
    assert "It began" not in told.text


def test_a_missed_call_of_an_unknown_caller_says_so():
    told = message(Code.MISSED_CALL, calls=[{"caller": "", "called": "+1", "url": "u"}])

    assert (told.title, "An" in told.title) == ("Nobody answered a call", False)
    assert "an unknown caller called +1: u" in told.text
