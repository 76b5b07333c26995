"""Backtest: how the last real calls would have gone, by the form as it stands."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from telephony.admin import backtesting
from telephony.models import CallLeg, CallRecord, DirectoryRevision, PhoneNumber
from telephony.records.criteria import Key
from telephony.rehearsal import past, tally
from telephony.rehearsal.player import Player, Scenario
from telephony.wire.callbacks import SIMULATED
from tests import make, twilio
from tests.admin.conftest import inputs, page, text

pytestmark = pytest.mark.django_db
LANDLINE = "myext@office"


@pytest.fixture
def ring(ask: Callable[..., twilio.Answer]) -> Callable[..., str]:
    """Let a call come in by signed webhooks: `ring("no-answer,completed")`; return its SID."""

    def ring(outcomes: str, *, caller: str = make.CALLER, is_real: bool = True) -> str:
        def post(url: str, told: Mapping[str, str], at: datetime) -> str:
            fields = {n: v for n, v in told.items() if n != SIMULATED or not is_real}
            return ask(twilio.sign(url.removeprefix(twilio.PUBLIC), fields)).text

        scenario = Scenario(
            make.NUMBER, caller, make.ACCOUNT_SID, twilio.PUBLIC, outcomes.split(","), talk_s=61
        )
        player = Player(scenario, post, timezone.now(), time_passes=True)
        assert list(player.play())
        return player.call_sid

    return ring


@pytest.fixture
def client(ask: Callable[..., twilio.Answer]) -> Client:
    client = Client()
    client.force_login(User.objects.create(username="admin", is_staff=True, is_superuser=True))
    return client


def address(number: PhoneNumber | None) -> str:
    return page("phonenumber", "backtest", *([number.pk] if number else []))


def posted(client: Client, number: PhoneNumber, **changes: Any) -> HttpResponse:
    data = inputs(client.get(page("phonenumber", "change", number.pk)))
    data |= {name.replace("__", "-"): value for name, value in changes.items()}
    data = {name: value for name, value in data.items() if value is not None}
    return client.post(address(number), data)


def plain(response: HttpResponse) -> str:
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text(response)))


def make_calls(count: int, legs: str = "", **fields: Any) -> None:
    """Real calls, a minute apart, that MOBILE's fallback number answered, unless told otherwise."""
    calls = [
        CallRecord(
            **{
                "call_sid": f"CA{place:032d}",
                "called": make.NUMBER,
                "caller": make.CALLER,
                "outcome": "answered",
                "started_at": timezone.now() - timedelta(minutes=place),
                **fields,
            }
        )
        for place in range(count)
    ]
    CallRecord.objects.bulk_create(calls)
    CallLeg.objects.bulk_create(
        CallLeg(call=call, destination_key=legs, position=1, is_answered=True, ring_s=4, talk_s=60)
        for call in calls
    )


def test_calls_are_sent_through_the_form_as_it_stands_and_nothing_is_saved(client, ring) -> None:
    number = make.make_story()
    missed = ring("no-answer,completed")
    ring("completed")
    before = DirectoryRevision.current()

    shown = plain(posted(client, number))
    assert (
        "2 calls: 2 would have been answered for certain; 2 really were. Known to end differently: 0."
        in shown
    )
    assert f"by {LANDLINE} 1 1" in shown
    assert "Cost of 2 calls 1.065 USD 1.065 USD" in shown
    assert "None that is known to." in shown

    alone = posted(client, number, steps__1__DELETE="on")
    shown = plain(alone)
    assert (
        "2 calls: 1 would have been answered for certain; 2 really were. Known to end differently: 1."
        in shown
    )
    assert f"answered by {make.MOBILE}" in shown
    assert "Silence in 2 calls 32 s, 16.0 s a call 26 s, 13.0 s a call" in shown
    assert page("callrecord", "change", missed) in text(alone)
    assert DirectoryRevision.current() == before
    assert number.steps.count() == 2


def test_who_was_not_rung_is_unknown_and_the_share_is_shown(client, ring) -> None:
    number = make.make_story()
    for outcomes in ("completed", "busy", "no-answer,completed"):
        ring(outcomes)
    shown = plain(posted(client, number, steps__0__position=2, steps__1__position=1))
    assert "Of 2 (67 %) nobody can know." in shown
    assert "Unknown 0 2 (67 %)" in shown
    assert f"{make.MOBILE} was not rung then: 2 calls" in shown
    assert "Cost of 1 call 0.76 USD 0.76 USD" in shown


def test_rehearsed_calls_stand_for_real_ones_only_while_there_are_none(client, ring) -> None:
    number = make.make_story()
    assert "Nobody has called this number" in plain(client.get(address(number)))
    ring("completed", is_real=False)
    shown = plain(client.get(address(number)))
    assert "There are no real calls yet, so these are rehearsed ones. 1 call:" in shown
    ring("busy")
    shown = plain(client.get(address(number)))
    assert "rehearsed" not in shown
    assert "1 call: 0 would have been answered" in shown


def test_calls_are_those_to_the_stored_number_and_not_older_than_a_month(panel: Client) -> None:
    fallback = make.make_fallback()
    number = make.make_number(fallback)
    old = timezone.now() - timedelta(days=31)
    make_calls(1, "", call_sid="CAold", started_at=old)
    make_calls(1, "", call_sid="CAother", called="+12025550199")
    make_calls(2, f"fallback:{fallback.pk}")
    assert "2 calls: 2 would" in plain(posted(panel, number, e164="+12025550177"))


def test_the_newest_that_differ_are_listed_and_the_others_counted(panel: Client) -> None:
    fallback = make.make_fallback()
    number = make.make_number(fallback)
    make_calls(tally.LISTED_AT_MOST + 3, f"fallback:{fallback.pk}")
    shown = posted(panel, number, enabled=None)
    assert text(shown).count("<strong>rejected</strong>") == tally.LISTED_AT_MOST
    assert "And 3 older ones." in plain(shown)
    assert f"CA{0:032d}" in text(shown)


def test_when_the_time_is_up_it_says_how_far_it_looked_and_goes_on_from_there(
    panel: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    fallback = make.make_fallback()
    number = make.make_number(fallback)
    make_calls(7, f"fallback:{fallback.pk}")
    monkeypatch.setattr(past, "AT_ONCE", 4)
    monkeypatch.setattr(backtesting, "LOOK_S", -1)
    first = panel.get(address(number))
    assert "These are the newest calls, back to" in plain(first)
    assert "4 calls" in plain(first)
    key = re.search(r'name="backtest-beyond" value="([^"]+)"', text(first))
    assert Key.parse(key[1]).call_sid == f"CA{3:032d}"

    second = plain(panel.get(address(number), {"backtest-beyond": key[1]}))
    assert "These are the oldest of the last 30 days." in second
    assert "3 calls" in second


def test_memory_and_questions_do_not_grow_with_the_calls(
    panel: Client, django_assert_max_num_queries: Any
) -> None:
    fallback = make.make_fallback()
    number = make.make_number(fallback)
    make_calls(past.AT_ONCE, f"fallback:{fallback.pk}")
    # Each block of calls asks for its calls and for their legs.
    with django_assert_max_num_queries(18):
        assert f"{past.AT_ONCE} calls" in plain(panel.get(address(number)))


def test_whoever_may_not_look_at_calls_sees_none_of_them(client: Client) -> None:
    user = User.objects.create(username="labels", is_staff=True)
    codenames = ("change_phonenumber", "view_routestep", "change_routestep")
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    fallback = make.make_fallback()
    number = make.make_number(fallback)
    make_calls(1, f"fallback:{fallback.pk}")
    shown = posted(client, number, enabled=None)
    assert "1. They are listed for people who may look at calls." in plain(shown)
    assert make.CALLER not in text(shown)


def test_whoever_may_only_look_backtests_the_saved_route(reader: Client) -> None:
    number = make.make_story()
    change = page("phonenumber", "change", number.pk)
    assert f'href="{address(number)}"' in text(reader.get(change))
    for response in (reader.get(address(number)), reader.post(address(number), {"e164": "no"})):
        assert "By the saved route." in plain(response)
    assert reader.post(page("phonenumber", "backtest_new"), {}).status_code == 403


def test_a_form_that_could_not_be_saved_says_why(panel: Client) -> None:
    shown = plain(posted(panel, make.make_story(), steps__0__ring_s=1))
    assert "This cannot be tried yet" in shown
    assert "myext@office: Ring (s): Ensure this value is greater than or equal to 5." in shown
