"""The start page: figures that lead to the calls they count, and nothing that is empty."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from telephony.admin import start
from telephony.admin.start import describe_now, period_of
from telephony.models import AsteriskServer, CallRecord
from telephony.records import store
from telephony.records.totals import add_up
from tests import make
from tests.admin.conftest import text
from tests.admin.test_roles import sign_in

NOW = datetime(2026, 11, 3, 20, 40, tzinfo=UTC)
ANSWERED = """
    0  voice
    9  leg/1/0 CallStatus=in-progress
    70 voice/1 DialCallStatus=completed DialCallDuration=61 DialCallSid=CAleg1a
    70 status CallStatus=completed CallDuration=70
"""
FAILED_OVER = """
    0  voice
    20 voice/1 DialCallStatus=no-answer
    35 leg/2/0 CallStatus=in-progress
    99 voice/2 DialCallStatus=completed DialCallDuration=60 DialCallSid=CAleg2a
    99 status CallStatus=completed CallDuration=99
"""
UNANSWERED = """
    0  voice
    20 voice/1 DialCallStatus=no-answer
    40 voice/2 DialCallStatus=no-answer
    50 status CallStatus=completed CallDuration=50
"""


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def play(name: str, table: str, began: datetime, **fields: Any) -> None:
    """Store a call that began at a moment."""
    by = began - make.START
    store.write([make.moved(event, by, call_sid=name, **fields) for event in make.events(table)])


@pytest.fixture
def calls(db: None, at: None) -> None:
    hour = timedelta(hours=1)
    play("CA1", ANSWERED, NOW - hour)
    play("CA2", FAILED_OVER, NOW - 2 * hour)
    play("CA3", UNANSWERED, NOW - 2 * hour - timedelta(minutes=1))
    play("CA4", ANSWERED, NOW - 3 * 24 * hour)
    play("CA5", UNANSWERED, NOW - 20 * 24 * hour)
    play("CA6", "0 voice", NOW - timedelta(minutes=1))


def tiles(panel: Client, days: int) -> dict[str, tuple[str, str]]:
    """What stands on the page: words -> (value, where it leads)."""
    shown = text(panel.get("/admin/", {"days": days}))
    found = re.findall(r"<dt>(.*?)</dt>\s*<dd><a href=\"(.*?)\">(.*?)</a>", shown, re.S)
    return {
        re.sub("<.*?>", "", words).strip(): (value, unescape(link)) for words, link, value in found
    }


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (1, {"Calls": "4", "Asterisk": "1", "a fallback number": "1", "nobody": "1"}),
        (7, {"Calls": "5", "Asterisk": "2", "a fallback number": "1", "nobody": "1"}),
        (30, {"Calls": "6", "Asterisk": "2", "a fallback number": "1", "nobody": "2"}),
    ],
)
@pytest.mark.parametrize("is_added_up", [False, True])
def test_the_figures_are_those_of_the_period(
    panel: Client, calls: None, days: int, expected: dict[str, str], is_added_up: bool
) -> None:
    if is_added_up:
        sum(add_up())
    shown = tiles(panel, days)
    told = {words.removeprefix("Answered by "): value for words, (value, _) in shown.items()}
    assert {words: told[words] for words in expected} == expected
    assert told["In progress"] == "1"


@pytest.mark.parametrize("days", [1, 7, 30])
def test_every_count_leads_to_just_so_many_calls(panel: Client, calls: None, days: int) -> None:
    for words, (value, link) in tiles(panel, days).items():
        if words in ("Calls", "In progress") or words.startswith("Answered by"):
            listed = text(panel.get(link))
            assert str(listed.count("field-started_at")) == value, words
            assert f"{value} call" in listed, words


def test_seconds_to_answer_cost_and_saved_are_told(panel: Client, calls: None) -> None:
    shown = tiles(panel, 1)
    # 9 seconds, and 35 after a failover.
    assert shown["Seconds to answer"][0] == "22.0"
    assert shown["Cost"][0] == "0.69 USD"
    assert shown["Saved"][0] == "0.46 USD"


def test_each_bar_leads_to_its_calls(panel: Client, calls: None) -> None:
    for days, words, sids in ((7, "Sat 31 Oct", {"CA4"}), (1, "18:00", {"CA2", "CA3"})):
        shown = text(panel.get("/admin/", {"days": days}))
        ((link,),) = [re.findall(rf'<th scope="row"><a href="(.*?)">{words}</a>', shown)]
        listed = panel.get("/admin/telephony/callrecord/" + unescape(link).split("/")[-1])
        assert {row["call"].pk for row in listed.context["rows"]} == sids
        assert unescape(shown).count(unescape(link)) == 2


def test_the_table_behind_the_chart_has_every_bar(panel: Client, calls: None) -> None:
    shown = text(panel.get("/admin/", {"days": 30}))
    assert shown.count('<th scope="row"') == 30 + shown.count('id="list-')
    assert shown.count('class="room"') == 3


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", datetime(2026, 10, 25, 12, tzinfo=UTC), 25),
        ("Europe/Berlin", datetime(2026, 3, 29, 12, tzinfo=UTC), 23),
    ],
)
def test_a_day_has_the_hours_that_clocks_show(zone: str, day: datetime, hours: int) -> None:
    with timezone.override(zone):
        moments = period_of(1, day).moments
        assert len(moments) - 1 == hours
        assert {timezone.localtime(moment).minute for moment in moments} == {0}
        assert [f"{timezone.localtime(moments[n]):%H:%M}" for n in (0, -1)] == ["00:00"] * 2


@pytest.mark.parametrize(
    ("zone", "day", "bars"),
    [
        ("Asia/Kolkata", NOW, 25),
        ("Asia/Kathmandu", NOW, 25),
        ("America/St_Johns", NOW, 25),
        # Its clocks change by half an hour.
        ("Australia/Lord_Howe", datetime(2026, 4, 4, 18, tzinfo=UTC), 25),
        ("Australia/Lord_Howe", datetime(2026, 10, 3, 18, tzinfo=UTC), 24),
    ],
)
def test_where_midnight_is_within_an_hour_bars_are_the_hours_that_are_added_up(
    zone: str, day: datetime, bars: int
) -> None:
    with timezone.override(zone):
        moments = period_of(1, day).moments
        assert [f"{timezone.localtime(moments[n]):%H:%M}" for n in (0, -1)] == ["00:00"] * 2
    assert {moment.minute for moment in moments[1:-1]} == {0}
    assert len(moments) - 1 == bars
    lengths = [end - begin for begin, end in pairwise(moments)]
    assert set(lengths[1:-1]) == {timedelta(hours=1)}
    assert max(lengths[0], lengths[-1]) <= timedelta(hours=1)


@pytest.mark.parametrize("days", [1, 7])
def test_a_day_in_india_is_counted_however_many_calls_there_are(
    panel: Client, at: None, days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    midnight = datetime(2026, 11, 3, 18, 30, tzinfo=UTC)
    minutes = (-10, 10, 40, 129, 24 * 60 - 1, 24 * 60)
    for place, minute in enumerate(minutes):
        play(f"CA{place}", ANSWERED, midnight + timedelta(minutes=minute))
    sum(add_up())
    monkeypatch.setattr("telephony.records.figures.CALLS_AT_MOST", 0)
    panel.cookies["time_zone"] = "Asia/Kolkata"
    shown = text(panel.get("/admin/", {"days": days}))
    assert "not up to date" not in shown
    assert tiles(panel, days)["Calls"][0] == ("4" if days == 1 else "5")
    if days == 1:
        bars = re.findall(r'<th scope="row"><a href="(.*?)">(\d\d:\d\d)</a>', shown)
        found = {
            words: {row["call"].pk for row in panel.get(unescape(link)).context["rows"]}
            for link, words in bars
        }
        assert found == {"00:00": {"CA1"}, "00:30": {"CA2"}, "01:30": {"CA3"}, "23:30": {"CA4"}}


def test_without_any_call_the_page_says_what_to_do_instead(panel: Client) -> None:
    shown = text(panel.get("/admin/"))
    assert 'class="figures"' not in shown
    assert (
        shown.index("Not set up yet") < shown.index("Set up a number") < shown.index("In progress")
    )
    assert "Newest calls" not in shown
    assert "None available" not in shown


def test_a_day_without_calls_names_the_last_one_instead_of_an_empty_chart(
    panel: Client, at: None
) -> None:
    play("CA1", ANSWERED, NOW - timedelta(days=2))
    shown = text(panel.get("/admin/"))
    assert "No calls in this time." in shown
    assert "1 Nov 20:40" in shown
    assert "<svg viewBox" not in shown
    assert "<svg viewBox" in text(panel.get("/admin/?days=7"))


def test_rehearsed_calls_are_counted_until_the_first_real_one(panel: Client, at: None) -> None:
    play("CA1", ANSWERED.replace("voice\n", "voice SwitchhookSimulated=1\n", 1), NOW)
    CallRecord.objects.update(is_simulated=True)
    assert "These are rehearsed calls" in text(panel.get("/admin/"))
    assert tiles(panel, 1)["Calls"][0] == "1"
    play("CA2", ANSWERED, NOW)
    play("CA3", ANSWERED, NOW)
    assert tiles(panel, 1)["Calls"][0] == "2"
    assert "These are rehearsed calls" not in text(panel.get("/admin/"))


def test_any_other_period_is_today(panel: Client, calls: None) -> None:
    for asked in ("2", "x", "²"):
        assert 'href="?days=1" aria-current' in text(panel.get("/admin/", {"days": asked}))


def test_calls_in_progress_and_the_newest_ones_are_fetched_apart(
    panel: Client, calls: None
) -> None:
    shown = text(panel.get(reverse("calls_now")))
    going_on, newest = shown.split("Newest calls")
    assert ("CA6" in going_on, "CA1" in going_on) == (True, False)
    assert ("CA6" in newest, newest.count("<li>")) == (False, 5)
    assert "<html" not in shown


def test_what_began_too_long_ago_is_not_in_progress(panel: Client, at: None) -> None:
    play("CA1", "0 voice", NOW - timedelta(hours=7))
    assert describe_now(NOW)["going_on"] == []


def test_servers_are_shown_to_those_who_may_see_them(panel: Client, calls: None) -> None:
    make.make_server(name="reception")
    held = make.make_server(name="attic")
    AsteriskServer.objects.filter(pk=held.pk).update(held_until=NOW + timedelta(hours=1))
    shown = text(panel.get("/admin/"))
    assert re.search(r"reception</a> <span class=\"badge good\">in service", shown)
    assert re.search(r"attic</a> <span class=\"badge bad\">out of service until", shown)
    for letter, sees in (("V", False), ("O", False), ("A", True)):
        assert ("reception" in text(sign_in(letter).get("/admin/"))) is sees


def test_a_viewer_sees_the_calls_and_nobody_without_a_role_does(calls: None) -> None:
    assert 'class="figures"' in text(sign_in("V").get("/admin/"))
    client = Client()
    client.force_login(User.objects.create(username="nobody", is_staff=True))
    shown = text(client.get("/admin/"))
    assert "no role yet" in shown
    assert not re.search("figures|calls-now|In progress|webhook", shown)


def test_what_waits_for_the_database_is_said(
    panel: Client, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SPOOL_DIR = tmp_path
    assert "No webhook waits for the database." in text(panel.get("/admin/"))
    (tmp_path / "webhooks-1.jsonl").write_text("x" * 2000)
    monkeypatch.setattr(start, "WAITS_S", -1)
    assert "Webhooks wait for the database: 2.0 kB" in text(panel.get("/admin/"))


def test_figures_that_lag_behind_say_so(
    panel: Client, calls: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("telephony.records.figures.HOURS_AT_MOST", 1)
    assert "hours that are still to be added up: at least 3" in text(panel.get("/admin/?days=1"))


def test_as_many_questions_are_asked_for_many_calls_as_for_few(
    panel: Client, at: None, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for place in range(30):
        play(f"CA{place}", ANSWERED, NOW - timedelta(minutes=place))
        play(f"CB{place}", "0 voice", NOW - timedelta(minutes=place))
    sum(add_up())
    with django_assert_max_num_queries(60):
        panel.get("/admin/?days=30")
