"""Does all that is done from time to time; a timer runs it every minute."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from telephony.periodic import run_jobs


class Command(BaseCommand):
    help = "Run the periodic jobs. Safe to run twice at once. Exits with 1 if a job failed."

    def handle(self, *args: Any, **options: Any) -> None:
        failed = []
        for done in run_jobs(timezone.now()):
            self.stdout.write(f"{done.name}: {done.result}")
            failed += [done.name] if done.has_failed else []
        if failed:
            raise CommandError(f"Failed: {', '.join(failed)}. The log says why.")
