"""Indexes who stands in past calls, for the search of the log."""

import logging
import re

from django.db import DatabaseError, migrations, transaction

logger = logging.getLogger(__name__)

PARTIES = "telephony_callparty"
INDEX = "telephony_callparty_trigrams"
ROLES = ("caller", "called", "caller_name", "forwarded_from", "answered_by")
NUMBER = re.compile(r"[\s().+/-]*[0-9][0-9\s().+/-]*")
ROWS_AT_ONCE = 10_000


def fold(text):
    return "".join(filter(str.isdigit, text)) if NUMBER.fullmatch(text) else text.casefold()


def fill(apps, schema_editor):
    parties = apps.get_model("telephony", "CallParty").objects
    calls = apps.get_model("telephony", "CallRecord").objects
    for role in ROLES:
        texts, last = calls.order_by(role).values_list(role, flat=True).distinct(), ""
        while some := list(texts.filter(**{f"{role}__gt": last})[:ROWS_AT_ONCE]):
            model = parties.model
            parties.bulk_create([model(role=role, text=text, folded=fold(text)) for text in some])
            last = some[-1]


def index(apps, schema_editor):
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.execute(
                f"CREATE VIRTUAL TABLE {INDEX} USING fts5"
                "(folded, content='', tokenize='trigram case_sensitive 1')"
            )
            copy = f"INSERT INTO {INDEX} (rowid, folded) SELECT id, folded FROM {PARTIES}"  # noqa: S608
            cursor.execute(copy)
            return
        try:
            with transaction.atomic(connection.alias):
                cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        except DatabaseError as error:
            logger.warning("no index for the search of calls, which will be slower: %s", error)
            return
        cursor.execute(f"CREATE INDEX {INDEX} ON {PARTIES} USING gin (folded gin_trgm_ops)")


def drop(apps, schema_editor):
    kind = "INDEX" if schema_editor.connection.vendor == "postgresql" else "TABLE"
    schema_editor.execute(f"DROP {kind} IF EXISTS {INDEX}")


class Migration(migrations.Migration):
    dependencies = [("telephony", "0019_search_calls")]
    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(index, drop),
    ]
