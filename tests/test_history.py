"""Every change of what people and commands edit is in its table's history, whoever made it and however."""

import ast
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, User
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import Model
from django.test import RequestFactory
from simple_history.models import HistoricalRecords

from telephony.models import (
    AsteriskServer,
    CarrierNetwork,
    FallbackNumber,
    PhoneNumber,
    Policy,
    RouteStep,
    SipEndpoint,
)
from telephony.models.history import FOUND, records_of, who
from telephony.rehearsal import demo
from telephony.snapshots import exported
from telephony.snapshots.asterisk import load_asterisk
from tests import floors, make

TRACKED = [model for model in apps.get_app_config("telephony").get_models() if records_of(model)]
# What the panel itself keeps beside what people edit.
LEFT_OUT = {name for model in TRACKED for name in model._meta.records.excluded_fields}


@pytest.fixture(autouse=True)
def database(db: None) -> None:
    pass


def unkept() -> list[Any]:
    """Return every difference between a table and its history, whose secrets are known there."""
    return [
        (row.instance_type.__name__, row.id)
        for model in TRACKED
        for row in model._meta.records.unkept()
    ]


def kinds(model: type[Model], key: object) -> str:
    """Return what became of a row, oldest first: + made, ~ changed, - removed."""
    rows = model.history.filter(id=key).order_by("history_id")
    return "".join(rows.values_list("history_type", flat=True))


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_these_are_the_tables_with_a_history() -> None:
    assert set(TRACKED) == {
        AsteriskServer,
        CarrierNetwork,
        FallbackNumber,
        PhoneNumber,
        Policy,
        RouteStep,
        SipEndpoint,
    }


def test_a_save_and_a_deletion_are_kept() -> None:
    fallback = make.make_fallback()
    key = fallback.pk
    fallback.label = "Ana"
    fallback.save()
    fallback.delete()
    assert kinds(FallbackNumber, key) == "+~-"
    assert FallbackNumber.history.filter(id=key)[1].label == "Ana"


def test_a_save_that_changes_nothing_is_none() -> None:
    fallback = make.make_fallback()
    fallback.save()
    assert kinds(FallbackNumber, fallback.pk) == "+"


def test_what_is_deleted_along_is_kept() -> None:
    number = make.make_story()
    keys = [step.pk for step in number.steps.all()]
    PhoneNumber.objects.all().delete()
    assert [kinds(RouteStep, key) for key in keys] == ["+-", "+-"]
    assert unkept() == []


def test_an_update_keeps_every_row_that_it_changes_and_no_other() -> None:
    steps = make.make_story().steps.order_by("pk")
    RouteStep.objects.filter(position=2).update(ring_s=45)
    assert [kinds(RouteStep, step.pk) for step in steps] == ["+", "+~"]
    # It no longer finds the row that it has changed.
    RouteStep.objects.filter(ring_s=45).update(ring_s=46)
    assert RouteStep.history.first().ring_s == 46


def test_an_update_of_what_the_panel_itself_keeps_is_none() -> None:
    number = make.make_story()
    PhoneNumber.objects.update(static_fingerprint="abc")
    assert kinds(PhoneNumber, number.pk) == "+"


def test_what_is_written_in_bulk_is_kept() -> None:
    rows = FallbackNumber.objects.bulk_create(
        [FallbackNumber(e164=f"+5989999999{digit}") for digit in range(3)]
    )
    for row in rows:
        row.label = "Ana"
    FallbackNumber.objects.bulk_update(rows, ["label"])
    assert [kinds(FallbackNumber, row.pk) for row in rows] == ["+~"] * 3
    assert unkept() == []


@pytest.mark.parametrize("way", ["ignore_conflicts", "update_conflicts"])
def test_what_django_does_not_tell_of_is_refused(way: str) -> None:
    with pytest.raises(NotImplementedError, match="save row by row"):
        FallbackNumber.objects.bulk_create([FallbackNumber(e164=make.MOBILE)], **{way: True})


def test_some_columns_saved_from_an_old_row_say_what_the_table_has() -> None:
    fallback = make.make_fallback(label="old")
    FallbackNumber.objects.update(label="new")
    fallback.enabled = False
    fallback.save(update_fields=["enabled"])
    last = FallbackNumber.history.first()
    assert (last.label, last.enabled) == ("new", False)
    assert unkept() == []


def test_what_is_taken_back_was_never_made() -> None:
    fallback = make.make_fallback()
    with pytest.raises(RuntimeError), transaction.atomic():
        FallbackNumber.objects.update(label="Ana")
        raise RuntimeError
    assert kinds(FallbackNumber, fallback.pk) == "+"


@pytest.mark.django_db(transaction=True)
def test_what_is_written_together_has_one_moment() -> None:
    number = make.make_story()
    with transaction.atomic():
        number.label = "Sales"
        number.save()
        RouteStep.objects.update(ring_s=30)
    number.label = "Support"
    number.save()
    later, earlier = PhoneNumber.history.all()[:2]
    assert {step.history_date for step in RouteStep.history.filter(ring_s=30)} == {
        earlier.history_date
    }
    assert later.history_date > earlier.history_date


def test_what_was_changed_by_sql_is_nobodys_and_comes_before_the_next_save() -> None:
    step = make.make_story().steps.first()
    sql("UPDATE telephony_routestep SET ring_s = 99 WHERE id = %s", step.pk)
    assert unkept() == [("RouteStep", step.pk)]
    RouteStep.objects.filter(pk=step.pk).update(on_busy=True)
    saved, found, made = RouteStep.history.filter(id=step.pk)
    assert (found.history_change_reason, found.history_user_id) == (FOUND, "")
    assert [row.ring_s for row in (saved, found, made)] == [99, 99, 20]
    assert [row.on_busy for row in (saved, found, made)] == [True, False, False]
    assert unkept() == []


def test_what_was_changed_by_sql_is_found_before_a_save_and_a_deletion_too() -> None:
    number = make.make_story()
    sql("UPDATE telephony_phonenumber SET label = 'by SQL'")
    fresh = PhoneNumber.objects.get()
    fresh.enabled = False
    fresh.save()
    sql("UPDATE telephony_phonenumber SET label = 'again'")
    PhoneNumber.objects.get().delete()
    reasons = PhoneNumber.history.filter(id=number.pk).order_by("history_id")
    assert [(row.history_type, row.history_change_reason) for row in reasons] == [
        ("+", None),
        ("~", FOUND),
        ("~", None),
        ("~", FOUND),
        ("-", None),
    ]


def test_what_was_made_or_deleted_by_sql_is_seen() -> None:
    number = make.make_story()
    sql("DELETE FROM telephony_routestep WHERE number_id = %s", number.pk)
    assert [name for name, _ in unkept()] == ["RouteStep", "RouteStep"]


def test_no_history_has_a_secret() -> None:
    number = make.make_story()
    endpoint = SipEndpoint.objects.get()
    endpoint.keep_until_applied("former-name", "former-password")
    endpoint.save()
    SipEndpoint.objects.update(next_password="another-password")
    secrets = {make.PASSWORD, "former-password", "another-password", number.static_key}
    kept = [str(row) for model in TRACKED for row in model.history.values()]
    assert kept
    assert [secret for secret in secrets for row in kept if secret in row] == []
    columns = {field.name for model in TRACKED for field in model.history.model._meta.fields}
    assert columns & {"password", "next_password", "static_key"} == set()


def test_a_new_password_is_told_from_a_kept_one() -> None:
    make.make_endpoint()
    SipEndpoint.objects.update(password="another-password")
    SipEndpoint.objects.update(label="Ana")
    labelled, changed, made = (row.history_secrets for row in SipEndpoint.history.all())
    assert made["password"] != changed["password"] == labelled["password"]


def test_equal_passwords_of_two_endpoints_do_not_look_equal() -> None:
    make.make_endpoint()
    make.make_endpoint(user="other")
    assert len({row.history_secrets["password"] for row in SipEndpoint.history.all()}) == 2


def test_another_secret_key_makes_no_password_new(settings: Any) -> None:
    endpoint = make.make_endpoint()
    settings.SECRET_KEY = "another" * 10
    SipEndpoint.objects.update(password="another-password")
    changed, again, made = (row.history_secrets for row in SipEndpoint.history.all())
    # The fingerprints are made anew first, so that this change can be told too.
    assert made["key"] != again["key"] == changed["key"]
    assert again["password"] != changed["password"]
    assert kinds(SipEndpoint, endpoint.pk) == "+~~"


def test_a_user_is_named_and_so_is_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    request = RequestFactory().get("/")
    request.user = User(username="ana")
    assert who(request) == "ana"
    monkeypatch.setattr(sys, "argv", ["/srv/panel/manage.py", "load_demo", "--quiet"])
    assert who() == "manage.py load_demo"
    monkeypatch.setattr(sys, "argv", ["/usr/bin/pytest", "tests"])
    assert who() == ""


@pytest.fixture
def asked_by() -> Iterator[Callable[[AbstractBaseUser | AnonymousUser], None]]:
    """Whoever is said to be signed in, as the middleware says it."""

    def ask(user: AbstractBaseUser | AnonymousUser) -> None:
        request = RequestFactory().get("/")
        request.user = user
        HistoricalRecords.context.request = request

    yield ask
    del HistoricalRecords.context.request


def test_who_is_not_signed_in_is_no_user(asked_by: Callable[..., None]) -> None:
    asked_by(AnonymousUser())
    make.make_fallback()
    assert FallbackNumber.history.get().history_user_id == ""


def test_a_user_who_is_gone_is_still_named(asked_by: Callable[..., None]) -> None:
    user = User.objects.create(username="ana")
    asked_by(user)
    make.make_fallback()
    user.delete()
    assert FallbackNumber.history.get().history_user == "ana"


# How each command is called here; the server and what calls it over HTTP run nothing of their own.
COMMANDS: dict[str, list[str] | None] = {
    "alerts": [],
    "close_stale_calls": [],
    "doctor": [],
    "export_asterisk": ["--server", "office", "--output", "{folder}"],
    "export_calls": [],
    "export_twiml": ["--output", "{folder}"],
    "first_run": [],
    "import_csv": ["fallback-numbers", "{folder}/fallbacks.csv"],
    "journal": [],
    "load_demo": [],
    "probe_servers": [],
    "rebuild_calls": [],
    "rebuild_totals": [],
    "serve": None,
    "simulate_call": None,
    "tick": [],
}


def test_these_are_all_commands() -> None:
    folder = floors.ROOT / "telephony/management/commands"
    assert {path.stem for path in folder.glob("[a-z]*.py")} == set(COMMANDS)


# The demo's calls are stored by a thread, which no transaction of a test would take back.
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("command", [name for name, words in COMMANDS.items() if words is not None])
def test_no_command_writes_past_the_history(command: str, tmp_path: Any) -> None:
    make.make_server(host="127.0.0.1")
    make.make_story()
    Policy.current()
    (tmp_path / "fallbacks.csv").write_text("number,label\n+59899999999,Imported\n")
    words = [word.format(folder=tmp_path) for word in COMMANDS[command] or []]
    try:
        call_command(command, *words, stdout=StringIO(), stderr=StringIO())
    except (SystemExit, CommandError) as error:
        # Some of them say by this what they have found.
        assert "usage" not in str(error)
    assert unkept_but_begun() == []


def test_removing_the_demo_is_kept() -> None:
    number = demo.load_configuration()
    demo.remove()
    assert kinds(PhoneNumber, number.pk) == "+-"
    assert unkept_but_begun() == []


def test_what_asterisk_has_taken_is_kept() -> None:
    endpoint = make.make_endpoint(next_username="new", next_password="another-password")
    assert exported.promote(load_asterisk(AsteriskServer.objects.get())) == 1
    last = SipEndpoint.history.first()
    assert (last.id, last.username, last.next_username) == (endpoint.pk, "new", None)
    assert unkept_but_begun() == []


def unkept_but_begun() -> list[Any]:
    return [each for each in unkept() if each[0] != "CarrierNetwork"]


def test_loaddata_is_seen_and_said_to_be_nobodys(tmp_path: Any) -> None:
    fallback = make.make_fallback()
    file = tmp_path / "rows.json"
    call_command("dumpdata", "telephony.fallbacknumber", output=str(file), verbosity=0)
    file.write_text(file.read_text().replace('"label": ""', '"label": "loaded"'))
    call_command("loaddata", str(file), verbosity=0)
    assert unkept_but_begun() == [("FallbackNumber", fallback.pk)]
    FallbackNumber.objects.get().delete()
    found = FallbackNumber.history.all()[1]
    assert (found.label, found.history_change_reason) == ("loaded", FOUND)


def histories() -> dict[type[Model], list[Any]]:
    # A dump has times to the millisecond.
    columns = ("history_id", "id", "history_type", "history_user_id")
    return {model: list(model.history.values_list(*columns)) for model in TRACKED}


def test_a_dump_with_its_history_comes_back_as_it_was(tmp_path: Any) -> None:
    make.make_story()
    file = tmp_path / "all.json"
    call_command("dumpdata", "telephony", output=str(file), verbosity=0)
    before = histories()
    for model in (PhoneNumber, SipEndpoint, AsteriskServer, FallbackNumber):
        model.objects.all().delete()
    for model in TRACKED:
        model.history.all().delete()
    call_command("loaddata", str(file), verbosity=0)
    assert histories() == before
    assert unkept_but_begun() == []


# What writes without asking the table's own manager, and so past the history.
PAST = {"_base_manager", "_raw_delete", "save_base", "save_without_historical_record"}


def writes_past(tree: ast.AST) -> set[str]:
    """Return the columns that are updated past the history, and what else would go past it."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            inside = {n.attr for n in ast.walk(node.func) if isinstance(n, ast.Attribute)}
            if node.func.attr == "update" and "_base_manager" in inside:
                found |= {word.arg or "**" for word in node.keywords}
            elif inside & PAST and node.func.attr in ("delete", "bulk_create", "bulk_update"):
                found.add(node.func.attr)
        if isinstance(node, ast.Attribute) and node.attr in PAST - {"_base_manager"}:
            found.add(node.attr)
        if isinstance(node, ast.Name) and node.id == "skip_history_when_saving":
            found.add(node.id)
    return found


@pytest.mark.parametrize("path", floors.sources(), ids=lambda path: floors.module_of(path))
def test_no_module_writes_past_the_history_what_people_edit(path: Any) -> None:
    assert writes_past(ast.parse(path.read_text())) - LEFT_OUT == set()


@pytest.mark.parametrize(
    "line",
    [
        "PhoneNumber._base_manager.filter(pk=1).update(label='x')",
        "PhoneNumber._base_manager.all().delete()",
        "rows._raw_delete('default')",
        "number.save_without_historical_record()",
    ],
)
def test_what_would_write_past_it_is_found(line: str) -> None:
    assert writes_past(ast.parse(line)) - LEFT_OUT != set()


def test_every_table_with_a_history_has_the_manager_that_keeps_it() -> None:
    managers = {model: type(model._default_manager.all()).__mro__ for model in TRACKED}
    names = {model: {each.__name__ for each in mro} for model, mro in managers.items()}
    assert [model for model in TRACKED if "RecordedQuerySet" not in names[model]] == []


def test_rows_of_before_begin_their_history_and_the_way_back_forgets_it() -> None:
    make.make_story()
    for model in TRACKED:
        model.history.all().delete()
    begin = import_module("telephony.migrations.0027_begin_history")
    begin.begin(apps, None)
    assert kinds(RouteStep, RouteStep.objects.first().pk) == "~"
    begin.begin(apps, None)
    assert RouteStep.history.count() == 2
    RouteStep.objects.update(ring_s=50)
    begin.forget(apps, None)
    assert {row.ring_s for row in RouteStep.history.all()} == {50}


def test_a_command_is_named_by_the_row_that_it_writes(tmp_path: Any) -> None:
    """In a process of its own, as it is run."""
    database = tmp_path / "own.sqlite3"
    env = {**os.environ, "DATABASE_URL": f"sqlite:///{database}"}
    run = [sys.executable, str(floors.ROOT / "manage.py")]
    for words in (
        ["migrate", "--verbosity", "0"],
        ["shell", "-c", "from telephony.models import *; Policy.current()"],
    ):
        subprocess.run([*run, *words], env=env, check=True, capture_output=True, timeout=120)
    ask = "from telephony.models import *; print('by', Policy.history.get().history_user)"
    told = subprocess.run(
        [*run, "shell", "-c", ask], env=env, check=True, capture_output=True, text=True, timeout=120
    )
    assert "by manage.py shell" in told.stdout
