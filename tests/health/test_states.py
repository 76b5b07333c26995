"""Each state is brought about, and heard of by e-mail and by POST: once when it begins, once when it is over."""

import os
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from telephony.health.alerts import finders
from telephony.health.alerts.books import FILE, FileBook, load_all
from telephony.health.alerts.rounds import BlindError, tell_of_machine, tell_of_panel
from telephony.models import Alert, CallRecord, PhoneNumber, Policy, RefusedWebhooks, ServerHealth
from telephony.records import store
from telephony.records.journal import Journal
from telephony.records.refusals import ALARMING, Refusals
from telephony.routing.breaker import Sign
from tests import make, twilio
from tests.environment import ACCOUNT_SID

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SUBACCOUNT = "AC" + "5" * 32


def choose(**choices: Any) -> None:
    Policy.current()
    Policy.objects.update(**choices)


def call(sid: str, at: datetime, outcome: str = "answered", **fields: Any) -> None:
    defaults: dict[str, Any] = {
        "called": make.NUMBER,
        "caller": make.CALLER,
        "account_sid": ACCOUNT_SID,
    }
    defaults |= {"ended_at": None if outcome == "ringing" else at + MINUTE / 2}
    CallRecord.objects.create(
        call_sid=sid, started_at=at, outcome=outcome, **{**defaults, **fields}
    )


def test_a_server_that_is_down(told):
    server = make.make_server(name="office\r\nBcc: thief@example.com")
    ServerHealth.fold([Sign(server.name, is_up=False, at=NOW - MINUTE)] * 3)
    tell_of_panel(NOW)
    assert told.since_last() == []
    tell_of_panel(NOW + 2 * MINUTE)
    (post,) = told.receiver.posts
    (mail,) = told.mailbox.mails
    assert post["title"] == f"The server {' '.join(str(server).split())} does not answer"
    assert post["since"] == "2026-11-24T11:59:00+00:00"
    assert post["url"].endswith(f"/admin/telephony/asteriskserver/{server.pk}/change/")
    assert mail["Bcc"] is None
    assert told.since_last() == [("server-down", "begun")]

    ServerHealth.fold([Sign(server.name, is_up=True, at=NOW + 2 * MINUTE)] * 9)
    for minute in range(3, 7):
        tell_of_panel(NOW + minute * MINUTE)
    assert told.since_last() == [("server-down", "over")]
    assert not Alert.objects.exists()


def test_a_journal_that_waits(told, settings):
    choose(journal_waiting_after_s=60)
    journal = Journal(settings.SPOOL_DIR)
    journal.append(make.event("voice"))
    # Webhooks still come: the last one is new, the first one is old.
    os.utime(journal.path)
    came = make.START
    tell_of_machine(came + 1 * MINUTE)
    tell_of_machine(came + 2 * MINUTE)
    assert told.since_last() == []
    tell_of_machine(came + 3 * MINUTE)
    assert told.receiver.posts[0]["since"] == "2026-11-02T12:00:00+00:00"
    assert told.since_last() == [("journal-waiting", "begun")]

    journal.remove()
    for minute in range(4, 8):
        tell_of_machine(came + minute * MINUTE)
    assert told.since_last() == [("journal-waiting", "over")]


def test_a_journal_without_a_webhook_waits_since_it_was_written(told, settings):
    choose(journal_waiting_after_s=0)
    settings.SPOOL_DIR.mkdir()
    journal = settings.SPOOL_DIR / "webhooks-1.jsonl"
    journal.write_text("half a li")
    now = timezone.now()
    tell_of_machine(now)
    assert told.since_last() == []
    tell_of_machine(now + 2 * MINUTE)
    assert told.since_last() == [("journal-waiting", "begun")]


def refused(ask: Any, token: str = "wrong", **fields: Any) -> None:
    assert ask(twilio.sign("/twilio/voice/", {**make.FIELDS, **fields}, token)).status == 403


def wait_for_refusals(count: int) -> None:
    def counted() -> int:
        return sum(RefusedWebhooks.objects.values_list("count", flat=True))

    deadline = timezone.now() + timedelta(seconds=10)
    while counted() < count and timezone.now() < deadline:
        threading.Event().wait(0.05)
    assert counted() == count


def test_a_webhook_of_ours_that_is_refused(told, ask, twilio_post):
    refused(ask)
    refused(ask)
    wait_for_refusals(2)
    now = timezone.now()
    tell_of_panel(now)
    assert "signed with another token or key" in told.receiver.posts[0]["text"]
    assert told.since_last() == [("signature-refused", "begun")]

    tell_of_panel(now + 20 * MINUTE)
    assert told.since_last() == [], "nothing has come in since, so nothing is known to be mended"
    make.make_story()
    twilio_post("/twilio/voice/")
    tell_of_panel(now + 10 * MINUTE)
    assert told.since_last() == []
    tell_of_panel(now + 20 * MINUTE)
    assert told.since_last() == [("signature-refused", "over")]


def test_a_webhook_of_an_account_without_a_token_is_told_if_it_owns_a_number(told, ask):
    make.make_number(account_sid=SUBACCOUNT)
    refused(ask, AccountSid=SUBACCOUNT)
    wait_for_refusals(1)
    tell_of_panel(timezone.now())

    assert "no token is set for this account" in told.receiver.posts[0]["text"]
    assert told.receiver.posts[0]["subject"] == SUBACCOUNT


def test_what_strangers_send_is_counted_and_not_told(told, ask):
    unsigned = twilio.Request("/twilio/voice/", twilio.encode(make.FIELDS), None)
    scribble = twilio.Request("/twilio/voice/", twilio.encode(make.FIELDS), "let me in")
    for request in (unsigned, unsigned, scribble):
        assert ask(request).status == 403
    refused(ask, AccountSid="AC" + "9" * 32)
    wait_for_refusals(4)
    tell_of_panel(timezone.now())

    assert told.since_last() == []
    rows = RefusedWebhooks.objects.values_list("reason", "account_sid", "count")
    assert sorted(rows) == [
        ("another-account", "", 1),
        ("malformed", "", 1),
        ("no-signature", "", 2),
    ]


def test_a_rehearsed_call_does_not_prove_that_twilio_gets_in(told):
    hour = NOW.replace(minute=0)
    RefusedWebhooks.objects.create(
        hour=hour, reason="wrong", account_sid=ACCOUNT_SID, count=1, last_at=hour
    )
    call("CA1", NOW + MINUTE, is_simulated=True)
    tell_of_panel(NOW + 30 * MINUTE)
    assert told.since_last() == [("signature-refused", "begun")]
    tell_of_panel(NOW + timedelta(days=7, hours=1))
    assert told.since_last() == [("signature-refused", "over")]
    tell_of_panel(NOW + timedelta(days=32))
    assert not RefusedWebhooks.objects.exists()


def test_a_flood_of_unsigned_requests_costs_a_handful_of_writes():
    counted = Refusals()
    with CaptureQueriesContext(connection) as queries:
        for n in range(10_000):
            counted.count(f"AC{n}", None, is_ours=False, has_secret=False)
            counted.fold()
    counted._fold_at = 0
    counted.fold()

    # One a second: more only on a machine that takes seconds for this.
    assert len(queries) < 10
    row = RefusedWebhooks.objects.get()
    assert (row.reason, row.account_sid, row.count) == ("no-signature", "", 10_000)


def test_while_the_database_is_away_refusals_are_kept_and_the_log_says_so_once(caplog):
    counted = Refusals()
    counted.count(ACCOUNT_SID, "A" * 27 + "=", is_ours=True, has_secret=True)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE telephony_refusedwebhooks RENAME TO elsewhere")
    try:
        for _ in range(3):
            counted._fold_at = 0
            counted.fold()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE elsewhere RENAME TO telephony_refusedwebhooks")
    assert caplog.text.count("refused webhooks cannot be counted") == 1
    counted.count(ACCOUNT_SID, "A" * 27 + "=", is_ours=True, has_secret=True)
    counted._fold_at = 0
    counted.fold()

    row = RefusedWebhooks.objects.get()
    assert (row.reason, row.account_sid, row.count) == ("wrong", ACCOUNT_SID, 2)
    assert set(ALARMING) == {"wrong", "no-secret"}


def make_usual(per_day: int, weeks: int = 8) -> None:
    for week in range(1, weeks + 1):
        for n in range(per_day):
            call(f"CA{week}-{n}", NOW - timedelta(weeks=week, hours=1, minutes=n))


def test_silence(told):
    number = make.make_number(label="Sales")
    make_usual(12)
    tell_of_panel(NOW)
    (post,) = told.receiver.posts
    assert post["title"] == f"No call for {number} today"
    assert "it usually has had 12 calls by now" in post["text"]
    assert told.since_last() == [("silence", "begun")]

    # Neither the next look nor the next midnight ends it, and it is not told again.
    for minute in (5, 12 * 60 + 5, 24 * 60):
        tell_of_panel(NOW + minute * MINUTE)
    assert told.since_last() == []
    call("CAnew", NOW + timedelta(days=1))
    tell_of_panel(NOW + timedelta(days=1, minutes=5))
    assert told.since_last() == [("silence", "over")]


@pytest.mark.parametrize("why", ["few", "disabled", "a call", "rehearsed", "switched off"])
def test_no_silence(told, why):
    make.make_number(enabled=why != "disabled")
    make_usual(4 if why == "few" else 12)
    if why == "a call":
        call("CAtoday", NOW - timedelta(hours=11))
    if why == "rehearsed":
        CallRecord.objects.update(is_simulated=True)
    choose(silence=why != "switched off")
    tell_of_panel(NOW)

    assert told.since_last() == []


def test_a_number_that_is_disabled_is_silent_no_longer(told):
    make.make_number()
    make_usual(12)
    tell_of_panel(NOW)
    PhoneNumber.objects.update(enabled=False)
    told.since_last()
    tell_of_panel(NOW + 5 * MINUTE)

    assert told.since_last() == [("silence", "over")]


def test_silence_is_looked_for_every_five_minutes_and_by_few_queries(told):
    for n in range(20):
        make.make_number(e164=f"+120255501{n:02}")
    look = finders.Look(NOW, Policy.current(), {})
    assert finders.find_silence(look) == []
    with CaptureQueriesContext(connection) as queries:
        assert finders.find_silence(finders.Look(NOW + 4 * MINUTE, look.policy, {})) is None
    assert len(queries) == 1
    with CaptureQueriesContext(connection) as queries:
        assert finders.find_silence(finders.Look(NOW + 5 * MINUTE, look.policy, {})) == []
    assert len(queries) <= 3 + 8


def test_missed_calls_are_told_once_in_one_message(told):
    choose(missed_call=True, missed_call_from=NOW)
    call("CAbefore", NOW - timedelta(hours=1), "unanswered")
    call("CA1", NOW, "unanswered", caller_name="Ana\nEvil: yes")
    call("CA2", NOW + MINUTE, "caller-gone", caller="")
    call("CA3", NOW + MINUTE, "busy")
    for n, outcome in enumerate(("answered", "failed-over", "rejected", "ringing", "unknown")):
        call(f"CAother{n}", NOW, outcome)
    call("CArehearsed", NOW, "unanswered", is_simulated=True)
    tell_of_panel(NOW + 2 * MINUTE)

    (post,) = told.receiver.posts
    assert post["title"] == "Nobody answered 3 calls"
    page = "https://panel.example.com/admin/telephony/callrecord/"
    assert post["text"].splitlines() == [
        "Nobody answered 3 calls.",
        f"12:00:00: {make.CALLER} (Ana Evil: yes) called {make.NUMBER}: {page}CA1/change/",
        f"12:01:00: an unknown caller called {make.NUMBER}: {page}CA2/change/",
        f"12:01:00: {make.CALLER} called {make.NUMBER}: {page}CA3/change/",
        page,
    ]
    assert told.since_last() == [("missed-call", "begun")]
    # Its record is made again, and another call is missed.
    CallRecord.objects.filter(pk="CA1").delete()
    call("CA1", NOW, "unanswered")
    call("CA4", NOW + 2 * MINUTE, "unanswered")
    tell_of_panel(NOW + 3 * MINUTE)
    assert "CA4" in told.receiver.posts[0]["text"]
    assert "CA1" not in told.receiver.posts[0]["text"]
    assert told.since_last() == [("missed-call", "begun")]


def test_a_message_lists_twenty_missed_calls_and_says_how_many_more(told):
    choose(missed_call=True, missed_call_from=NOW)
    for n in range(23):
        call(f"CA{n:02}", NOW, "unanswered")
    tell_of_panel(NOW + MINUTE)
    tell_of_panel(NOW + 2 * MINUTE)

    (post,) = told.receiver.posts
    assert post["text"].count(" called ") == 20
    assert "CA19/change/\nand 3 more\n" in post["text"]


def test_missed_calls_that_are_stored_late_are_told_and_those_of_yesterday_are_not(told):
    choose(missed_call=True, missed_call_from=NOW - timedelta(days=9))
    call("CAlate", NOW - timedelta(hours=20), "unanswered")
    call("CAold", NOW - timedelta(hours=25), "unanswered")
    tell_of_panel(NOW)

    assert "CAlate" in told.receiver.posts[0]["text"]
    assert "CAold" not in told.receiver.posts[0]["text"]


def test_a_missed_call_that_took_hours_is_told_by_its_end(told):
    choose(missed_call=True, missed_call_from=NOW)
    call("CA1", NOW - timedelta(hours=5), "unanswered", ended_at=NOW + MINUTE)
    tell_of_panel(NOW + 2 * MINUTE)

    assert told.since_last() == [("missed-call", "begun")]


def test_a_caller_whom_nobody_answered_by_his_webhooks(told):
    choose(missed_call=True, missed_call_from=make.START)
    table = "0 voice\n20 voice/1 DialCallStatus=no-answer\n40 voice/2 DialCallStatus=no-answer\n50 status CallStatus=completed"
    store.write(make.events(table))
    tell_of_panel(make.START + MINUTE)

    assert told.since_last() == [("missed-call", "begun")]


def test_missed_calls_are_off_until_they_are_switched_on(told):
    call("CA1", NOW, "unanswered")
    tell_of_panel(NOW + MINUTE)
    assert told.since_last() == []

    policy = Policy.current()
    policy.missed_call = True
    policy.save()
    assert policy.missed_call_from is not None
    tell_of_panel(NOW + MINUTE)
    assert told.since_last() == []


def test_a_finder_that_fails_does_not_keep_the_others_from_being_told(told, monkeypatch, caplog):
    def fail(look):
        with connection.cursor() as cursor:
            cursor.execute("SELECT nothing FROM nowhere")

    found = {**finders.IN_DATABASE, finders.Code.SERVER_DOWN: fail}
    monkeypatch.setattr("telephony.health.alerts.rounds.IN_DATABASE", found)
    make.make_number()
    make_usual(12)
    with pytest.raises(BlindError, match="server-down"):
        tell_of_panel(NOW)

    assert told.since_last() == [("silence", "begun")]
    assert "the state 'server-down' cannot be looked for" in caplog.text


def test_a_channel_that_fails_is_tried_again_and_the_log_says_so_once(told, caplog):
    told.mailbox.answer = "451 Try again later"
    make.make_number()
    make_usual(12)
    for minute in range(12):
        tell_of_panel(NOW + minute * MINUTE)
    assert [p["state"] for p in told.receiver.posts] == ["begun"]
    assert told.mailbox.tries == 4
    assert caplog.text.count("cannot be told by e-mail") == 1
    assert "451" in caplog.text
    assert make.CALLER not in caplog.text

    told.mailbox.answer = "250 OK"
    tell_of_panel(NOW + 15 * MINUTE)
    assert told.since_last() == [("silence", "begun")]


def test_two_nodes_at_once_tell_nothing_twice(told):
    make.make_number()
    make_usual(12)
    choose(missed_call=True, missed_call_from=NOW)
    call("CA1", NOW, "unanswered", called="+12025550199")

    def node() -> None:
        tell_of_panel(NOW + MINUTE)
        connections.close_all()

    nodes = [threading.Thread(target=node) for _ in range(4)]
    for each in nodes:
        each.start()
    for each in nodes:
        each.join(60)
    assert sorted(p["code"] for p in told.receiver.posts) == ["missed-call", "silence"]
    assert len(told.mailbox.mails) == 2


def test_two_ticks_at_once_on_one_machine_tell_nothing_twice(told, settings):
    choose(journal_waiting_after_s=0)
    journal = Journal(settings.SPOOL_DIR)
    journal.append(make.event("voice"))

    def tick() -> None:
        tell_of_machine(NOW)
        connections.close_all()

    ticks = [threading.Thread(target=tick) for _ in range(4)]
    for each in ticks:
        each.start()
    for each in ticks:
        each.join(60)
    journal.remove()
    assert told.since_last() == [("journal-waiting", "begun")]


def test_the_file_of_a_machine_is_for_its_user_only_and_a_damaged_one_is_begun_anew(
    told, settings, caplog
):
    choose(journal_waiting_after_s=0)
    journal = Journal(settings.SPOOL_DIR)
    journal.append(make.event("voice"))
    tell_of_machine(NOW)
    file = settings.SPOOL_DIR / FILE
    assert file.stat().st_mode & 0o777 == 0o600
    assert told.since_last() == [("journal-waiting", "begun")]

    for damage in ('{"alerts": [', "[]", '{"alerts": [{"code": "x"}], "choices": {}}'):
        file.write_text(damage)
        tell_of_machine(NOW + MINUTE)
        assert told.since_last() == [("journal-waiting", "begun")]
    assert caplog.text.count("are damaged and begun anew") >= 3
    journal.remove()


def test_what_the_file_holds_comes_back(told, settings):
    told.receiver.status = 500
    choose(journal_waiting_after_s=0)
    journal = Journal(settings.SPOOL_DIR)
    journal.append(make.event("voice"))
    tell_of_machine(NOW)
    book = FileBook(settings.SPOOL_DIR)
    (alert,) = book.read().alerts.values()
    assert alert.channels["POST"].error == "it answered 500"
    assert alert.channels["POST"].due_at == NOW + MINUTE
    assert book.read().choices == {"database-down": 60, "journal-waiting": 0}
    journal.remove()


def test_an_alert_of_a_later_version_is_left_alone(told):
    Alert.objects.create(code="later", subject="1", since=NOW, holds=True, turned_at=NOW)
    tell_of_panel(NOW)

    assert Alert.objects.get().code == "later"


@pytest.mark.parametrize("is_told", [True, False])
def test_what_the_database_holds_comes_back(told, is_told):
    told.receiver.status = 200 if is_told else 500
    make.make_number()
    make_usual(12)
    tell_of_panel(NOW)
    (alert,) = load_all().values()
    assert alert.since == NOW.replace(hour=0)
    assert (alert.channels["POST"].due_at is None) is is_told
