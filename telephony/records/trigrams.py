"""The index of all parts of three characters or more of what stands in call records.

PostgreSQL: pg_trgm, if its extension could be created. SQLite: a table of FTS5 without content, whose
rowids are the ids of the parties; rows that are left over in it do no harm.
"""

from collections.abc import Sequence

from django.db import connection

from telephony.models import CallParty
from telephony.records.table import insert_new

PARTIES = CallParty._meta.db_table
INDEX = "telephony_callparty_trigrams"
# Characters; a shorter part has no trigram.
SHORTEST = 3


def add(rows: Sequence[tuple[str, str, str]]) -> None:
    """Add parties, as (role, text, folded), unless they are there already."""
    names = ("role", "text", "folded")
    if connection.vendor == "postgresql":
        insert_new(CallParty, names, rows)
    elif new := insert_new(CallParty, names, rows, returning=("id", "folded")):
        with connection.cursor() as cursor:
            insert = f"INSERT INTO {INDEX} (rowid, folded) VALUES (%s, %s)"  # noqa: S608  only a name
            cursor.executemany(insert, new)


def has_index() -> bool:
    """Whether parties can be found by their parts."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [INDEX])
        return cursor.fetchone()[0] is not None


def find(part: str, at_most: int) -> list[tuple[str, str]]:
    """Return (role, text) of the parties whose folded text has this part, in no order."""
    if connection.vendor == "postgresql":
        escaped = part.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
        where, values = "folded LIKE %s", [f"%{escaped}%"]
    else:
        # The second condition for rows that are left over from parties that are gone.
        where = f"id IN (SELECT rowid FROM {INDEX} WHERE {INDEX} MATCH %s) AND instr(folded, %s)"  # noqa: S608
        values = ['"{}"'.format(part.replace('"', '""')), part]
    statement = f"SELECT role, text FROM {PARTIES} WHERE {where} LIMIT {at_most:d}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
