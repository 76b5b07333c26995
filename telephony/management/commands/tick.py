"""Does all that is done from time to time; a timer runs it every minute."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from telephony.periodic import AwayError, run_all

# The exit status where the database is away; 1 means that a job failed.
AWAY = 3


class Command(BaseCommand):
    requires_system_checks = ()  # they would ask the database, which may be down
    help = (
        "Run the periodic jobs, and tell alerts. Safe to run twice at once. "
        "Exits with 1 if a job failed, and with 3 if the database is away."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        failed = []
        try:
            for done in run_all(timezone.now()):
                self.stdout.write(f"{done.name}: {done.result}")
                failed += [done.name] if done.has_failed else []
        except AwayError as error:
            raise CommandError(
                f"The database takes nothing ({error}), so no job was run. "
                "docs/alerts.md says who is told if it stays away.",
                returncode=AWAY,
            ) from error
        if failed:
            raise CommandError(f"Failed: {', '.join(failed)}. The log says why.")
