"""Makes the call records again from the stored webhooks."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from telephony.models import CallEvent
from telephony.records import store

CALLS_AT_ONCE = 200


class Command(BaseCommand):
    help = (
        "Throw call records away and make them again from the webhooks. Safe while calls come in."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "call_sid", nargs="*", help="the calls to make again; all calls if none is named"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        events = CallEvent.objects.order_by("call_sid").distinct()
        wanted = options["call_sid"]
        sids = list(
            (events.filter(call_sid__in=wanted) if wanted else events).values_list(
                "call_sid", flat=True
            )
        )
        unknown = sorted(set(wanted) - set(sids))
        if unknown:
            raise CommandError(f"No webhook was received for {', '.join(unknown)}.")
        made = 0
        for begin in range(0, len(sids), CALLS_AT_ONCE):
            made += store.rebuild(sids[begin : begin + CALLS_AT_ONCE])
            if options["verbosity"] > 1:
                self.stdout.write(f"{min(begin + CALLS_AT_ONCE, len(sids))} of {len(sids)}")
        self.stdout.write(f"{made} call records made again.")
