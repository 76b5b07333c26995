"""Makes the database of the plain Django rival: `python -m benchmarks.rivals.plain_django.prepare`."""

import os

import django
from django.core.management import call_command

from benchmarks.webhooks.calls import CALLED

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.rivals.plain_django.settings"
django.setup()

from benchmarks.rivals.plain_django.models import Number  # noqa: E402  needs the settings

# The rival's own tables have no migrations.
call_command("migrate", run_syncdb=True, verbosity=0)
Number.objects.create(e164=CALLED, sip_uri="sip:myext@pbx.example.com")
