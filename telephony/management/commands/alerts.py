"""Shows what is wrong now and who was told, or sends a message to try how alerts are told."""

import socket
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django.utils import timezone

from telephony.health.alerts.channels import configured, target_of, try_all
from telephony.health.alerts.survey import find_on
from telephony.health.alerts.words import Message

NOBODY = "Nobody is told: set ALERT_MAILS_TO or ALERT_POST_URL; see docs/settings.md."


class Command(BaseCommand):
    requires_system_checks = ()  # they would ask the database, which may be down
    help = (
        "Show which alerts are on and who was told. Exits with 1 if a test message did not arrive."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--test", action="store_true", help="send a test message by e-mail and by POST"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["test"]:
            self._test()
            return
        if not configured():
            self.stdout.write(NOBODY)
        shown = find_on()
        for alert in shown.alerts:
            self.stdout.write(f"{alert.since:%Y-%m-%d %H:%M:%S %Z}  {alert.title}: {alert.told}")
        if shown.trouble:
            raise CommandError(shown.trouble)
        if not shown.alerts:
            self.stdout.write("Nothing is wrong that is told.")

    def _test(self) -> None:
        now = timezone.now()
        results = try_all(
            Message(
                id=f"test-{now.timestamp():.6f}",
                code="test",
                subject="",
                state="begun",
                since=now,
                title="A test",
                text="If you read this, alerts can be told this way by the panel on "
                f"{socket.gethostname()}, {settings.PUBLIC_BASE_URL}.",
                url=settings.PUBLIC_BASE_URL + reverse("admin:index"),
            )
        )
        if not results:
            raise CommandError(NOBODY)
        for channel, error in results.items():
            self.stdout.write(f"{channel} to {target_of(channel)}: {error or 'sent'}")
        if any(results.values()):
            raise CommandError(
                "Not everything was sent. docs/settings.md says what the settings mean; "
                "the receiver's own log may say more."
            )
