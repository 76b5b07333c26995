"""What our own threads do about a database that does not answer."""

import time

import pytest
from django.db import OperationalError, connection

from telephony import database
from telephony.database import tell, watch


@pytest.mark.django_db(transaction=True)
def test_a_database_that_does_not_answer_is_hung_up_on(monkeypatch, caplog):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no socket; its waits are limited")
    monkeypatch.setattr(database, "FROZEN_S", 1.0)
    began = time.monotonic()
    with (
        pytest.raises(OperationalError),
        watch.over("sleeping"),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT pg_sleep(60)")

    assert time.monotonic() - began < 10
    assert "sleeping: the database has not answered for" in caplog.text
    connection.close()
    # The server sleeps on, and would keep the tests' database from being deleted.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE query = 'SELECT pg_sleep(60)' AND pid <> pg_backend_pid()"
        )


@pytest.mark.django_db(transaction=True)
def test_one_that_answers_is_left_alone(monkeypatch):
    monkeypatch.setattr(database, "FROZEN_S", 0.5)
    for _ in range(3):
        with watch.over("asking"), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        time.sleep(0.5)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("no\nDETAIL: Failing row contains (+12025550143)"), "ValueError: no"),
        (ValueError('invalid input "+12025550143"'), 'ValueError: invalid input "(number)"'),
        (ValueError(), "ValueError"),
    ],
)
def test_an_error_is_told_without_anybodys_number(error, told):
    assert tell(error) == told
