"""Calls show which servers answer, and later calls pass over those that do not."""

import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from django.db import connections
from django.utils import timezone

from telephony.models import AsteriskServer, ServerHealth
from telephony.routing.breaker import Sign
from telephony.snapshots.health import LiveHealth
from tests import make, twilio

OFFICE = "sip:myext@pbx.example.com:5060;transport=udp"
# As Twilio writes To: without the URI's options.
TO = "sip:myext@pbx.example.com:5060"
SILENT = {"CallStatus": "failed", "To": TO}
ANSWERED = {"CallStatus": "completed", "SipResponseCode": "200", "To": TO}


@pytest.fixture
def health(monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveHealth]:
    """What this process knows, from nothing."""
    health = LiveHealth()
    monkeypatch.setattr("telephony.webhooks.answer.live_health", health)
    monkeypatch.setattr("telephony.snapshots.live.live_health", health)
    return health


def leg_ends(twilio_post: Callable[..., twilio.Answer], *ends: dict[str, str], **more: str) -> None:
    """Each is the end of a leg of its own, unless it says otherwise."""
    for end in ends:
        sids = {"CallSid": f"CA{uuid.uuid4().hex}", "ParentCallSid": f"CA{uuid.uuid4().hex}"}
        twilio_post("/twilio/leg/1/0/", **{**sids, **end, **more})


def rings(twilio_post: Callable[..., twilio.Answer]) -> list[str]:
    answer = twilio_post("/twilio/voice/", CallSid=f"CA{uuid.uuid4().hex}")
    return [noun.text for noun in ET.fromstring(answer.text).find("Dial")]


def open_it() -> None:
    """The office has failed three times; its pause is over."""
    long_ago = timezone.now() - timedelta(minutes=1)
    ServerHealth.fold([Sign("office", is_up=False, at=long_ago)] * 3)


def test_a_server_that_fails_three_times_is_passed_over_at_once(twilio_post, health):
    make.make_story()
    leg_ends(twilio_post, SILENT, SILENT)
    assert rings(twilio_post) == [OFFICE]
    leg_ends(twilio_post, SILENT)
    assert rings(twilio_post) == [make.MOBILE]


def test_whoever_answers_or_refuses_is_no_reason_to_pass_the_server_over(twilio_post, health):
    make.make_story()
    refused = {"CallStatus": "failed", "SipResponseCode": "404", "To": TO}
    leg_ends(twilio_post, SILENT, SILENT, refused, SILENT, SILENT, ANSWERED, SILENT)
    assert rings(twilio_post) == [OFFICE]


def test_other_telephones_and_rehearsals_show_nothing_of_the_server(twilio_post, health):
    make.make_story()
    leg_ends(twilio_post, *[{**SILENT, "To": make.MOBILE}] * 3)
    leg_ends(twilio_post, *[SILENT] * 3, SwitchhookSimulated="1")
    assert rings(twilio_post) == [OFFICE]


def test_one_call_tries_it_when_the_pause_is_over_and_two_successes_close_it(twilio_post, health):
    make.make_story()
    open_it()
    health.exchange()
    assert [rings(twilio_post) for _ in range(3)] == [[OFFICE], [make.MOBILE], [make.MOBILE]]
    leg_ends(twilio_post, ANSWERED)
    assert [rings(twilio_post) for _ in range(2)] == [[OFFICE], [make.MOBILE]]
    leg_ends(twilio_post, ANSWERED)
    assert [rings(twilio_post) for _ in range(3)] == [[OFFICE]] * 3
    health.exchange()
    assert ServerHealth.load() == {}


def test_a_failed_try_doubles_the_pause(twilio_post, health):
    make.make_story()
    open_it()
    health.exchange()
    assert rings(twilio_post) == [OFFICE]
    leg_ends(twilio_post, SILENT)
    assert rings(twilio_post) == [make.MOBILE]
    health.exchange()
    row = ServerHealth.objects.get()
    assert row.openings == 2
    assert timedelta(seconds=50) < row.open_until - timezone.now() <= timedelta(seconds=60)


def test_if_no_server_answers_the_last_step_rings_all_the_same(twilio_post, health):
    make.make_number(make.make_endpoint())
    leg_ends(twilio_post, *[SILENT] * 4)
    assert rings(twilio_post) == [OFFICE]


def test_processes_add_up_what_their_calls_have_shown(twilio_post, health):
    make.make_story()
    other = LiveHealth()
    leg_ends(twilio_post, SILENT, SILENT)
    other.hear(Sign("office", is_up=False, at=timezone.now(), call="CAother"))
    assert (health.silent_until, other.silent_until) == ({}, {})
    health.exchange()
    other.exchange()
    health.exchange()
    until = ServerHealth.objects.get().open_until
    assert (health.silent_until, other.silent_until) == ({"office": until}, {"office": until})


def test_what_a_process_has_not_told_yet_is_told_once(twilio_post, health):
    make.make_story()
    leg_ends(twilio_post, SILENT)
    for _ in range(3):
        health.exchange()
    assert ServerHealth.objects.get().failures == 1


@pytest.mark.django_db(transaction=True)
def test_a_server_that_has_left_the_panel_is_forgotten():
    make.make_server()
    health = LiveHealth()
    for leg in "abc":
        health.hear(Sign("office", is_up=False, at=timezone.now(), call=leg))
    AsteriskServer.objects.all().delete()
    health.exchange()
    assert health.silent_until == {}


@pytest.mark.django_db(transaction=True)
def test_of_all_who_fold_at_once_none_is_overlooked(settings):
    settings.BREAKER_FAILURES = 100
    server = make.make_server()
    errors: list[Exception] = []

    def fold() -> None:
        try:
            for _ in range(10):
                ServerHealth.fold([Sign("office", is_up=False, at=make.START)])
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=fold) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    row = ServerHealth.objects.get(server=server)
    assert (row.failures, row.revision) == (40, 40)


def test_a_call_that_has_no_other_choice_is_no_try(twilio_post, health):
    make.make_number(make.make_endpoint())
    leg_ends(twilio_post, *[SILENT] * 3)
    before = dict(health.silent_until)
    assert rings(twilio_post) == [OFFICE]
    assert health.silent_until == before


@pytest.mark.django_db(transaction=True)
def test_what_comes_while_the_database_is_told_is_not_forgotten(monkeypatch):
    make.make_server()
    health = LiveHealth()
    failure = Sign("office", is_up=False, at=timezone.now())
    fold = ServerHealth.fold

    def slow_fold(signs: list[Sign]) -> None:
        fold(signs)
        health.hear(replace(failure, call="c"))

    for leg in "ab":
        health.hear(replace(failure, call=leg))
    monkeypatch.setattr(ServerHealth, "fold", slow_fold)
    health.exchange()
    assert "office" in health.silent_until
    monkeypatch.undo()
    health.exchange()
    assert ServerHealth.objects.get().failures == 3


def test_a_call_counts_once_however_many_legs_and_reports_it_has(twilio_post, health):
    make.make_story()
    leg_ends(twilio_post, *[SILENT] * 5, CallSid="CAone", ParentCallSid="CAcall")
    leg_ends(twilio_post, *[SILENT] * 5, ParentCallSid="CAcall")
    assert rings(twilio_post) == [OFFICE]
    open_it()
    health.exchange()
    states = [{"CallStatus": s, "To": TO} for s in ("ringing", "in-progress", "completed")]
    leg_ends(twilio_post, *states, CallSid="CAtwo", ParentCallSid="CAother")
    assert "office" in health.silent_until


def test_a_leg_that_fails_after_it_rang_has_failed(twilio_post, health):
    make.make_story()
    leg_ends(twilio_post, *[SILENT] * 2)
    failed = {**SILENT, "SipResponseCode": "503"}
    one = {"CallSid": "CAone", "ParentCallSid": "CAcall"}
    leg_ends(twilio_post, {**SILENT, "CallStatus": "ringing"}, failed, **one)
    leg_ends(twilio_post, *[SILENT] * 2)
    assert rings(twilio_post) == [make.MOBILE]


def test_a_try_that_never_reports_does_not_hide_that_another_has_failed(twilio_post, health):
    make.make_story()
    open_it()
    health.exchange()
    assert rings(twilio_post) == [OFFICE]
    ServerHealth.fold([Sign("office", is_up=False, at=timezone.now())])
    health.exchange()
    until = ServerHealth.objects.get().open_until
    assert health.silent_until["office"] == until > timezone.now() + timedelta(seconds=50)


def test_what_has_waited_for_the_database_says_nothing_of_today(twilio_post, health):
    make.make_story()
    old = timezone.now() - timedelta(minutes=3)
    for leg in "abc":
        health.hear(Sign("office", is_up=False, at=old, call=leg))
    health.exchange()
    assert (ServerHealth.load(), health.silent_until) == ({}, {})


def test_a_pause_that_a_wrong_clock_began_is_over(twilio_post, health):
    make.make_story()
    ServerHealth.fold([Sign("office", is_up=False, at=timezone.now() + timedelta(hours=1))] * 3)
    health.exchange()
    assert rings(twilio_post) == [OFFICE]


def test_two_servers_on_one_host_are_told_apart_by_their_ports(twilio_post, health):
    make.make_story()
    branch = make.make_server(name="branch", port=5070)
    make.make_endpoint(server=branch, dialled_number="099999998")
    leg_ends(twilio_post, *[{**SILENT, "To": "sip:myext@pbx.example.com:5070"}] * 3)
    assert rings(twilio_post) == [OFFICE]
    leg_ends(twilio_post, *[SILENT] * 3)
    assert rings(twilio_post) == [make.MOBILE]


def test_a_call_that_two_processes_have_heard_of_counts_once(twilio_post, health):
    make.make_story()
    other = LiveHealth()
    for sid in ("CA1", "CA2"):
        for each in (health, other):
            each.hear(Sign("office", is_up=False, at=timezone.now(), call=sid))
            each.exchange()
    assert ServerHealth.objects.get().failures == 2
    for each in (health, other):
        each.hear(Sign("office", is_up=False, at=timezone.now(), call="CA3"))
        each.exchange()
    for each in (other, health, other):
        each.hear(Sign("office", is_up=True, at=timezone.now(), call="CA4"))
        each.exchange()
    row = ServerHealth.objects.get()
    assert (row.as_health().is_closed, row.successes) == (False, 1)


def test_a_server_that_fails_after_the_clock_was_put_right_is_passed_over(twilio_post, health):
    make.make_story()
    ServerHealth.fold([Sign("office", is_up=False, at=timezone.now() + timedelta(days=1))] * 3)
    health.exchange()
    leg_ends(twilio_post, SILENT)
    health.exchange()
    row = ServerHealth.objects.get()
    assert row.opened_at <= timezone.now() < row.open_until
    assert rings(twilio_post) != [OFFICE]
