from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("telephony", "0002_carrier_networks"),
    ]

    operations = [
        migrations.AddField(
            model_name="asteriskserver",
            name="account_check",
            field=models.CharField(
                choices=[("off", "do not look"), ("log", "log and let in"), ("enforce", "refuse")],
                default="log",
                help_text="By the header X-Twilio-AccountSid, which not every call of Twilio's has: read Asterisk's log for a while before you refuse.",
                max_length=8,
                verbose_name="calls of other Twilio accounts",
            ),
        ),
    ]
