from decimal import Decimal

import django.core.validators
import django.db.models.deletion
import simple_history.models
from django.db import migrations, models

import telephony.models.fields
import telephony.models.networks


class Migration(migrations.Migration):
    dependencies = [
        ("telephony", "0025_shorten_help_of_numbers"),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalAsteriskServer",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        db_index=True,
                        help_text="What you call it, such as office. Names in the exported files begin with it.",
                        max_length=64,
                        validators=[telephony.models.fields.validate_name],
                    ),
                ),
                (
                    "host",
                    models.CharField(
                        help_text="Public host name or IPv4 address, such as pbx.example.com.",
                        max_length=128,
                        validators=[telephony.models.fields.validate_host],
                    ),
                ),
                (
                    "port",
                    models.PositiveIntegerField(
                        default=5060,
                        help_text="1 to 65535. SIP normally uses 5060, and 5061 over TLS.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(65535),
                        ],
                    ),
                ),
                (
                    "transport",
                    models.CharField(
                        choices=[("udp", "UDP"), ("tcp", "TCP"), ("tls", "TLS")],
                        default="udp",
                        help_text="How Twilio connects. TLS needs a certificate from a public authority.",
                        max_length=3,
                    ),
                ),
                (
                    "secure",
                    models.BooleanField(
                        default=False,
                        help_text="SRTP: the conversation is encrypted too. Only with TLS.",
                        verbose_name="encrypted media",
                    ),
                ),
                (
                    "edge",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("ashburn", "Ashburn (Virginia)"),
                            ("umatilla", "Umatilla (Oregon)"),
                            ("dublin", "Dublin"),
                            ("frankfurt", "Frankfurt"),
                            ("singapore", "Singapore"),
                            ("tokyo", "Tokyo"),
                            ("sao-paulo", "São Paulo"),
                            ("sydney", "Sydney"),
                        ],
                        help_text="The Twilio edge nearest to the server, such as São Paulo for Uruguay. Empty: Ashburn.",
                        max_length=16,
                    ),
                ),
                (
                    "driver",
                    models.CharField(
                        choices=[
                            ("pjsip", "PJSIP (Asterisk 18 and later)"),
                            ("chan_sip", "chan_sip (Asterisk 20 and earlier)"),
                        ],
                        default="pjsip",
                        max_length=8,
                    ),
                ),
                (
                    "context",
                    models.CharField(
                        default="fromtwilio",
                        help_text="Dialplan context for calls from Twilio, such as fromtwilio.",
                        max_length=64,
                        validators=[telephony.models.fields.validate_name],
                    ),
                ),
                (
                    "account_check",
                    models.CharField(
                        choices=[
                            ("off", "do not check"),
                            ("log", "log and let in"),
                            ("enforce", "refuse"),
                        ],
                        default="log",
                        help_text="Judged by the header X-Twilio-AccountSid. Not every call from Twilio has it: read Asterisk's log for a while before you refuse any.",
                        max_length=8,
                        verbose_name="calls from other Twilio accounts",
                    ),
                ),
                (
                    "held_until",
                    models.DateTimeField(
                        blank=True,
                        help_text="Until then its endpoints are passed over. If nobody else is left to ring, they are rung all the same. Empty: in service.",
                        null=True,
                        verbose_name="out of service until",
                    ),
                ),
                ("history_user_id", models.CharField(blank=True, editable=False, max_length=150)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
            ],
            options={
                "verbose_name": "historical server",
                "verbose_name_plural": "historical servers",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalCarrierNetwork",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                (
                    "cidr",
                    models.CharField(
                        db_index=True,
                        help_text="In CIDR form, such as 54.172.60.0/30. All of its addresses count, even the first.",
                        max_length=18,
                        validators=[telephony.models.networks.validate_cidr],
                        verbose_name="network",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("sip-signalling", "SIP signalling"), ("rtp-media", "RTP media")],
                        max_length=16,
                    ),
                ),
                (
                    "place",
                    models.CharField(
                        blank=True,
                        help_text="Such as ashburn (us1), North America, Virginia.",
                        max_length=64,
                    ),
                ),
                (
                    "source",
                    models.CharField(help_text="Where the network is published.", max_length=200),
                ),
                (
                    "published_on",
                    models.DateField(
                        help_text="The date of that publication, such as 2026-03-09.",
                        verbose_name="as of",
                    ),
                ),
                ("history_user_id", models.CharField(blank=True, editable=False, max_length=150)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
            ],
            options={
                "verbose_name": "historical carrier network",
                "verbose_name_plural": "historical carrier networks",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalPhoneNumber",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                (
                    "e164",
                    telephony.models.fields.E164Field(
                        db_index=True,
                        max_length=16,
                        verbose_name="number (DID)",
                    ),
                ),
                (
                    "label",
                    models.CharField(
                        blank=True,
                        help_text="What it is for, such as Sales, United States.",
                        max_length=64,
                    ),
                ),
                (
                    "twilio_sid",
                    models.CharField(
                        blank=True,
                        help_text="The number's PN… in Twilio's console. It may stay empty.",
                        max_length=34,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^PN[0-9a-f]{32}\\Z", "PN and 32 hexadecimal digits."
                            )
                        ],
                        verbose_name="Twilio SID",
                    ),
                ),
                (
                    "account_sid",
                    models.CharField(
                        blank=True,
                        help_text="The AC… of the account or sub-account that owns it. Empty: TWILIO_ACCOUNT_SID.",
                        max_length=34,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^AC[0-9A-Za-z]{32}\\Z", "AC and 32 letters or digits."
                            )
                        ],
                        verbose_name="account SID",
                    ),
                ),
                (
                    "enabled",
                    models.BooleanField(default=True, help_text="Off: its calls are rejected."),
                ),
                (
                    "language",
                    models.CharField(
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
                        help_text="The language of the message that a caller who reaches nobody hears.",
                        max_length=5,
                    ),
                ),
                (
                    "busy_message",
                    models.CharField(
                        blank=True,
                        help_text="What the caller hears when the last destination is busy. Empty: a standard message in the chosen language.",
                        max_length=200,
                        validators=[telephony.models.fields.validate_spoken],
                    ),
                ),
                (
                    "unavailable_message",
                    models.CharField(
                        blank=True,
                        help_text="What the caller hears when nobody takes the call. Empty: a standard message in the chosen language.",
                        max_length=200,
                        validators=[telephony.models.fields.validate_spoken],
                    ),
                ),
                ("history_user_id", models.CharField(blank=True, editable=False, max_length=150)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
            ],
            options={
                "verbose_name": "historical number",
                "verbose_name_plural": "historical numbers",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalPolicy",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
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
                ("history_user_id", models.CharField(blank=True, editable=False, max_length=150)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
            ],
            options={
                "verbose_name": "historical policy",
                "verbose_name_plural": "historical policy",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalFallbackNumber",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                (
                    "e164",
                    telephony.models.fields.E164Field(
                        db_index=True,
                        max_length=16,
                        verbose_name="number",
                    ),
                ),
                (
                    "label",
                    models.CharField(
                        blank=True, help_text="Whose it is, such as Ana's mobile.", max_length=64
                    ),
                ),
                (
                    "caller_id",
                    models.CharField(
                        choices=[
                            ("caller", "the caller's number"),
                            ("called", "the number that was called"),
                            ("fixed", "a fixed number of ours"),
                        ],
                        default="caller",
                        help_text="An anonymous caller is always shown as the number that was called.",
                        max_length=6,
                        verbose_name="shows",
                    ),
                ),
                (
                    "cost_per_minute",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="What Twilio charges for calling it, such as 0.38.",
                        max_digits=9,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("100")),
                        ],
                        verbose_name="cost per minute",
                    ),
                ),
                (
                    "time_limit_s",
                    models.PositiveIntegerField(
                        default=14400,
                        help_text="Seconds after which Twilio ends the call, 60 to 14400 (four hours).",
                        validators=[
                            django.core.validators.MinValueValidator(60),
                            django.core.validators.MaxValueValidator(14400),
                        ],
                        verbose_name="longest call (s)",
                    ),
                ),
                (
                    "ask_for_key",
                    models.BooleanField(
                        default=False,
                        help_text="Whoever picks up must press a key before the call is put through. A mailbox presses none, so the next step rings. Such a number rings alone at its position.",
                        verbose_name="ask for a key",
                    ),
                ),
                (
                    "language",
                    models.CharField(
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
                (
                    "enabled",
                    models.BooleanField(default=True, help_text="Off: passed over in every route."),
                ),
                ("history_user_id", models.CharField(blank=True, editable=False, max_length=150)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "fixed_caller_id",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="The number of ours to show, if it shows a fixed one.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="telephony.phonenumber",
                        verbose_name="fixed number",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical fallback number",
                "verbose_name_plural": "historical fallback numbers",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalRouteStep",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        default=1,
                        help_text="1 rings first. Steps with the same position ring together.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(999),
                        ],
                    ),
                ),
                (
                    "ring_s",
                    models.PositiveSmallIntegerField(
                        default=20,
                        help_text="Seconds to ring, 5 to 600; Twilio adds up to 5. Four rings are about 20.",
                        validators=[
                            django.core.validators.MinValueValidator(5),
                            django.core.validators.MaxValueValidator(600),
                        ],
                        verbose_name="ring (s)",
                    ),
                ),
                (
                    "on_failed",
                    models.BooleanField(
                        default=True,
                        help_text="Move on when it cannot be reached.",
                        verbose_name="after failure",
                    ),
                ),
                (
                    "on_no_answer",
                    models.BooleanField(
                        default=True,
                        help_text="Move on when nobody answers.",
                        verbose_name="after no answer",
                    ),
                ),
                (
                    "on_busy",
                    models.BooleanField(
                        default=False,
                        help_text="Move on when it is busy.",
                        verbose_name="after busy",
                    ),
                ),
                (
                    "on_declined",
                    models.BooleanField(
                        default=False,
                        help_text="Move on when a person declines the call.",
                        verbose_name="after decline",
                    ),
                ),
                ("history_user_id", models.CharField(blank=True, editable=False, max_length=150)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="telephony.sipendpoint",
                    ),
                ),
                (
                    "fallback_number",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="telephony.fallbacknumber",
                    ),
                ),
                (
                    "number",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="telephony.phonenumber",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical route step",
                "verbose_name_plural": "historical route steps",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalSipEndpoint",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("history_secrets", models.JSONField(default=dict, editable=False)),
                (
                    "user",
                    models.CharField(
                        help_text="User part of the SIP URI, such as myext in sip:myext@pbx.example.com.",
                        max_length=64,
                        validators=[telephony.models.fields.validate_extension],
                    ),
                ),
                (
                    "label",
                    models.CharField(
                        blank=True, help_text="What it rings, such as Ana's desk.", max_length=64
                    ),
                ),
                (
                    "authentication",
                    models.CharField(
                        choices=[
                            ("digest", "username and password"),
                            ("address", "Twilio's addresses only"),
                        ],
                        default="digest",
                        help_text="Twilio's addresses are shared by all of its customers: without username and password any of them can call this endpoint.",
                        max_length=8,
                    ),
                ),
                (
                    "username",
                    models.CharField(
                        blank=True,
                        help_text="Digest username, such as switchhook-myext.",
                        max_length=64,
                        validators=[telephony.models.fields.validate_name],
                    ),
                ),
                ("next_username", models.CharField(editable=False, max_length=64, null=True)),
                (
                    "dialled_number",
                    models.CharField(
                        help_text="What Asterisk dials for it, such as 099999999.",
                        max_length=33,
                        validators=[telephony.models.fields.validate_dialled_number],
                    ),
                ),
                (
                    "trunk",
                    models.CharField(
                        help_text="The peer or endpoint through which Asterisk dials out, such as atapstn.",
                        max_length=64,
                        validators=[telephony.models.fields.validate_name],
                    ),
                ),
                (
                    "cost_per_minute",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="What a minute by SIP and by landline costs together, such as 0.1525.",
                        max_digits=9,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("100")),
                        ],
                        verbose_name="cost per minute",
                    ),
                ),
                (
                    "enabled",
                    models.BooleanField(default=True, help_text="Off: passed over in every route."),
                ),
                ("history_user_id", models.CharField(blank=True, editable=False, max_length=150)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "server",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="telephony.asteriskserver",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical endpoint",
                "verbose_name_plural": "historical endpoints",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
    ]
