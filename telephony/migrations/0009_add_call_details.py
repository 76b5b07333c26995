from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("telephony", "0008_clamp_times"),
    ]

    operations = [
        migrations.AddField(
            model_name="callleg",
            name="destination_key",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="callleg",
            name="is_answered",
            field=models.BooleanField(default=False, verbose_name="answered"),
        ),
        migrations.AddField(
            model_name="callrecord",
            name="caller_name",
            field=models.CharField(blank=True, max_length=128, verbose_name="caller's name"),
        ),
        migrations.AddField(
            model_name="callrecord",
            name="forwarded_from",
            field=models.CharField(blank=True, max_length=128),
        ),
        migrations.AddField(
            model_name="callrecord",
            name="missing",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="callrecord",
            name="verstat",
            field=models.CharField(blank=True, max_length=64, verbose_name="caller ID check"),
        ),
        migrations.AlterField(
            model_name="callrecord",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("ringing", "in progress"),
                    ("answered", "answered"),
                    ("failed-over", "answered after failover"),
                    ("unanswered", "nobody answered"),
                    ("busy", "busy"),
                    ("caller-gone", "caller hung up"),
                    ("rejected", "rejected"),
                    ("unknown", "unknown to the panel"),
                ],
                default="ringing",
                max_length=16,
            ),
        ),
        migrations.AddConstraint(
            model_name="callrecord",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ended_at__isnull", True),
                    ("ended_at__gte", models.F("started_at")),
                    _connector="OR",
                ),
                name="callrecord_ends_after_its_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="callrecord",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("answered_at__isnull", True),
                    ("answered_at__gte", models.F("started_at")),
                    _connector="OR",
                ),
                name="callrecord_answered_after_its_start",
            ),
        ),
    ]
