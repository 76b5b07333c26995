from decimal import Decimal

import django.core.serializers.json
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import telephony.models.fields
import telephony.models.networks


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="DirectoryRevision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="AsteriskServer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="What you call it, such as office. It begins the names in the exported files.",
                        max_length=64,
                        unique=True,
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
                        help_text="1 to 65535. SIP's own is 5060, over TLS 5061.",
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
                        help_text="How Twilio connects. TLS needs a certificate of a public authority.",
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
                    "held_until",
                    models.DateTimeField(
                        blank=True,
                        help_text="Until then its endpoints are passed over. If nobody else is left to ring, they are rung all the same. Empty: in service.",
                        null=True,
                        verbose_name="out of service until",
                    ),
                ),
            ],
            options={
                "verbose_name": "Asterisk server",
                "ordering": ("name",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("port__range", (1, 65535))),
                        name="asteriskserver_port_1_65535",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("secure", False), ("transport", "tls"), _connector="OR"
                        ),
                        name="asteriskserver_secure_needs_tls",
                        violation_error_message="Encrypted media needs the transport TLS.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CallEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("identity", models.CharField(max_length=32)),
                ("kind", models.CharField(max_length=16)),
                ("call_sid", models.CharField(max_length=64)),
                ("leg_sid", models.CharField(blank=True, max_length=64)),
                ("account_sid", models.CharField(blank=True, max_length=64)),
                ("position", models.PositiveSmallIntegerField(null=True)),
                ("index", models.PositiveSmallIntegerField(null=True)),
                ("received_at", models.DateTimeField()),
                (
                    "params",
                    models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder),
                ),
                (
                    "decision",
                    models.JSONField(
                        encoder=django.core.serializers.json.DjangoJSONEncoder, null=True
                    ),
                ),
            ],
            options={
                "ordering": ("received_at", "pk"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("call_sid", "identity"), name="callevent_once_a_call"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CallRecord",
            fields=[
                (
                    "call_sid",
                    models.CharField(
                        max_length=64, primary_key=True, serialize=False, verbose_name="call SID"
                    ),
                ),
                (
                    "account_sid",
                    models.CharField(blank=True, max_length=64, verbose_name="account SID"),
                ),
                ("caller", models.CharField(blank=True, max_length=128)),
                (
                    "called",
                    models.CharField(blank=True, max_length=128, verbose_name="number (DID)"),
                ),
                ("status", models.CharField(blank=True, max_length=16, verbose_name="call status")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("ringing", "in progress"),
                            ("answered", "answered"),
                            ("failed-over", "answered after failover"),
                            ("unanswered", "nobody answered"),
                            ("busy", "busy"),
                            ("caller-gone", "caller hung up"),
                            ("rejected", "rejected"),
                        ],
                        default="ringing",
                        max_length=16,
                    ),
                ),
                ("answered_by", models.CharField(blank=True, max_length=128)),
                ("dials", models.PositiveSmallIntegerField(default=0)),
                ("started_at", models.DateTimeField(verbose_name="started")),
                ("answered_at", models.DateTimeField(null=True, verbose_name="answered")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="ended")),
                ("duration_s", models.PositiveIntegerField(null=True, verbose_name="duration (s)")),
                ("talk_s", models.PositiveIntegerField(null=True, verbose_name="talk (s)")),
                ("cost", models.DecimalField(decimal_places=5, max_digits=12, null=True)),
                ("saved", models.DecimalField(decimal_places=5, max_digits=12, null=True)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("is_simulated", models.BooleanField(default=False, verbose_name="simulated")),
            ],
            options={
                "ordering": ("-started_at", "call_sid"),
                "indexes": [
                    models.Index(fields=["-started_at", "call_sid"], name="callrecord_newest"),
                    models.Index(fields=["called", "-started_at"], name="callrecord_called_newest"),
                ],
            },
        ),
        migrations.CreateModel(
            name="CallLeg",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("leg_sid", models.CharField(blank=True, max_length=64, verbose_name="leg SID")),
                ("position", models.PositiveSmallIntegerField(null=True)),
                ("index", models.PositiveSmallIntegerField(null=True)),
                ("label", models.CharField(blank=True, max_length=128, verbose_name="destination")),
                ("uri", models.CharField(blank=True, max_length=255, verbose_name="dialled")),
                ("status", models.CharField(blank=True, max_length=16, verbose_name="call status")),
                ("dial_status", models.CharField(blank=True, max_length=16)),
                ("sip_code", models.PositiveIntegerField(null=True, verbose_name="SIP code")),
                ("error_code", models.PositiveIntegerField(null=True, verbose_name="error code")),
                ("ring_s", models.PositiveIntegerField(null=True, verbose_name="ring (s)")),
                ("talk_s", models.PositiveIntegerField(null=True, verbose_name="talk (s)")),
                ("cost", models.DecimalField(decimal_places=5, max_digits=12, null=True)),
                ("saved", models.DecimalField(decimal_places=5, max_digits=12, null=True)),
                (
                    "call",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="legs",
                        to="telephony.callrecord",
                    ),
                ),
            ],
            options={
                "ordering": ("call", "position", "index", "leg_sid"),
            },
        ),
        migrations.CreateModel(
            name="CarrierNetwork",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "cidr",
                    models.CharField(
                        help_text="In CIDR form, such as 54.172.60.0/30; all its addresses count, the first too.",
                        max_length=18,
                        unique=True,
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
                ("source", models.CharField(help_text="Where it is published.", max_length=200)),
                (
                    "published_on",
                    models.DateField(
                        help_text="Date of the page it was read from, such as 2026-03-09.",
                        verbose_name="as of",
                    ),
                ),
            ],
            options={
                "ordering": ("kind", "cidr"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("cidr__contains", "/")),
                        name="carriernetwork_has_prefix",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PhoneNumber",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "e164",
                    telephony.models.fields.E164Field(
                        help_text="In E.164, such as +12025550100.",
                        max_length=16,
                        unique=True,
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
                        help_text="PN… of the number in Twilio's console; may stay empty.",
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
                        help_text="AC… of the account or sub-account that owns it. Empty: TWILIO_ACCOUNT_SID.",
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
                        max_length=5,
                    ),
                ),
                (
                    "busy_message",
                    models.CharField(
                        default="The line is busy. Please call again later.",
                        help_text="What the caller hears when the last destination is busy.",
                        max_length=200,
                        validators=[telephony.models.fields.validate_spoken],
                    ),
                ),
                (
                    "unavailable_message",
                    models.CharField(
                        default="Nobody can take your call now. Please call again later.",
                        help_text="What the caller hears when nobody takes the call.",
                        max_length=200,
                        validators=[telephony.models.fields.validate_spoken],
                    ),
                ),
            ],
            options={
                "verbose_name": "number (DID)",
                "verbose_name_plural": "numbers (DID)",
                "ordering": ("e164",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("e164__regex", r"^\+[1-9][0-9]{6,14}\Z")),
                        name="phonenumber_is_e164",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="FallbackNumber",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "e164",
                    telephony.models.fields.E164Field(
                        help_text="In E.164, such as +59899999999.",
                        max_length=16,
                        unique=True,
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
                        help_text="What Twilio charges to ring it, such as 0.38.",
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
                    "enabled",
                    models.BooleanField(default=True, help_text="Off: passed over in every route."),
                ),
                (
                    "fixed_caller_id",
                    models.ForeignKey(
                        blank=True,
                        help_text="Which of our numbers is shown, if a fixed one is.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="telephony.phonenumber",
                        verbose_name="fixed number",
                    ),
                ),
            ],
            options={
                "ordering": ("e164",),
            },
        ),
        migrations.CreateModel(
            name="SipEndpoint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
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
                        blank=True, help_text="Whom it rings, such as Ana's desk.", max_length=64
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
                (
                    "password",
                    models.CharField(
                        blank=True,
                        help_text="Digest password, 12 to 64 characters.",
                        max_length=64,
                        validators=[telephony.models.fields.validate_password],
                    ),
                ),
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
                        help_text="Asterisk's own peer or endpoint for the way out, such as atapstn.",
                        max_length=64,
                        validators=[telephony.models.fields.validate_name],
                    ),
                ),
                (
                    "cost_per_minute",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="SIP minute and landline minute together, such as 0.1525.",
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
                (
                    "server",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="endpoints",
                        to="telephony.asteriskserver",
                    ),
                ),
            ],
            options={
                "verbose_name": "SIP endpoint",
                "ordering": ("server", "user"),
            },
        ),
        migrations.CreateModel(
            name="RouteStep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        default=1,
                        help_text="1 rings first. Steps with one position ring together.",
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
                        verbose_name="after silence",
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
                (
                    "fallback_number",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="telephony.fallbacknumber",
                    ),
                ),
                (
                    "number",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="steps",
                        to="telephony.phonenumber",
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="telephony.sipendpoint",
                    ),
                ),
            ],
            options={
                "ordering": ("number", "position", "pk"),
            },
        ),
        migrations.AddConstraint(
            model_name="fallbacknumber",
            constraint=models.CheckConstraint(
                condition=models.Q(("e164__regex", r"^\+[1-9][0-9]{6,14}\Z")),
                name="fallbacknumber_is_e164",
            ),
        ),
        migrations.AddConstraint(
            model_name="fallbacknumber",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("caller_id", "fixed"), ("fixed_caller_id__isnull", False)),
                    models.Q(
                        models.Q(("caller_id", "fixed"), _negated=True),
                        ("fixed_caller_id__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="fallbacknumber_fixed_caller_id",
                violation_error_message="Choose a fixed number if, and only if, it shows one.",
            ),
        ),
        migrations.AddConstraint(
            model_name="fallbacknumber",
            constraint=models.CheckConstraint(
                condition=models.Q(("time_limit_s__range", (60, 14400))),
                name="fallbacknumber_time_limit_60_14400",
            ),
        ),
        migrations.AddConstraint(
            model_name="fallbacknumber",
            constraint=models.CheckConstraint(
                condition=models.Q(("cost_per_minute__range", (0, 100))),
                name="fallbacknumber_cost_0_100",
            ),
        ),
        migrations.AddConstraint(
            model_name="sipendpoint",
            constraint=models.UniqueConstraint(
                fields=("server", "user"),
                name="sipendpoint_user_unique",
                violation_error_message="This server already has an endpoint with that user.",
            ),
        ),
        migrations.AddConstraint(
            model_name="sipendpoint",
            constraint=models.UniqueConstraint(
                condition=models.Q(("username", ""), _negated=True),
                fields=("server", "username"),
                name="sipendpoint_username_unique",
                violation_error_message="This server already has an endpoint with that username.",
            ),
        ),
        migrations.AddConstraint(
            model_name="sipendpoint",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("authentication", "digest"),
                        models.Q(("username", ""), _negated=True),
                        models.Q(("password", ""), _negated=True),
                    ),
                    models.Q(("authentication", "address"), ("password", ""), ("username", "")),
                    _connector="OR",
                ),
                name="sipendpoint_credentials_match_authentication",
                violation_error_message="Give both username and password, or neither where Twilio's addresses are enough.",
            ),
        ),
        migrations.AddConstraint(
            model_name="sipendpoint",
            constraint=models.CheckConstraint(
                condition=models.Q(("cost_per_minute__range", (0, 100))),
                name="sipendpoint_cost_0_100",
            ),
        ),
        migrations.AddConstraint(
            model_name="routestep",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("endpoint__isnull", False), ("fallback_number__isnull", True)),
                    models.Q(("endpoint__isnull", True), ("fallback_number__isnull", False)),
                    _connector="OR",
                ),
                name="routestep_one_destination",
                violation_error_message="Choose an endpoint or a fallback number, not both.",
            ),
        ),
        migrations.AddConstraint(
            model_name="routestep",
            constraint=models.CheckConstraint(
                condition=models.Q(("ring_s__range", (5, 600))), name="routestep_ring_s_5_600"
            ),
        ),
        migrations.AddConstraint(
            model_name="routestep",
            constraint=models.CheckConstraint(
                condition=models.Q(("position__range", (1, 999))), name="routestep_position_1_999"
            ),
        ),
        migrations.AddConstraint(
            model_name="routestep",
            constraint=models.UniqueConstraint(
                fields=("number", "position", "endpoint"),
                name="routestep_endpoint_once_a_position",
                violation_error_message="This endpoint already rings at that position.",
            ),
        ),
        migrations.AddConstraint(
            model_name="routestep",
            constraint=models.UniqueConstraint(
                fields=("number", "position", "fallback_number"),
                name="routestep_fallback_once_a_position",
                violation_error_message="This fallback number already rings at that position.",
            ),
        ),
    ]
