from django.db import migrations, models

import telephony.models.numbers


def make_keys(apps, schema_editor):
    """Give each number a key of its own: the column's default would be one for all."""
    numbers = apps.get_model("telephony", "PhoneNumber").objects
    for pk in numbers.values_list("pk", flat=True):
        numbers.filter(pk=pk).update(static_key=telephony.models.numbers.make_static_key())


class Migration(migrations.Migration):
    dependencies = [
        ("telephony", "0010_reword_texts"),
    ]

    operations = [
        migrations.AddField(
            model_name="phonenumber",
            name="static_exported_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="phonenumber",
            name="static_fingerprint",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=64
            ),
        ),
        migrations.AddField(
            model_name="phonenumber",
            name="static_key",
            field=models.CharField(editable=False, max_length=32, null=True),
        ),
        migrations.RunPython(make_keys, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="phonenumber",
            name="static_key",
            field=models.CharField(
                default=telephony.models.numbers.make_static_key,
                editable=False,
                max_length=32,
                null=True,
                unique=True,
            ),
        ),
    ]
