"""What every test has: no network, fast passwords, its own database file, and a Twilio that signs."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import connections
from django.db.models.signals import post_migrate
from django.test import override_settings
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker

from telephony.records.recorder import recorder
from telephony.records.refusals import refusals
from telephony.snapshots.live import live_directory
from telephony.webhooks.answer import get_ready
from tests import environment, make, twilio

hypothesis_settings.register_profile("suite", deadline=None)
hypothesis_settings.load_profile("suite")

if "PYTEST_XDIST_WORKER" in os.environ:
    # Processes that run tests side by side ignore it, and what the tests start would too.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Fixtures with which a test uses the tests' database, and those that bring one of their own.
DATABASE = frozenset({"db", "transactional_db", "entry"})
OWN_DATABASE = frozenset({"migrated", "python"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what need not be run again on another database, and what must not run side by side.

    What drives Asterisk stays in one process, and what drives the panel in another.
    """
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        uses_database = item.get_closest_marker("django_db") or DATABASE & fixtures
        if OWN_DATABASE & fixtures or not uses_database:
            item.add_marker(pytest.mark.any_database)
        for name in ("asterisk", "live"):
            if item.get_closest_marker(name):
                item.add_marker(pytest.mark.xdist_group(name))
                break


LOOPBACK = ("127.", "::1", "localhost")
STORE_S = 10.0


def refuse_network(event: str, args: tuple[Any, ...]) -> None:
    """No socket reaches beyond this machine, whoever opens it."""
    if event == "socket.getaddrinfo":
        host = args[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(args[1], tuple):
        host = args[1][0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host and not host.startswith(LOOPBACK):
        raise RuntimeError(f"a test tried to reach {host}; tests stay on this machine")


sys.addaudithook(refuse_network)


@pytest.fixture(autouse=True, scope="session")
def fast_passwords() -> Iterator[None]:
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """A real SQLite file, in WAL mode as in production, and not Django's database in memory."""
    database = connections["default"]
    if database.vendor == "sqlite":
        database.settings_dict["TEST"]["NAME"] = str(environment.FOLDER / "test.sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Every test finds what the migrations put in, in whatever order the tests run.

    A transactional test ends by flushing all tables, which sends post_migrate as migrations do.
    """
    telephony = apps.get_app_config("telephony")
    with django_db_blocker.unblock():
        brought = [(model, list(model._base_manager.all())) for model in telephony.get_models()]

    def bring_back(**_: object) -> None:
        for model, rows in brought:
            model._base_manager.bulk_create(rows, ignore_conflicts=True)

    post_migrate.connect(bring_back, sender=telephony)
    yield
    post_migrate.disconnect(bring_back, sender=telephony)


@pytest.fixture(scope="session")
def entry(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """The server's entry as production has it, with a thread that stores what was recorded."""
    # It reads the configuration, and may be asked for before a test has its database.
    with django_db_blocker.unblock():
        get_ready()


@pytest.fixture
def ask(transactional_db: None, entry: None) -> Callable[..., twilio.Answer]:
    """Pass a request through the server's entry, and wait until what it recorded is stored.

    The snapshot is refreshed first, unless the test says otherwise: a second is long for a test.
    """

    # What earlier tests have refused would be written down during this one.
    refusals._counts.clear()

    def ask(request: twilio.Request, *, refresh: bool = True) -> twilio.Answer:
        if refresh:
            live_directory.refresh()
        answer = twilio.ask(request)
        assert recorder.drain(STORE_S), "the recorder has not stored everything in time"
        return answer

    return ask


@pytest.fixture
def twilio_post(ask: Callable[..., twilio.Answer]) -> Callable[..., twilio.Answer]:
    """Post a webhook as Twilio would: `twilio_post("/twilio/voice/", From="anonymous")`.

    A field that is None is left out; a list posts its field once per value.
    """

    def post(path: str, *, token: str = environment.AUTH_TOKEN, **fields: Any) -> twilio.Answer:
        chosen = {**make.FIELDS, **fields}
        given = {name: value for name, value in chosen.items() if value is not None}
        return ask(twilio.sign(path, given, token))

    return post
