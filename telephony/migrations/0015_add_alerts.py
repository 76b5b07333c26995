import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("telephony", "0014_index_failovers"),
    ]

    operations = [
        migrations.CreateModel(
            name="Alert",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=32)),
                ("subject", models.CharField(blank=True, max_length=128)),
                ("since", models.DateTimeField()),
                ("values", models.JSONField(default=dict)),
                ("holds", models.BooleanField()),
                ("turned_at", models.DateTimeField()),
                ("begun_at", models.DateTimeField(null=True)),
                ("over_at", models.DateTimeField(null=True)),
                ("channels", models.JSONField(default=dict)),
            ],
            options={
                "ordering": ("since", "code", "subject"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("code", "subject"), name="alert_once_a_subject"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("over_at__isnull", True),
                            models.Q(
                                ("begun_at__isnull", False), ("over_at__gte", models.F("begun_at"))
                            ),
                            _connector="OR",
                        ),
                        name="alert_over_after_it_has_begun",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Policy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "server_down",
                    models.BooleanField(
                        default=True,
                        help_text="An Asterisk server does not answer.",
                        verbose_name="server down",
                    ),
                ),
                (
                    "server_down_after_s",
                    models.PositiveIntegerField(
                        default=120,
                        validators=[django.core.validators.MaxValueValidator(86400)],
                        verbose_name="server down told after (s)",
                    ),
                ),
                (
                    "database_down",
                    models.BooleanField(
                        default=True,
                        help_text="The database takes no webhooks.",
                        verbose_name="database down",
                    ),
                ),
                (
                    "database_down_after_s",
                    models.PositiveIntegerField(
                        default=60,
                        validators=[django.core.validators.MaxValueValidator(86400)],
                        verbose_name="database down told after (s)",
                    ),
                ),
                (
                    "journal_waiting",
                    models.BooleanField(
                        default=True,
                        help_text="Webhooks have waited for over a minute for a database that is there.",
                        verbose_name="journal waiting",
                    ),
                ),
                (
                    "journal_waiting_after_s",
                    models.PositiveIntegerField(
                        default=300,
                        validators=[django.core.validators.MaxValueValidator(86400)],
                        verbose_name="journal waiting told after (s)",
                    ),
                ),
                (
                    "signature_refused",
                    models.BooleanField(
                        default=True,
                        help_text="The signature of a request that names an account of ours is wrong.",
                        verbose_name="webhook refused",
                    ),
                ),
                (
                    "signature_refused_after_s",
                    models.PositiveIntegerField(
                        default=0,
                        validators=[django.core.validators.MaxValueValidator(86400)],
                        verbose_name="webhook refused told after (s)",
                    ),
                ),
                (
                    "silence",
                    models.BooleanField(
                        default=True,
                        help_text="A number usually has had calls by now, on this day of the week, and today none.",
                        verbose_name="silence",
                    ),
                ),
                (
                    "silence_after_s",
                    models.PositiveIntegerField(
                        default=0,
                        validators=[django.core.validators.MaxValueValidator(86400)],
                        verbose_name="silence told after (s)",
                    ),
                ),
                (
                    "silence_calls",
                    models.PositiveSmallIntegerField(
                        default=5,
                        help_text="Silence is told only of a number that usually has had this many calls by now.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(10000),
                        ],
                        verbose_name="usual calls",
                    ),
                ),
                (
                    "missed_call",
                    models.BooleanField(
                        default=False,
                        help_text="Nobody answered a caller. Those of one minute are told in one message.",
                        verbose_name="missed call",
                    ),
                ),
                ("missed_call_from", models.DateTimeField(editable=False, null=True)),
                ("silence_looked_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "verbose_name": "policy",
                "verbose_name_plural": "policy",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="policy_one_row"),
                    models.CheckConstraint(
                        condition=models.Q(("silence_calls__range", (1, 10000))),
                        name="policy_silence_calls_1_10000",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("server_down_after_s__range", (0, 86400))),
                        name="policy_server_down_after_0_86400",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("database_down_after_s__range", (0, 86400))),
                        name="policy_database_down_after_0_86400",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("journal_waiting_after_s__range", (0, 86400))),
                        name="policy_journal_waiting_after_0_86400",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("signature_refused_after_s__range", (0, 86400))),
                        name="policy_signature_refused_after_0_86400",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("silence_after_s__range", (0, 86400))),
                        name="policy_silence_after_0_86400",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RefusedWebhooks",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("hour", models.DateTimeField()),
                ("reason", models.CharField(max_length=32)),
                (
                    "account_sid",
                    models.CharField(blank=True, max_length=64, verbose_name="account SID"),
                ),
                ("count", models.PositiveBigIntegerField(default=0)),
                ("last_at", models.DateTimeField()),
            ],
            options={
                "ordering": ("-hour", "reason", "account_sid"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("hour", "reason", "account_sid"),
                        name="refusedwebhooks_once_an_hour",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("last_at__gte", models.F("hour"))),
                        name="refusedwebhooks_last_in_its_hour",
                    ),
                ],
            },
        ),
    ]
