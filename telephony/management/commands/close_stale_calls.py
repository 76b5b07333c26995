"""Closes calls whose end was never heard."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from telephony.records.closing import LONGEST_CALL, close_stale_calls


class Command(BaseCommand):
    help = "Close the calls that began too long ago to be going on. A late webhook still corrects them."

    def handle(self, *args: Any, **options: Any) -> None:
        count = close_stale_calls(timezone.now())
        hours = LONGEST_CALL.total_seconds() / 3600
        self.stdout.write(f"Calls closed that began over {hours:.0f} hours ago: {count}")
