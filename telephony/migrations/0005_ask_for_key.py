from django.db import migrations, models

import telephony.models.fields


class Migration(migrations.Migration):
    dependencies = [
        ("telephony", "0004_remember_exports"),
    ]

    operations = [
        migrations.AddField(
            model_name="fallbacknumber",
            name="ask_for_key",
            field=models.BooleanField(
                default=False,
                help_text="Whoever picks up must press a key before the call is put through. A mailbox presses none, so the next step rings. Such a number rings alone at its position.",
                verbose_name="ask for a key",
            ),
        ),
        migrations.AddField(
            model_name="fallbacknumber",
            name="language",
            field=models.CharField(
                choices=[
                    ("en-US", "English (United States)"),
                    ("en-GB", "English (United Kingdom)"),
                    ("es-MX", "Spanish (Latin America)"),
                    ("es-ES", "Spanish (Spain)"),
                    ("pt-BR", "Portuguese (Brazil)"),
                    ("fr-FR", "French"),
                    ("de-DE", "German"),
                    ("it-IT", "Italian"),
                ],
                default="en-US",
                help_text="The language in which whoever picks up is asked for a key.",
                max_length=5,
            ),
        ),
        migrations.AlterField(
            model_name="phonenumber",
            name="busy_message",
            field=models.CharField(
                blank=True,
                help_text="What the caller hears when the last destination is busy. Empty: a sentence in the chosen language.",
                max_length=200,
                validators=[telephony.models.fields.validate_spoken],
            ),
        ),
        migrations.AlterField(
            model_name="phonenumber",
            name="language",
            field=models.CharField(
                choices=[
                    ("en-US", "English (United States)"),
                    ("en-GB", "English (United Kingdom)"),
                    ("es-MX", "Spanish (Latin America)"),
                    ("es-ES", "Spanish (Spain)"),
                    ("pt-BR", "Portuguese (Brazil)"),
                    ("fr-FR", "French"),
                    ("de-DE", "German"),
                    ("it-IT", "Italian"),
                ],
                default="en-US",
                help_text="The language in which a caller who reaches nobody is spoken to.",
                max_length=5,
            ),
        ),
        migrations.AlterField(
            model_name="phonenumber",
            name="unavailable_message",
            field=models.CharField(
                blank=True,
                help_text="What the caller hears when nobody takes the call. Empty: a sentence in the chosen language.",
                max_length=200,
                validators=[telephony.models.fields.validate_spoken],
            ),
        ),
    ]
