"""The page of one call: its title, its drawing, where it leads, and how it is refreshed."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape

from telephony.admin.callpage import clock, passed_over, refresh_after
from telephony.models import CallRecord, PhoneNumber
from telephony.records import store
from telephony.snapshots.directory import load_directory
from tests import make
from tests.admin.conftest import page, play, text
from tests.admin.test_calls import FAILOVER, HOSTILE

TALK = "0 voice\n 6 voice/1 DialCallStatus=completed DialCallSid=CAleg1a DialCallDuration=120"
OUTCOMES = {
    "completed": "completed",
    "busy": "busy DialSipResponseCode=486",
    "declined": "busy DialSipResponseCode=603",
    "no-answer": "no-answer",
    "failed": "failed DialSipResponseCode=503",
    "mailbox": "completed DialBridged=false",
    "hangup": "no-answer CallStatus=no-answer",
}


def call_page(client: Client, sid: str = make.CALL_SID) -> str:
    return text(client.get(page("callrecord", "change", sid)))


def signed_in(role: str) -> Client:
    user = User.objects.create(username=role, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


def links(shown: str) -> dict[str, str]:
    found = re.findall(r'<li><a href="([^"]+)">([^<]+)</a></li>', part(shown, "call-links"))
    return {words: address.replace("&amp;", "&") for address, words in found}


def part(shown: str, name: str) -> str:
    return shown.partition(f'id="{name}"')[2].partition(' id="call-')[0]


def begin(*webhooks: str, seconds_ago: int = 9, **fields: object) -> None:
    """Store webhooks that have just come."""
    at = timezone.now() - timedelta(seconds=seconds_ago)
    store.write([replace(make.event(each, **fields), received_at=at) for each in webhooks])


def test_the_title_says_who_called_whom_and_when(panel: Client) -> None:
    play(TALK)
    shown = call_page(panel)
    assert (
        "<title>+1 202-555-0143 → +1 202-555-0100, 2 Nov 2026 12:00 | Switchhook</title>" in shown
    )
    assert "<h1><bdi>+1 202-555-0143 → +1 202-555-0100</bdi></h1>" in shown


def test_a_hostile_caller_is_escaped_in_the_title_and_in_links(panel: Client) -> None:
    make.make_story()
    store.write([make.event("voice", From=HOSTILE + "\u202e")])
    shown = call_page(panel)
    assert f"<title>{escape(HOSTILE)} → " in shown
    assert "<script>alert" not in shown
    assert "\u202e" not in shown.partition('id="call-moments"')[0]


def test_the_legs_are_drawn_to_scale_with_their_times_in_words(panel: Client) -> None:
    play(FAILOVER)
    scene = part(call_page(panel), "call-scene")
    times = re.findall(r"(?:rang|waited) from [^<]+", scene)
    assert times == [
        "waited from 0:00 to 0:12, connected from 0:12 to 0:55",
        "rang from 0:01 to 0:06",
        "rang from 0:07 to 0:12, on the line from 0:12 to 0:54",
    ]
    # 42 of 55 seconds.
    assert '<rect class="line known" x="21.82%" width="76.36%"' in scene
    assert re.findall(r'text-anchor="(\w+)">([^<]+)</text>', scene) == [
        ("start", "0:00"),
        ("middle", "0:15"),
        ("middle", "0:30"),
        ("middle", "0:45"),
    ]
    assert "style=" not in scene


def test_an_end_that_was_not_heard_is_said_and_drawn_as_such(panel: Client) -> None:
    play("0 voice\n 2 leg/1/0 CallStatus=ringing\n 20 status CallStatus=no-answer")
    scene = part(call_page(panel), "call-scene")
    assert "rang from 0:02 to 0:20 at most: its end was not heard" in scene
    assert re.search(r'class="ringing unknown"[^/]+/>\s*<text[^>]+>\?</text>', scene)


def test_the_raw_statuses_are_in_the_small_print_only(panel: Client) -> None:
    play(FAILOVER)
    shown, _, rest = call_page(panel).partition('id="call-moments"')
    print_ = rest.partition('id="call-print"')[2]
    assert "leg status failed, dial status failed" in print_
    assert "status" not in re.sub(r'role="status"', "", shown.partition('id="call-outcome"')[2])
    assert shown.count('class="badge ') == 1


def test_the_moments_are_folded(panel: Client) -> None:
    play(FAILOVER)
    shown = call_page(panel)
    assert '<details id="moments" class="part">' in shown
    assert "Moment by moment: 9 webhooks" in shown
    assert " open" not in shown.partition('id="call-moments"')[2].partition("<summary>")[0]


def test_it_leads_to_the_number_the_destinations_the_server_and_the_callers_calls(
    panel: Client,
) -> None:
    number = make.make_story()
    play(FAILOVER, live=load_directory())
    shown = call_page(panel)
    others = links(shown)["Other calls of this caller"]
    assert links(shown)[f"Number {number}"] == page("phonenumber", "change", number.pk)
    assert page("asteriskserver", "change", number.steps.first().endpoint.server_id) in shown
    assert make.CALL_SID in text(panel.get(others))
    store.write([make.event("voice", CallSid="CA00000000000000000000000000000002", From="+1")])
    assert "CA00000000000000000000000000000002" not in text(panel.get(others))


@pytest.mark.parametrize(
    ("role", "offered", "models"),
    [
        ("Viewer", ["Other calls of this caller"], []),
        (
            "Operator",
            ["Number +12025550100", "Other calls of this caller", "Rehearse again"],
            ["sipendpoint", "fallbacknumber"],
        ),
        (
            "Administrator",
            ["Number +12025550100", "Other calls of this caller", "Rehearse again"],
            ["sipendpoint", "fallbacknumber", "asteriskserver"],
        ),
    ],
)
def test_it_leads_nobody_where_they_may_not_look(
    db: None, role: str, offered: list[str], models: list[str]
) -> None:
    make.make_story()
    play(FAILOVER, live=load_directory())
    client = signed_in(role)
    shown = call_page(client)
    assert list(links(shown)) == offered
    scene = part(shown, "call-scene")
    assert sorted(set(re.findall(r"/admin/telephony/(\w+)/", scene))) == sorted(models)
    for address in [*links(shown).values(), *re.findall(r'href="(/[^"]+)"', scene)]:
        assert client.get(address).status_code == 200


@pytest.mark.parametrize("caller", ["anonymous", "+266696687", ""])
def test_whoever_withholds_the_number_has_no_other_calls(panel: Client, caller: str) -> None:
    store.write([make.event("voice", From=caller)])
    assert "Other calls" not in call_page(panel)


def rehearse_again(client: Client) -> str:
    return links(call_page(client))["Rehearse again"]


def tried(client: Client) -> dict[str, str]:
    query = parse_qs(urlsplit(rehearse_again(client)).query)
    return {name.removeprefix("try-"): value for name, (value,) in query.items()}


def test_a_call_is_rehearsed_again_with_its_caller_time_and_destinations(panel: Client) -> None:
    number = make.make_story()
    endpoint, fallback = (step.key for step in number.steps.order_by("position"))
    play(FAILOVER, live=load_directory())
    assert tried(panel) == {
        "caller": make.CALLER,
        "at": "2026-11-02T12:00",
        "talk_s": "42",
        endpoint: "failed",
        fallback: "completed",
    }
    shown = text(panel.get(rehearse_again(panel)))
    assert "Because: the dial at position 1 ended: failed." in shown
    assert f"{make.CALLER} calls {make.NUMBER}." in shown
    # As the call itself was told, but for how long it was until it failed.
    assert "and talked for 42 s. It would have cost 0.38 USD: 1 started minute" in shown


@pytest.mark.parametrize("does", OUTCOMES)
def test_each_end_of_a_dial_is_something_that_a_trial_can_do(panel: Client, does: str) -> None:
    number = make.make_number(make.make_endpoint())
    table = f"0 voice\n6 voice/1 DialCallSid=CAleg1a DialCallStatus={OUTCOMES[does]}"
    play(table, live=load_directory())
    assert tried(panel)[number.steps.get().key] == does
    shown = text(panel.get(rehearse_again(panel)))
    assert f'<option value="{does}" selected>' in shown


def test_of_those_who_rang_together_whoever_answered_does_so_again(panel: Client) -> None:
    endpoints = [make.make_endpoint(user=user, dialled_number=user) for user in ("100", "101")]
    number = make.make_number()
    for endpoint in endpoints:
        make.make_step(number, endpoint, position=1)
    play(
        """0 voice
        8 leg/1/0 CallStatus=canceled
        8 leg/1/1 CallStatus=in-progress
        20 leg/1/1 CallStatus=completed CallDuration=12
        20 voice/1 DialCallStatus=completed DialCallSid=CAleg1b DialCallDuration=12""",
        live=load_directory(),
    )
    found = tried(panel)
    assert found[f"endpoint:{endpoints[0].pk}"] == "no-answer"
    assert found[f"endpoint:{endpoints[1].pk}"] == "completed"


@pytest.mark.parametrize(("asked_key", "does"), [("", "mailbox"), ("1", "completed")])
def test_a_pickup_without_a_key_is_a_mailbox_and_with_one_a_person(
    panel: Client, asked_key: str, does: str
) -> None:
    fallback = make.make_fallback(ask_for_key=True)
    make.make_number(fallback)
    where = f"CallSid=CAleg1a CallStatus=in-progress To={make.MOBILE}"
    table = f"0 voice\n6 screen/1 {where}\n"
    table += f"9 key/1 {where} Digits={asked_key}\n" if asked_key else ""
    table += "30 voice/1 DialCallStatus=completed DialCallSid=CAleg1a DialBridged=false"
    play(table, live=load_directory())
    assert tried(panel)[f"fallback:{fallback.pk}"] == does


def test_what_nobody_knows_is_not_filled_in(panel: Client) -> None:
    make.make_story()
    play("0 voice From=anonymous\n60 status CallStatus=no-answer", live=load_directory())
    assert tried(panel) == {"caller": "anonymous", "at": "2026-11-02T12:00"}


def test_a_call_to_a_number_that_was_deleted_is_not_rehearsed(panel: Client) -> None:
    make.make_story()
    play(FAILOVER, live=load_directory())
    PhoneNumber.objects.all().delete()
    assert list(links(call_page(panel))) == ["Other calls of this caller"]


def test_a_call_in_progress_is_refreshed_and_not_rehearsed(panel: Client) -> None:
    make.make_story()
    begin("voice")
    shown = call_page(panel)
    now = page("callrecord", "now", make.CALL_SID)
    assert f'data-refresh-s="3" data-address="{now}"' in shown
    assert '<a href="">Refresh</a>' in shown
    assert "telephony/call.js" in shown
    assert "Rehearse again" not in shown


def test_a_call_that_is_over_is_not_refreshed(panel: Client) -> None:
    play(FAILOVER)
    shown = call_page(panel)
    assert "Refresh" not in shown
    assert "data-refresh-s" not in shown
    assert "call.js" not in shown


@pytest.mark.parametrize(
    ("began_ago", "ended_ago", "outcome", "missing", "seconds"),
    [
        (9, None, "ringing", ["end"], 3),
        (700, None, "ringing", ["end"], 15),
        (7 * 3600, None, "ringing", ["end"], None),
        (99, 9, "answered", ["end"], 3),
        (99, 70, "answered", ["end"], None),
        (99, 9, "answered", [], None),
        (99, None, "unknown", ["end"], None),
    ],
)
def test_it_is_refreshed_as_long_as_something_may_come(
    began_ago: int, ended_ago: int | None, outcome: str, missing: list[str], seconds: int | None
) -> None:
    def ago(count: int) -> datetime:
        return make.START - timedelta(seconds=count)

    call = CallRecord(outcome=outcome, missing=missing, started_at=ago(began_ago))
    call.ended_at = None if ended_ago is None else ago(ended_ago)
    assert refresh_after(call, make.START) == seconds


def test_what_is_fetched_is_the_pages_own_content(panel: Client) -> None:
    begin("voice")
    whole = call_page(panel)
    fresh = text(panel.get(page("callrecord", "now", make.CALL_SID)))
    assert "<html" not in fresh
    for name in ("outcome", "summary", "links", "scene", "missing", "facts", "moments", "print"):
        assert fresh.count(f'id="call-{name}"') == whole.count(f'id="call-{name}"') == 1
    assert part(fresh, "call-summary") == part(whole, "call-summary")


def test_a_call_that_is_not_there_has_no_content(panel: Client) -> None:
    assert panel.get(page("callrecord", "now", "CA1")).status_code == 404


@pytest.mark.parametrize(("seconds", "words"), [(0, "0:00"), (3599, "59:59"), (7201, "2:00:01")])
def test_the_axis_counts_in_hours_where_it_must(seconds: int, words: str) -> None:
    assert clock(seconds) == words


@pytest.mark.skipif(connection.vendor != "sqlite", reason="plans are read in SQLite's words")
def test_no_query_reads_through_the_calls(panel: Client) -> None:
    make.make_story()
    play(FAILOVER, live=load_directory())
    with CaptureQueriesContext(connection) as captured:
        call_page(panel)
    asked = [query["sql"] for query in captured if '"telephony_call' in query["sql"]]
    assert len(asked) == 3  # the call, its legs, its events
    with connection.cursor() as cursor:
        for sql in asked:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            steps = [row[3] for row in cursor.fetchall()]
            assert any(step.startswith("SEARCH") for step in steps)
            assert not any(step.startswith("SCAN") for step in steps)


def test_who_was_passed_over_is_named_once_with_the_reason(panel: Client) -> None:
    live = make.directory(make.number(make.sip(enabled=False), make.mobile()))
    begin("voice", live=live)
    shown = part(call_page(panel), "call-summary")
    assert shown.count("Passed over: myext at position 1: it is disabled.") == 1
    # Twilio may ask again at a later step, where the same one is passed over.
    asked = make.event("voice", live=live)
    assert passed_over([asked, asked]) == ["myext at position 1: it is disabled"]
