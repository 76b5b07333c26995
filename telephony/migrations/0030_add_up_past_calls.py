"""Marks all hours since the first call, so that `manage.py tick` adds them up, the newest first."""

from datetime import timedelta

from django.db import migrations
from django.utils import timezone

HOUR = timedelta(hours=1)
ROWS_AT_ONCE = 10_000


def mark(apps, schema_editor):
    calls = apps.get_model("telephony", "CallRecord").objects.order_by("started_at")
    marks = apps.get_model("telephony", "ChangedTotal").objects
    first = calls.values_list("started_at", flat=True).first()
    if first is None:
        return
    begin = first.replace(minute=0, second=0, microsecond=0)
    count = int((timezone.now() - begin) / HOUR) + 1
    rows = [marks.model(hours=1, begins_at=begin + n * HOUR) for n in range(count)]
    marks.bulk_create(rows, ROWS_AT_ONCE)


class Migration(migrations.Migration):
    dependencies = [("telephony", "0029_index_calls_going_on")]

    operations = [migrations.RunPython(mark, migrations.RunPython.noop, elidable=True)]
