from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("telephony", "0021_add_roles"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="asteriskserver",
            options={"ordering": ("name",), "verbose_name": "server"},
        ),
        migrations.AlterModelOptions(
            name="callrecord",
            options={"ordering": ("-started_at", "call_sid"), "verbose_name": "call"},
        ),
        migrations.AlterModelOptions(
            name="phonenumber",
            options={"ordering": ("e164",), "verbose_name": "number"},
        ),
        migrations.AlterModelOptions(
            name="sipendpoint",
            options={
                "ordering": ("server", "user"),
                "permissions": (("reveal_sip_password", "Can reveal SIP passwords"),),
                "verbose_name": "endpoint",
            },
        ),
    ]
