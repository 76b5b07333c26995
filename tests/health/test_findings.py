"""What is found, and when it is gone again."""

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from telephony.health.findings.codes import Code, Kind
from telephony.health.findings.finders import last_heard
from telephony.health.findings.finding import Finding
from telephony.health.findings.survey import find_all, find_for, in_groups
from telephony.health.findings.words import WORDS
from telephony.models import AsteriskServer, CallRecord, PeriodicJob, PhoneNumber, SipEndpoint
from telephony.models.demo import HOST, MARK
from telephony.records.backlog import Refusal, refuse
from telephony.records.totals import add_up, mark, mark_all
from telephony.snapshots.asterisk import load_asterisk
from telephony.snapshots.comparison import render_all
from telephony.snapshots.exported import promote, remember
from telephony.snapshots.static import remember_static, render_all_static
from tests import make
from tests.environment import ACCOUNT_SID
from tests.floors import ROOT
from tests.health.wellbeing import make_all_well

pytestmark = pytest.mark.django_db

PAGE = (ROOT / "docs/operations.md").read_text()


@pytest.fixture(autouse=True)
def spool(settings: Any, tmp_path: Path) -> Path:
    settings.SPOOL_DIR = tmp_path
    return tmp_path


def codes(*, thorough: bool = False) -> set[str]:
    return {str(each.code) for each in find_all(thorough=thorough)}


def test_nothing_is_found_where_all_is_well(settings: Any) -> None:
    make_all_well(settings)
    assert codes() == codes(thorough=True) == set()


def test_every_code_has_words_and_a_row_in_the_documents() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \|", PAGE.split("## Doctor")[1].split("\n## ")[0], re.M)
    assert rows == [str(code) for code in Code]
    assert set(WORDS) == set(Code)


def test_every_command_can_be_pasted() -> None:
    commands = [words.command for words in WORDS.values() if words.command]
    assert all(command.startswith(".venv/bin/python manage.py ") for command in commands)
    assert len(commands) > 8


def test_an_empty_panel_is_told_one_thing_about_its_configuration() -> None:
    found = codes()
    assert "no-number" in found
    assert not found & {"no-server", "no-endpoint", "no-fallback", "never-heard"}


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:8000", "on this machine"),
        ("https://localhost", "on this machine"),
        ("https://192.168.1.7", "in this network"),
        ("https://panel", "in this network"),
        ("http://panel.example.com", "without TLS"),
        ("https://panel.example.com", None),
        ("https://8.8.8.8", None),
    ],
)
def test_an_address_that_twilio_cannot_use_is_found(
    settings: Any, url: str, reason: str | None
) -> None:
    settings.PUBLIC_BASE_URL = url
    found = [each for each in find_all() if each.code is Code.PUBLIC_ADDRESS]
    assert [reason in each.text for each in found] == ([] if reason is None else [True])


@pytest.mark.parametrize(
    ("tokens", "code"),
    [({ACCOUNT_SID: ("made-up-0123",)}, "made-up-token"), ({}, "no-token")],
)
def test_a_token_that_is_none_is_found(settings: Any, tokens: Any, code: str) -> None:
    assert code not in codes()
    settings.TWILIO_TOKENS = tokens
    assert code in codes()


def test_an_account_without_a_token_is_found() -> None:
    account = "AC" + "f" * 32
    make.make_number(make.make_fallback(), account_sid=account)
    (found,) = (each for each in find_all() if each.code is Code.FOREIGN_ACCOUNT)
    assert account in found.text


def test_what_is_missing_is_found() -> None:
    number = make.make_number(enabled=False)
    assert {"no-server", "no-fallback"} <= codes()
    # There is nothing for it to be on.
    assert "no-endpoint" not in codes()
    server = make.make_server()
    assert "no-endpoint" in codes()
    make.make_step(number, make.make_endpoint(server=server))
    make.make_fallback()
    assert not codes() & {"no-server", "no-endpoint", "no-fallback"}


def test_a_number_that_rings_nobody_is_found_until_it_rings() -> None:
    number = make.make_story()
    assert "rings-nobody" not in codes()
    SipEndpoint.objects.update(enabled=False)
    assert "rings-nobody" not in codes()
    number.steps.filter(position=2).delete()
    (found,) = (each for each in find_all() if each.code is Code.RINGS_NOBODY)
    assert found.page == f"/admin/telephony/phonenumber/{number.pk}/change/"
    PhoneNumber.objects.update(enabled=False)
    assert "rings-nobody" not in codes()


@pytest.mark.parametrize("thorough", [False, True])
def test_an_export_is_found_never_done_and_then_out_of_step(settings: Any, thorough: bool) -> None:
    make.make_story()
    (found,) = (each for each in find_all(thorough=thorough) if each.code is Code.NEVER_EXPORTED)
    assert found.command.endswith("--server office --output /etc/asterisk --reload")
    remember("office", render_all(load_asterisk(SipEndpoint.objects.get().server)))
    assert not codes(thorough=thorough) & {"never-exported", "export-differs"}
    SipEndpoint.objects.update(trunk="another")
    assert "export-differs" in codes(thorough=thorough)


def test_a_password_that_asterisk_has_yet_to_learn_is_found(settings: Any) -> None:
    make_all_well(settings)
    endpoint = SipEndpoint.objects.get()
    endpoint.next_username, endpoint.next_password = "another", "a" * 20
    endpoint.save()
    remember("office", render_all(load_asterisk(endpoint.server)))
    assert codes() == {"not-applied"}
    promote(load_asterisk(endpoint.server))
    assert codes() == set()


def test_the_demos_server_need_not_be_exported() -> None:
    make.make_story()
    SipEndpoint.objects.update(label=f"Office landline {MARK}")
    assert "never-exported" not in codes()
    # Whoever makes it theirs, or puts another on its server, has something to export.
    for change in (
        lambda: make.make_endpoint(server=AsteriskServer.objects.get(), user="mine"),
        lambda: SipEndpoint.objects.update(label="Reception"),
    ):
        with transaction.atomic():
            change()
            assert "never-exported" in codes()
            transaction.set_rollback(True)


def test_a_server_is_no_demo_because_of_its_host() -> None:
    make.make_story()
    assert AsteriskServer.objects.get().host == HOST
    assert "never-exported" in codes()


def test_a_server_that_cannot_be_exported_is_found() -> None:
    make.make_story()
    SipEndpoint.objects.update(trunk="bad name")
    (found,) = (each for each in find_all() if each.code is Code.EXPORT_REFUSED)
    assert found.page.endswith("/export/")


def test_documents_are_found_never_exported_and_then_out_of_date(settings: Any) -> None:
    make.make_story()
    assert not codes() & {"documents-never-exported", "documents-differ"}
    settings.STATIC_FALLBACK_URL = "https://static.example.com"
    assert "documents-never-exported" in codes()
    remember_static(render_all_static(), timezone.now())
    assert not codes() & {"documents-never-exported", "documents-differ"}
    SipEndpoint.objects.update(user="another")
    assert "documents-differ" in codes()


def test_jobs_are_found_never_run_late_and_failed() -> None:
    assert "never-ticked" in codes()
    job = PeriodicJob.objects.create(name="a job", started_at=timezone.now())
    assert not codes() & {"never-ticked", "job-late", "job-failed"}
    job.started_at -= timedelta(hours=2)
    job.save()
    assert "job-late" in codes()
    job.has_failed = True
    job.save()
    assert "job-failed" in codes()


def test_figures_that_lag_behind_or_differ_are_found() -> None:
    CallRecord.objects.create(call_sid="CA1", started_at=make.START)
    assert "totals-differ" not in codes()
    assert "totals-differ" in codes(thorough=True)
    sum(add_up())
    mark_all()
    assert "totals-differ" not in codes(thorough=True)
    assert "totals-behind" not in codes()
    mark(make.START + timedelta(hours=n) for n in range(25))
    assert "totals-behind" in codes()
    sum(add_up())
    assert not codes(thorough=True) & {"totals-behind", "totals-differ"}


def test_twilio_is_heard_by_a_real_call_only() -> None:
    make.make_story()
    CallRecord.objects.create(call_sid="CA1", started_at=make.START, is_simulated=True)
    assert "never-heard" in codes()
    assert last_heard() is None
    CallRecord.objects.create(call_sid="CA2", started_at=make.START)
    assert last_heard() == make.START
    assert "never-heard" not in codes()


def test_what_waits_and_what_was_refused_is_found(spool: Path) -> None:
    assert not codes() & {"webhooks-waiting", "webhooks-refused"}
    journal = spool / "webhooks-1.jsonl"
    journal.write_text("x")
    os.utime(journal, (0, 0))
    refuse(spool, [Refusal("a line", "a reason")])
    assert {"webhooks-waiting", "webhooks-refused"} <= codes()


def test_a_spool_that_cannot_be_read_is_found(settings: Any, spool: Path) -> None:
    (spool / "refused.jsonl").mkdir()
    assert "spool-unreadable" in codes()


def test_nobody_who_is_told_is_only_worth_knowing() -> None:
    (found,) = (each for each in find_all() if each.code is Code.NOBODY_IS_TOLD)
    assert found.kind is Kind.NOTE


def test_the_worst_comes_first(spool: Path) -> None:
    refuse(spool, [Refusal("a line", "a reason")])
    kinds = [group.kind for group in in_groups(find_all())]
    assert kinds == [Kind.WRONG, Kind.NOT_SET_UP, Kind.NOTE]


def test_what_is_done_first_comes_first(settings: Any) -> None:
    settings.TWILIO_TOKENS = {}
    order = [each.code for each in find_all() if each.kind is Kind.NOT_SET_UP]
    assert order == [Code.NO_NUMBER, Code.NO_TOKEN, Code.NEVER_TICKED]


def test_a_value_with_braces_stays_as_it_is() -> None:
    assert "{x}" in Finding(Code.JOB_FAILED, {"job": "a job", "result": "{x}"}).text


def test_a_user_without_permissions_is_told_nothing(django_user_model: Any) -> None:
    assert find_for(django_user_model.objects.create(username="nobody")) == []
