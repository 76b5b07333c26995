from decimal import Decimal

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import telephony.models.fields
import telephony.models.networks


class Migration(migrations.Migration):
    dependencies = [
        ("telephony", "0009_add_call_details"),
    ]

    operations = [
        migrations.AlterField(
            model_name="asteriskserver",
            name="account_check",
            field=models.CharField(
                choices=[("off", "do not check"), ("log", "log and let in"), ("enforce", "refuse")],
                default="log",
                help_text="Judged by the header X-Twilio-AccountSid. Not every call from Twilio has it: read Asterisk's log for a while before you refuse any.",
                max_length=8,
                verbose_name="calls from other Twilio accounts",
            ),
        ),
        migrations.AlterField(
            model_name="asteriskserver",
            name="name",
            field=models.CharField(
                help_text="What you call it, such as office. Names in the exported files begin with it.",
                max_length=64,
                unique=True,
                validators=[telephony.models.fields.validate_name],
            ),
        ),
        migrations.AlterField(
            model_name="asteriskserver",
            name="port",
            field=models.PositiveIntegerField(
                default=5060,
                help_text="1 to 65535. SIP normally uses 5060, and 5061 over TLS.",
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(65535),
                ],
            ),
        ),
        migrations.AlterField(
            model_name="asteriskserver",
            name="transport",
            field=models.CharField(
                choices=[("udp", "UDP"), ("tcp", "TCP"), ("tls", "TLS")],
                default="udp",
                help_text="How Twilio connects. TLS needs a certificate from a public authority.",
                max_length=3,
            ),
        ),
        migrations.AlterField(
            model_name="carriernetwork",
            name="cidr",
            field=models.CharField(
                help_text="In CIDR form, such as 54.172.60.0/30. All of its addresses count, even the first.",
                max_length=18,
                unique=True,
                validators=[telephony.models.networks.validate_cidr],
                verbose_name="network",
            ),
        ),
        migrations.AlterField(
            model_name="carriernetwork",
            name="published_on",
            field=models.DateField(
                help_text="The date of that publication, such as 2026-03-09.", verbose_name="as of"
            ),
        ),
        migrations.AlterField(
            model_name="carriernetwork",
            name="source",
            field=models.CharField(help_text="Where the network is published.", max_length=200),
        ),
        migrations.AlterField(
            model_name="fallbacknumber",
            name="cost_per_minute",
            field=models.DecimalField(
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
        migrations.AlterField(
            model_name="fallbacknumber",
            name="fixed_caller_id",
            field=models.ForeignKey(
                blank=True,
                help_text="The number of ours to show, if it shows a fixed one.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="telephony.phonenumber",
                verbose_name="fixed number",
            ),
        ),
        migrations.AlterField(
            model_name="phonenumber",
            name="account_sid",
            field=models.CharField(
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
        migrations.AlterField(
            model_name="phonenumber",
            name="busy_message",
            field=models.CharField(
                blank=True,
                help_text="What the caller hears when the last destination is busy. Empty: a standard message in the chosen language.",
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
                help_text="The language of the message that a caller who reaches nobody hears.",
                max_length=5,
            ),
        ),
        migrations.AlterField(
            model_name="phonenumber",
            name="twilio_sid",
            field=models.CharField(
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
        migrations.AlterField(
            model_name="phonenumber",
            name="unavailable_message",
            field=models.CharField(
                blank=True,
                help_text="What the caller hears when nobody takes the call. Empty: a standard message in the chosen language.",
                max_length=200,
                validators=[telephony.models.fields.validate_spoken],
            ),
        ),
        migrations.AlterField(
            model_name="routestep",
            name="on_no_answer",
            field=models.BooleanField(
                default=True,
                help_text="Move on when nobody answers.",
                verbose_name="after no answer",
            ),
        ),
        migrations.AlterField(
            model_name="routestep",
            name="position",
            field=models.PositiveSmallIntegerField(
                default=1,
                help_text="1 rings first. Steps with the same position ring together.",
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(999),
                ],
            ),
        ),
        migrations.AlterField(
            model_name="sipendpoint",
            name="cost_per_minute",
            field=models.DecimalField(
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
        migrations.AlterField(
            model_name="sipendpoint",
            name="label",
            field=models.CharField(
                blank=True, help_text="What it rings, such as Ana's desk.", max_length=64
            ),
        ),
        migrations.AlterField(
            model_name="sipendpoint",
            name="trunk",
            field=models.CharField(
                help_text="The peer or endpoint through which Asterisk dials out, such as atapstn.",
                max_length=64,
                validators=[telephony.models.fields.validate_name],
            ),
        ),
        migrations.AlterConstraint(
            model_name="fallbacknumber",
            name="fallbacknumber_fixed_caller_id",
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
                violation_error_message="Choose a fixed number if it shows one, and none otherwise.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="sipendpoint",
            name="sipendpoint_credentials_match_authentication",
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
                violation_error_message="Give both a username and a password, or neither if Twilio's addresses are enough.",
            ),
        ),
    ]
