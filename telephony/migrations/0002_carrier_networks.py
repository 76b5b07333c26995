"""Twilio's addresses, as published at www.twilio.com/docs/sip-trunking/ip-addresses."""

from datetime import date

from django.db import migrations

SOURCE = "www.twilio.com/docs/sip-trunking/ip-addresses"
PUBLISHED_ON = date(2026, 3, 9)
NETWORKS = (
    ("54.172.60.0/30", "sip-signalling", "ashburn (us1), Virginia"),
    ("54.244.51.0/30", "sip-signalling", "umatilla (us2), Oregon"),
    ("54.171.127.192/30", "sip-signalling", "dublin (ie1), Ireland"),
    ("35.156.191.128/30", "sip-signalling", "frankfurt (de1), Germany"),
    ("54.65.63.192/30", "sip-signalling", "tokyo (jp1), Japan"),
    ("54.169.127.128/30", "sip-signalling", "singapore (sg1), Singapore"),
    ("54.252.254.64/30", "sip-signalling", "sydney (au1), Australia"),
    ("177.71.206.192/30", "sip-signalling", "sao-paulo (br1), Brazil"),
    ("168.86.128.0/18", "rtp-media", "all edges"),
)


def add(apps, schema_editor):
    network = apps.get_model("telephony", "CarrierNetwork")
    for cidr, kind, place in NETWORKS:
        network.objects.get_or_create(
            cidr=cidr,
            defaults={
                "kind": kind,
                "place": place,
                "source": SOURCE,
                "published_on": PUBLISHED_ON,
            },
        )


class Migration(migrations.Migration):
    dependencies = [("telephony", "0001_initial")]
    # Backwards nothing: what somebody has edited is not ours to remove.
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
