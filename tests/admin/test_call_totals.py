"""What stands above the call log's list: exact where calls are added up, and else called reckoned."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from telephony.admin import calltotals
from telephony.models import CallRecord
from telephony.records.totals import add_up, mark_all
from tests import make
from tests.admin.conftest import page, text

START = timezone.now() - timedelta(days=40)


@pytest.fixture
def many(db: None) -> None:
    """A thousand calls, a tenth of them by Ana; every fifth was busy."""
    rows = [
        CallRecord(
            call_sid=f"CA{place:032x}",
            caller="+12025551143" if place % 10 == 0 else f"+1202555{place:04}",
            called=make.NUMBER,
            caller_name="Ana" if place % 10 == 0 else "",
            outcome="busy" if place % 5 == 0 else "answered",
            started_at=START + timedelta(minutes=50 * place),
            talk_s=None if place % 5 == 0 else 60,
            cost="0.15",
            saved="0.20",
            currency="USD",
            missing=[{"code": "end"}] if place % 2 else [],
            dials=1,
        )
        for place in range(1000)
    ]
    CallRecord.objects.bulk_create(rows)
    mark_all()
    sum(add_up())


def totals(panel: Client, **asked: str) -> str:
    found = re.search(r'<p class="totals">(.*?)</p>', text(panel.get(page("callrecord", "changelist"), asked)), re.S)  # fmt: skip
    return " ".join(re.sub("<.*?>", "", found[1]).split()) if found else ""


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "1,000 calls, talk 13 h 20 min, cost 150.00 USD, saved 200.00 USD."),
        ({"outcome": "busy"}, "200 calls, cost 30.00 USD, saved 40.00 USD."),
        ({"outcome": "busy", "called": make.NUMBER}, "200 calls, cost 30.00 USD, saved 40.00 USD."),
        ({"called": "+12025559999"}, ""),
        # By its index, because figures are kept of numbers and not of callers.
        ({"caller": "+12025551143"}, "100 calls, cost 15.00 USD, saved 20.00 USD."),
        # All of them are on the page.
        ({"caller": "+12025550011"}, "1 call, talk 1:00, cost 0.15 USD, saved 0.20 USD."),
    ],
)
def test_a_total_is_exact_where_that_is_quick(
    panel: Client, many: None, asked: dict[str, str], said: str
) -> None:
    assert totals(panel, **asked) == said


def test_a_day_of_a_number_is_exact(panel: Client, many: None) -> None:
    day = timezone.localtime(START + timedelta(days=3)).date()
    calls = CallRecord.objects.filter(started_at__date=day).count()
    asked = {"since": str(day), "until": str(day), "called": make.NUMBER}
    assert totals(panel, **asked).startswith(f"{calls} calls, ")


def test_a_total_stays_the_same_on_the_next_page(panel: Client, many: None) -> None:
    shown = panel.get(page("callrecord", "changelist"))
    older = panel.get(page("callrecord", "changelist") + shown.context["older"])
    assert older.context["totals"] == shown.context["totals"]


def test_what_would_be_slow_is_reckoned_and_marked(panel: Client, many: None) -> None:
    said = totals(panel, complete="no")
    assert said.startswith("About 500 calls, about talk 6 h")
    assert "Reckoned: as often as among the newest 99 calls." in said


def test_too_many_for_an_index_are_reckoned(
    panel: Client, many: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calltotals, "ADDED_AT_MOST", 50)
    assert totals(panel, caller="+12025551143").startswith("About 100 calls")


def test_a_reckoned_total_is_not_made_from_the_middle_of_the_log(panel: Client, many: None) -> None:
    shown = panel.get(page("callrecord", "changelist"), {"complete": "no"})
    older = panel.get(page("callrecord", "changelist") + shown.context["older"])
    assert older.context["totals"] is None


def test_a_filter_that_cannot_be_read_has_no_total(panel: Client, many: None) -> None:
    assert totals(panel, since="yesterday") == ""
