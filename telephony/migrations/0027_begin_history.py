"""Give each row that is there its first row of history: as it was when history began.

It has no fingerprints of secrets: the panel makes them before the row is next changed.
"""

from django.db import migrations
from django.utils import timezone

NAMES = (
    "AsteriskServer",
    "CarrierNetwork",
    "FallbackNumber",
    "PhoneNumber",
    "Policy",
    "RouteStep",
    "SipEndpoint",
)
BEGUN = "begun"
AT_ONCE = 500


def begin(apps, schema_editor):
    now = timezone.now()
    for name in NAMES:
        table = apps.get_model("telephony", f"Historical{name}")
        columns = {field.attname for field in table._meta.fields}
        rows = apps.get_model("telephony", name)._base_manager.order_by("pk")
        rows = rows.exclude(pk__in=table.objects.values("id"))
        kept = [field.attname for field in rows.model._meta.fields if field.attname in columns]
        first = {"history_date": now, "history_type": "~", "history_change_reason": BEGUN}
        made = [table(**first, **values) for values in rows.values(*kept)]
        table.objects.bulk_create(made, batch_size=AT_ONCE)


def forget(apps, schema_editor):
    for name in NAMES:
        table = apps.get_model("telephony", f"Historical{name}")
        table.objects.filter(history_change_reason=BEGUN).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("telephony", "0026_add_history"),
    ]
    operations = [
        migrations.RunPython(begin, forget),
    ]
