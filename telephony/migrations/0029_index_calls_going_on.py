from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("telephony", "0028_add_call_totals")]

    operations = [
        migrations.AddIndex(
            model_name="callrecord",
            index=models.Index(
                condition=models.Q(("outcome", "ringing")),
                fields=["-started_at"],
                name="callrecord_going_on",
            ),
        ),
    ]
