"""A number that asks for a key rings alone: held against two at once, and across migrations."""

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.db import IntegrityError, connections, transaction

from telephony.models import RouteStep
from telephony.models.triggers import CONSTRAINT, TRIGGERS
from tests import make

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_at_once_the_second_is_refused() -> None:
    number = make.make_number(make.make_endpoint())
    asking, plain = make.make_fallback(ask_for_key=True), make.make_endpoint(user="other")
    refused: list[str] = []

    def join() -> None:
        try:
            make.make_step(number, plain, position=2)
        except IntegrityError as error:
            refused.append(str(error))
        finally:
            connections.close_all()

    second = threading.Thread(target=join)
    with transaction.atomic():
        make.make_step(number, asking, position=2)
        second.start()
        second.join(0.5)
        assert second.is_alive()
    second.join(30)
    assert CONSTRAINT in refused[0]
    assert [step.destination for step in RouteStep.objects.filter(position=2)] == [asking]


def test_migrations_take_the_triggers_down_and_put_them_up(tmp_path: Path) -> None:
    file = tmp_path / "panel.sqlite3"

    def triggers_after(*target: str) -> set[str]:
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity=0", *target],
            env={**os.environ, "DATABASE_URL": f"sqlite:///{file}"},
            cwd=ROOT,
            check=True,
            timeout=60,
        )
        with sqlite3.connect(file) as connection:
            rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            return {name for (name,) in rows}

    # Migration 5 adds the column that they read, and SQLite remakes tables on the way back and on.
    assert triggers_after() == set(TRIGGERS)
    assert triggers_after("telephony", "0004") == set()
    assert triggers_after() == set(TRIGGERS)
