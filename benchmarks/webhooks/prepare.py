"""Makes a database for Switchhook with one number: an endpoint rings first, a mobile second.

Run as `python -m benchmarks.webhooks.prepare`, with Switchhook's settings in the environment.
"""

import os

import django
from django.core.management import call_command

from benchmarks.webhooks.calls import CALLED

os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
django.setup()

from telephony.models import (  # noqa: E402  needs the settings
    AsteriskServer,
    FallbackNumber,
    PhoneNumber,
    RouteStep,
    SipEndpoint,
)

call_command("migrate", verbosity=0)
number = PhoneNumber.objects.create(e164=CALLED, label="Sales")
server = AsteriskServer.objects.create(name="office", host="pbx.example.com")
endpoint = SipEndpoint.objects.create(
    server=server,
    user="myext",
    username="switchhook-myext",
    password="benchmark-password",
    dialled_number="099999999",
    trunk="atapstn",
    cost_per_minute="0.1525",
)
mobile = FallbackNumber.objects.create(e164="+59899999999", cost_per_minute="0.38")
RouteStep.objects.create(number=number, position=1, endpoint=endpoint)
RouteStep.objects.create(number=number, position=2, fallback_number=mobile)
