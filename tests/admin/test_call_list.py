"""The call log's list: what it shows, its filters, its pages, and what can be downloaded."""

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.http import HttpResponse
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from telephony.admin import calllist
from telephony.admin.formats import near, rounded
from telephony.models import CallParty, CallRecord
from telephony.records import search, store
from telephony.records.filters import CHOICES
from tests import make
from tests.admin.conftest import page, play, text
from tests.admin.test_calls import FAILOVER, log

CALLER = {"CallerName": "FAYETTEVILL  NC", "ForwardedFrom": "05099999999"}


def sids(response: HttpResponse) -> list[str]:
    return [row["call"].pk for row in response.context["rows"]]


def narrow(panel: Client, **filters: str) -> list[str]:
    return sids(panel.get(log(), filters))


def call(sid: str, at_s: float = 0, **fields: object) -> CallRecord:
    started = make.START + timedelta(seconds=at_s)
    return CallRecord.objects.create(call_sid=sid, **{"started_at": started, **fields})


def test_the_list_tells_who_answered_for_how_long_and_at_what_cost(panel: Client) -> None:
    play(FAILOVER)
    shown = text(panel.get(log()))
    for words in (
        "+1 202-555-0143",
        "+1 202-555-0100",
        "answered after failover",
        "0:42",
        "0.38 USD",
    ):
        assert words in shown


def test_the_list_has_no_currency_for_a_call_that_was_never_dialled(panel: Client) -> None:
    play("0 voice To=+12025550199")
    assert "USD" not in text(panel.get(log()))


def test_the_list_says_who_forwarded_a_call(panel: Client) -> None:
    store.write([make.event("voice", **CALLER)])
    shown = text(panel.get(log()))
    assert "(FAYETTEVILL  NC)" in shown
    assert ", forwarded from 05099999999" in shown


def test_the_list_says_where_nobody_knows_who_answered(panel: Client) -> None:
    play("0 voice\n 60 status CallStatus=completed CallDuration=50")
    assert 'data-label="by">not known</td>' in text(panel.get(log()))


@pytest.mark.parametrize(
    "typed", ["CA0000000000000000000000", "202-555-0143", "+12025550100", "myex"]
)
def test_a_call_is_found_by_what_is_typed(panel: Client, typed: str) -> None:
    play("0 voice\n 9 voice/1 DialCallStatus=completed DialCallDuration=3")
    call("CAother")
    assert narrow(panel, q=typed) == [make.CALL_SID]


# Filter, what is chosen, and which of two calls is found.
NARROWED = [
    ("called", "+1 202 555 0100", "CAone"),
    ("caller", "+1 (202) 555-0143", "CAone"),
    ("caller", "anonymous", "CAtwo"),
    ("answered_by", "myext", "CAone"),
    ("since", "2026-11-03", "CAtwo"),
    ("until", "2026-11-02", "CAone"),
    ("outcome", "answered", "CAone"),
    ("failed_over", "yes", "CAtwo"),
    ("failed_over", "no", "CAone"),
    ("cost_from", "0,5", "CAtwo"),
    ("cost_to", "0.5", "CAone"),
    ("complete", "yes", "CAone"),
    ("complete", "no", "CAtwo"),
    ("verstat", "failed", "CAtwo"),
    ("forwarded", "yes", "CAtwo"),
    ("forwarded", "no", "CAone"),
    ("simulated", "yes", "CAtwo"),
    ("simulated", "no", "CAone"),
]


@pytest.fixture
def two(db: None) -> None:
    call(
        "CAone",
        caller=make.CALLER,
        called=make.NUMBER,
        outcome="answered",
        answered_by="myext",
        dials=1,
        cost=Decimal("0.1525"),
    )
    call(
        "CAtwo",
        at_s=86_400,
        caller="anonymous",
        outcome="busy",
        dials=2,
        cost=Decimal("0.9"),
        verstat="TN-Validation-Failed-A",
        missing=[{"code": "end"}],
        forwarded_from="05099999999",
        is_simulated=True,
    )


@pytest.mark.parametrize(("name", "chosen", "found"), NARROWED)
def test_the_list_can_be_narrowed(panel: Client, two: None, name, chosen, found) -> None:
    assert narrow(panel, **{name: chosen}) == [found]


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ("passed-a", {"CA1"}),
        ("passed-b", {"CA2"}),
        ("passed-c", {"CA3"}),
        ("failed", {"CA4", "CA5"}),
        ("none", {"CA6", "CA7"}),
    ],
)
def test_the_list_can_be_narrowed_by_the_check_of_the_caller(panel, chosen, found) -> None:
    verstats = ("Passed-A", "Passed-B-Diverted", "Passed-C", "Failed", "Failed-A")
    for place, verstat in enumerate(verstats, start=1):
        call(f"CA{place}", verstat=f"TN-Validation-{verstat}")
    call("CA6", verstat="No-TN-Validation")
    call("CA7")
    assert set(narrow(panel, verstat=chosen)) == found


@pytest.mark.parametrize("name", CHOICES)
def test_every_choice_runs(panel: Client, two: None, name: str) -> None:
    for value in CHOICES[name]:
        assert panel.get(log(), {name: value}).status_code == 200


def test_days_are_those_of_the_panels_time_zone(panel: Client) -> None:
    call("CAone", started_at=datetime(2026, 11, 3, 2, 0, tzinfo=UTC))
    with override_settings(TIME_ZONE="America/Montevideo"):
        assert narrow(panel, since="2026-11-02", until="2026-11-02") == ["CAone"]
        assert narrow(panel, since="2026-11-03") == []


def test_a_filter_that_cannot_be_read_is_not_passed_over(panel: Client, two: None) -> None:
    response = panel.get(log(), {"since": "yesterday"})
    assert sids(response) == []
    assert "a filter could not be read" in text(response)
    assert "Write a day that there is, such as 2026-11-24." in text(response)


def test_a_list_in_which_nothing_matches_offers_all(panel: Client, two: None) -> None:
    shown = text(panel.get(log(), {"q": "nothing like it"}))
    assert "Nothing matches." in shown


@pytest.fixture
def many(db: None, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(calllist, "CALLS_ON_A_PAGE", 10)
    for place in range(25):
        call(f"CA{place:02}", at_s=place // 2)
    return list(CallRecord.objects.values_list("pk", flat=True))


def test_one_pages_to_the_oldest_call_and_back(panel: Client, many: list[str]) -> None:
    first = panel.get(log())
    second = panel.get(log() + first.context["older"])
    third = panel.get(log() + second.context["older"])
    assert [*sids(first), *sids(second), *sids(third)] == many
    assert third.context["older"] == first.context["newer"] == ""
    back = panel.get(log() + third.context["newer"])
    assert sids(back) == sids(second)
    assert sids(panel.get(log() + back.context["newer"])) == sids(first)


def test_a_page_keeps_its_calls_when_new_ones_come_in(panel: Client, many: list[str]) -> None:
    second = log() + panel.get(log()).context["older"]
    before = sids(panel.get(second))
    call("CAnew", at_s=999)
    assert sids(panel.get(second)) == before


def test_pages_keep_the_filters(panel: Client, many: list[str]) -> None:
    CallRecord.objects.filter(pk__in=many[::2]).update(outcome="busy")
    first = panel.get(log(), {"outcome": "busy"})
    second = panel.get(log() + first.context["older"])
    assert [*sids(first), *sids(second)] == many[::2]


@pytest.mark.parametrize("key", ["nonsense", "2026-11-02~", "~CA1"])
def test_a_broken_key_leads_to_the_first_page(panel: Client, many: list[str], key: str) -> None:
    assert sids(panel.get(log(), {"older": key})) == many[:10]


def test_when_the_time_is_up_the_list_says_how_far_it_looked(
    panel: Client, many: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calllist, "LOOK_S", 0)
    monkeypatch.setattr(search, "FIRST_BLOCK", 20)
    CallRecord.objects.filter(pk=many[-1]).update(outcome="busy")
    response = panel.get(log(), {"outcome": "busy"})
    assert "Looked back to 2 November 2026." in text(response)
    assert "Nothing found so far." in text(response)
    assert sids(panel.get(log() + response.context["older"])) == [many[-1]]


def test_no_page_counts_the_calls(panel: Client, many: list[str]) -> None:
    with CaptureQueriesContext(connection) as captured:
        panel.get(log(), {"outcome": "busy", "q": "12"})
    assert not [query for query in captured if "COUNT(" in query["sql"].upper()]


def rows(response: HttpResponse) -> list[dict[str, str]]:
    body = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(body)))


def test_what_is_found_can_be_downloaded(panel: Client, two: None) -> None:
    link = panel.get(log(), {"outcome": "answered"}).context["csv"]
    (row,) = rows(panel.get(log() + link))
    assert row["call SID"] == "CAone"
    assert row["caller"] == make.CALLER
    assert row["started (UTC)"] == "2026-11-02 12:00:00"
    assert (row["outcome"], row["cost"]) == ("answered", "0.15250")


def test_nothing_is_downloaded_by_a_filter_that_cannot_be_read(panel: Client, two: None) -> None:
    response = panel.get(page("callrecord", "csv"), {"since": "yesterday"})
    assert response.status_code == 302
    assert response["Location"] == "../?since=yesterday"


@pytest.mark.parametrize("name", ["changelist", "csv"])
def test_who_may_not_look_sees_and_downloads_nothing(two: None, name: str) -> None:
    client = Client()
    client.force_login(User.objects.create(username="nobody", is_staff=True))
    assert client.get(page("callrecord", name)).status_code == 403
    assert client.get(page("callrecord", "suggestions", "called")).status_code == 403


def suggestions(panel: Client, kind: str, **asked: object) -> dict[str, object]:
    return panel.get(page("callrecord", "suggestions", kind), asked).json()


def test_any_number_is_suggested_by_its_digits_and_label(panel: Client) -> None:
    for place in range(45):
        make.make_number(e164=f"+120255501{place:02}", label=f"Line {place}")
    for term in ("55 501 44", "line 44"):
        (found,) = suggestions(panel, "called", term=term)["results"]
        assert found == {"id": "+12025550144", "text": "+1 202-555-0144 (Line 44)"}
    pages = [suggestions(panel, "called", term="", page=number) for number in (1, 2, 3)]
    assert [len(found["results"]) for found in pages] == [20, 20, 5]
    assert [found["pagination"]["more"] for found in pages] == [True, True, False]


def test_who_has_answered_is_suggested(panel: Client) -> None:
    CallParty.objects.create(role="answered_by", text="Front Desk", folded="front desk")
    CallParty.objects.create(role="caller_name", text="Desk of Bob", folded="desk of bob")
    found = suggestions(panel, "answered_by", term="desk")
    assert found["results"] == [{"id": "Front Desk", "text": "Front Desk"}]


NOW = datetime(2026, 11, 3, 20, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2026, 11, 3, 8, 10, tzinfo=UTC), "today 05:10"),
        (datetime(2026, 11, 3, 2, 59, tzinfo=UTC), "yesterday 23:59"),
        (datetime(2026, 11, 1, 8, 10, tzinfo=UTC), "1 Nov 05:10"),
        (datetime(2025, 11, 3, 8, 10, tzinfo=UTC), "3 Nov 2025 05:10"),
    ],
)
def test_a_moment_is_as_short_as_its_distance_allows(moment: datetime, words: str) -> None:
    with timezone.override("America/Montevideo"):
        assert near(moment, NOW) == words


@pytest.mark.parametrize(
    ("amount", "words"),
    [("0.4575", "0.46 USD"), ("0.004", "< 0.01 USD"), ("0", "0.00 USD"), ("12", "12.00 USD")],
)
def test_money_has_two_decimals_in_lists(amount: str, words: str) -> None:
    assert rounded(Decimal(amount), "USD") == words


@pytest.mark.parametrize(
    ("low", "high"), [("since=2026-11-03", "until=2026-11-02"), ("cost_from=2", "cost_to=1,50")]
)
def test_a_span_that_ends_before_it_begins_is_told_of(
    panel: Client, two: None, low: str, high: str
) -> None:
    response = panel.get(f"{log()}?{low}&{high}")
    assert sids(response) == []
    assert "it is to begin with" in text(response)


def test_an_hour_has_the_calls_that_began_in_it(panel: Client) -> None:
    for sid, at_s in (("CAbefore", -1), ("CAfirst", 0), ("CAlast", 3599), ("CAafter", 3600)):
        call(sid, at_s=at_s)
    hour = f"{timezone.localtime(make.START):%Y-%m-%dT%H:%M}"
    response = panel.get(log(), {"hour": hour})
    assert sids(response) == ["CAlast", "CAfirst"]
