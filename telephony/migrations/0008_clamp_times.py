"""Lets no call end, or be answered, before it began: the next migration makes that a rule."""

from django.db import migrations
from django.db.models import F


def clamp_times(apps, schema_editor):
    calls = apps.get_model("telephony", "CallRecord").objects
    for field in ("answered_at", "ended_at"):
        calls.filter(**{f"{field}__lt": F("started_at")}).update(**{field: F("started_at")})


class Migration(migrations.Migration):
    dependencies = [("telephony", "0007_strip_secrets")]
    operations = [migrations.RunPython(clamp_times, migrations.RunPython.noop)]
