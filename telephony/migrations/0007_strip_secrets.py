"""Takes out of the stored webhooks what must never be kept: whoever has it can act as the caller."""

from django.db import migrations

SECRET_FIELDS = ("CallToken", "StirPassportToken")
ROWS_AT_ONCE = 500


def strip_secrets(apps, schema_editor):
    events = apps.get_model("telephony", "CallEvent").objects.order_by("pk")
    telling = events.filter(params__has_any_keys=SECRET_FIELDS)
    last = 0
    while rows := list(telling.filter(pk__gt=last).only("params")[:ROWS_AT_ONCE]):
        for row in rows:
            row.params = {n: v for n, v in row.params.items() if n not in SECRET_FIELDS}
        events.bulk_update(rows, ["params"], batch_size=ROWS_AT_ONCE)
        last = rows[-1].pk


class Migration(migrations.Migration):
    dependencies = [("telephony", "0006_default_messages")]
    # What was taken out cannot come back.
    operations = [migrations.RunPython(strip_secrets, migrations.RunPython.noop)]
