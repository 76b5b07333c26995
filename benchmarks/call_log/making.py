"""Puts the rows into a database, and tells how long the migrations take that follow."""

import itertools
import time
from collections.abc import Iterator

from django.core.management import call_command
from django.db import connection

from benchmarks.call_log.calls import COLUMNS, LEG_COLUMNS, NUMBERS, legs, number, rows
from telephony.models import CallLeg, CallRecord, PhoneNumber
from telephony.records.totals import add_up

# The last migration before those that index the log.
BEFORE = "0018"
ROWS_AT_ONCE = 50_000
TABLE, LEGS = CallRecord._meta.db_table, CallLeg._meta.db_table


def make(count: int) -> None:
    call_command("migrate", "telephony", BEFORE, verbosity=0)
    begin = time.perf_counter()
    copy(count) if connection.vendor == "postgresql" else insert(count)
    made = time.perf_counter()
    call_command("migrate", verbosity=0)
    indexed = time.perf_counter()
    hours = sum(add_up())
    added = time.perf_counter()
    if connection.vendor == "postgresql":
        # Of a table so new, autovacuum has not come round yet.
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    PhoneNumber.objects.bulk_create(
        [PhoneNumber(e164=number(place), label=f"Line {place}") for place in range(NUMBERS)], 1000
    )
    print(
        f"made in {made - begin:.0f} s; migrated to the search in {indexed - made:.1f} s; "
        f"{hours:,} hours added up in {added - indexed:.1f} s"
    )


def copy(count: int) -> None:
    connection.ensure_connection()
    for some in chunks(count):
        with connection.connection.cursor() as cursor:
            for table, columns, values in ((TABLE, COLUMNS, some), (LEGS, LEG_COLUMNS, legs(some))):
                with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as into:
                    for row in values:
                        into.write_row(row)


def insert(count: int) -> None:
    with connection.cursor() as cursor:
        # Nobody will miss it if the machine goes down meanwhile.
        cursor.execute("PRAGMA synchronous = OFF")
        cursor.execute("PRAGMA cache_size = -1000000")
    for some in chunks(count):
        connection.connection.execute("BEGIN")
        for table, columns, values in ((TABLE, COLUMNS, some), (LEGS, LEG_COLUMNS, legs(some))):
            marks = ", ".join("?" * len(columns))
            statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
            connection.connection.executemany(statement, values)
        connection.connection.execute("COMMIT")
    connection.close()


def chunks(count: int) -> Iterator[list[tuple[object, ...]]]:
    made = rows(count)
    while some := list(itertools.islice(made, ROWS_AT_ONCE)):
        yield some
