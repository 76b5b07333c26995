"""Inserts many rows with one statement.

With bulk_create, storing a webhook takes half as long again. Callers do not wait for it, but the
server's core does the work: it answers a sixth fewer calls per second (`make bench`).
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import orjson
from django.db import connection, models

Row = Sequence[Any]
# In one statement: SQLite keeps the last 128 that differ, and large ones took 30 MB.
ROWS_AT_MOST = 25
Prepare = Callable[[Any], Any]


def insert_new(
    model: type[models.Model],
    names: tuple[str, ...],
    rows: Sequence[Row],
    *,
    returning: tuple[str, ...] = (),
) -> list[Row]:
    """Insert the rows, and pass over those that already exist; return columns of the new ones."""
    tail = "ON CONFLICT DO NOTHING"
    if returning:
        tail += f" RETURNING {', '.join(_column(model, name) for name in returning)}"
    return _execute(model, names, rows, tail)


def upsert(
    model: type[models.Model], names: tuple[str, ...], rows: Sequence[Row], *, unique: str
) -> None:
    """Insert the rows, or update all other columns of those that already exist."""
    columns = [_column(model, name) for name in names if name != unique]
    assignments = ", ".join(f"{column} = excluded.{column}" for column in columns)
    tail = f"ON CONFLICT ({_column(model, unique)}) DO UPDATE SET {assignments}"
    _execute(model, names, rows, tail)


def add_up(
    model: type[models.Model],
    names: tuple[str, ...],
    rows: Sequence[Row],
    *,
    unique: tuple[str, ...],
    added: str,
) -> None:
    """Insert the rows, or add their values of one column to it, and update the other columns."""
    key = ", ".join(_column(model, name) for name in unique)
    table = connection.ops.quote_name(model._meta.db_table)
    sum_ = _column(model, added)
    columns = [_column(model, name) for name in names if name not in (*unique, added)]
    assignments = [f"{sum_} = {table}.{sum_} + excluded.{sum_}"]
    assignments += [f"{column} = excluded.{column}" for column in columns]
    _execute(model, names, rows, f"ON CONFLICT ({key}) DO UPDATE SET {', '.join(assignments)}")


def _execute(
    model: type[models.Model], names: tuple[str, ...], rows: Sequence[Row], tail: str
) -> list[Row]:
    insert, row = _insert(model, names)
    returned: list[Row] = []
    with connection.cursor() as cursor:
        for begin in range(0, len(rows), ROWS_AT_MOST):
            some = rows[begin : begin + ROWS_AT_MOST]
            statement = f"{insert} {', '.join([row] * len(some))} {tail}"
            cursor.execute(statement, _values(model, names, some))
            if "RETURNING" in tail:
                returned += cursor.fetchall()
    return returned


@cache
def _column(model: type[models.Model], name: str) -> str:
    return connection.ops.quote_name(model._meta.get_field(name).column)


@cache
def _insert(model: type[models.Model], names: tuple[str, ...]) -> tuple[str, str]:
    """The statement up to its rows, and one row of placeholders."""
    table = connection.ops.quote_name(model._meta.db_table)
    columns = ", ".join(_column(model, name) for name in names)
    return f"INSERT INTO {table} ({columns}) VALUES", f"({', '.join(['%s'] * len(names))})"


def _values(model: type[models.Model], names: tuple[str, ...], rows: Sequence[Row]) -> list[Any]:
    # The fields' own get_db_prep_save takes up to half as long again, for checks.
    prepare = _prepare(model, names)
    values: list[Any] = []
    for row in rows:
        begin = len(values)
        values += row
        for place, function in prepare:
            if values[begin + place] is not None:
                values[begin + place] = function(values[begin + place])
    return values


@cache
def _prepare(model: type[models.Model], names: tuple[str, ...]) -> list[tuple[int, Prepare]]:
    """The places of the columns whose values a database does not take as they are, and what they need."""
    places = []
    for place, name in enumerate(names):
        match model._meta.get_field(name):
            case models.DateTimeField():
                places.append((place, connection.ops.adapt_datetimefield_value))
            case models.JSONField():
                places.append((place, _adapt_json))
    return places


def _adapt_json(value: Any) -> Any:
    """Django's own takes ten times as long."""
    if connection.vendor == "postgresql":
        from psycopg.types.json import Jsonb  # SQLite needs none of it

        return Jsonb(value, orjson.dumps)
    return orjson.dumps(value).decode()
