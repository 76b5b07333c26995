"""The rule that no CHECK and no UNIQUE can say: a number that asks for a key rings alone.

It joins two tables, so triggers on both hold it, against two people who save at once as well. They
are taken down before migrations and put up again after them, because SQLite can neither remake nor
rename a table that a trigger names. A trigger judges each row at once, so whoever
moves several steps gives each a position of its own in between (`RouteFormSet.save`).
"""

from collections.abc import Collection, Iterator
from typing import Any

from django.apps import AppConfig
from django.apps import apps as latest
from django.core.exceptions import FieldDoesNotExist
from django.db import connections

from telephony.models.numbers import FallbackNumber, PhoneNumber
from telephony.models.routes import RouteStep

CONSTRAINT = "routestep_asking_rings_alone"
MESSAGE = f"{CONSTRAINT}: a number that asks for a key rings alone at its position"
NUMBER, FALLBACK, STEP = (each._meta.db_table for each in (PhoneNumber, FallbackNumber, RouteStep))
HERE = "asking.number_id = NEW.number_id AND asking.position = NEW.position"
# Trigger -> when it fires, and where it then looks.
TRIGGERS = {
    f"{CONSTRAINT}_new": (f"INSERT ON {STEP}", HERE),
    f"{CONSTRAINT}_moved": (f"UPDATE ON {STEP}", HERE),
    f"{CONSTRAINT}_asks": (f"UPDATE ON {FALLBACK}", "fallback.id = NEW.id"),
}
CROWDED = f"""
    SELECT 1 FROM {STEP} AS asking
    JOIN {FALLBACK} AS fallback ON fallback.id = asking.fallback_number_id AND fallback.ask_for_key
    JOIN {STEP} AS other ON other.number_id = asking.number_id
        AND other.position = asking.position AND other.id <> asking.id
    WHERE """  # noqa: S608  only names of tables
# Whoever changes the same route, or what one of its numbers asks, waits until this one has ended.
LOCKS = f"""
    PERFORM 1 FROM {NUMBER} WHERE id = NEW.number_id FOR NO KEY UPDATE;
    PERFORM 1 FROM {FALLBACK} AS fallback JOIN {STEP} AS asking
        ON asking.fallback_number_id = fallback.id WHERE {HERE} FOR SHARE OF fallback;
"""


def put_up(sender: AppConfig, using: str, apps: Any = latest, **_: Any) -> None:
    """Put up the triggers, unless the migrations stop before the column that they read."""
    try:
        apps.get_model(sender.label, FallbackNumber.__name__)._meta.get_field("ask_for_key")
    except (LookupError, FieldDoesNotExist):
        return
    _execute(using, _on_postgresql() if _is_postgresql(using) else _on_sqlite())


def take_down(using: str, plan: Collection[Any] = (), **_: Any) -> None:
    """Take down the triggers, if there is anything to migrate."""
    if plan:
        drop = (
            "DROP FUNCTION IF EXISTS {}() CASCADE"
            if _is_postgresql(using)
            else "DROP TRIGGER IF EXISTS {}"
        )
        _execute(using, (drop.format(name) for name in TRIGGERS))


def _is_postgresql(using: str) -> bool:
    return connections[using].vendor == "postgresql"


def _execute(using: str, statements: Iterator[str]) -> None:
    with connections[using].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _on_sqlite() -> Iterator[str]:
    for name, (event, place) in TRIGGERS.items():
        yield (
            f"CREATE TRIGGER IF NOT EXISTS {name} AFTER {event} WHEN EXISTS ({CROWDED}{place}) "
            f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
        )


def _on_postgresql() -> Iterator[str]:
    for name, (event, place) in TRIGGERS.items():
        yield f"""
            CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                {LOCKS if place == HERE else ""}
                IF EXISTS ({CROWDED}{place}) THEN
                    RAISE EXCEPTION '{MESSAGE}'
                        USING ERRCODE = 'check_violation', CONSTRAINT = '{CONSTRAINT}';
                END IF;
                RETURN NULL;
            END $$"""
        yield (
            f"CREATE OR REPLACE TRIGGER {name} AFTER {event} FOR EACH ROW EXECUTE FUNCTION {name}()"
        )
