"""Messages that nobody has written become empty, so that each is spoken in its number's language."""

from django.db import migrations

ENGLISH = {
    "busy_message": "The line is busy. Please call again later.",
    "unavailable_message": "Nobody can take your call now. Please call again later.",
}


def empty_defaults(apps, schema_editor):
    numbers = apps.get_model("telephony", "PhoneNumber").objects
    for field, text in ENGLISH.items():
        numbers.filter(**{field: text}).update(**{field: ""})


def fill_defaults(apps, schema_editor):
    numbers = apps.get_model("telephony", "PhoneNumber").objects
    for field, text in ENGLISH.items():
        numbers.filter(**{field: ""}).update(**{field: text})


class Migration(migrations.Migration):
    dependencies = [("telephony", "0005_ask_for_key")]
    operations = [migrations.RunPython(empty_defaults, fill_defaults)]
