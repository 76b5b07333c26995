"""Shows which webhooks wait for the database, and which it refused; hands the refused ones back."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from telephony.records.backlog import REFUSED, OutageError, store_journals
from telephony.records.survey import Refused, find_waiting, hand_back, read_refused

NO_SPOOL = "There is no folder {}: no panel has run with this SPOOL_DIR."


class Command(BaseCommand):
    requires_system_checks = ()  # they would ask the database, which may be down
    help = "Show which webhooks wait for the database and which it refused, or replay the refused ones."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "action",
            nargs="?",
            choices=("list", "replay"),
            default="list",
            help="list (the default) only shows; replay tries once more to store what was refused",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["action"] == "replay":
                self._replay()
            else:
                self._list()
        except OSError as error:
            raise CommandError(
                f"SPOOL_DIR {settings.SPOOL_DIR} cannot be used: {error}. "
                "Run this as the user that the panel runs as."
            ) from error

    def _list(self) -> None:
        if not settings.SPOOL_DIR.is_dir():
            self.stdout.write(NO_SPOOL.format(settings.SPOOL_DIR))
            return
        waiting = find_waiting(settings.SPOOL_DIR)
        for journal in waiting:
            whose = "in use" if journal.is_written_to() else "left behind"
            self.stdout.write(
                f"{journal.path.name}: webhooks: {journal.count()}, {journal.size} bytes, {whose}, "
                f"the last one {journal.age_s:.0f} s ago"
            )
        if not waiting:
            self.stdout.write("No webhook waits for the database.")
        refused = list(read_refused(settings.SPOOL_DIR))
        for each in refused:
            self.stdout.write(f"Refused {each.at}: {_describe(each)}\n  {each.reason}")
        if any(each.event is None for each in refused):
            self.stdout.write(
                "What is no webhook can never be stored: once you have read it, delete its line in "
                f"{settings.SPOOL_DIR / REFUSED}."
            )
        if refused:
            self.stdout.write(
                f"Refused: {len(refused)}. Once the cause is mended, usually by an upgrade:\n"
                "  .venv/bin/python manage.py journal replay"
            )

    def _replay(self) -> None:
        if not settings.SPOOL_DIR.is_dir():
            raise CommandError(NO_SPOOL.format(settings.SPOOL_DIR))
        count = hand_back(settings.SPOOL_DIR)
        if not count:
            self.stdout.write("Nothing was refused.")
            return
        try:
            # A running panel may be quicker, and then there is nothing left to do here.
            sum(store_journals(settings.SPOOL_DIR))
        except OutageError as error:
            raise CommandError(
                f"The database takes nothing at present ({error}). The webhooks wait in "
                f"{settings.SPOOL_DIR}, and the panel stores them when it does."
            ) from error
        again = sum(1 for _ in read_refused(settings.SPOOL_DIR))
        tried = f"Tried once more: {count}"
        if again:
            raise CommandError(f"{tried}; still refused: {again}. `manage.py journal` says why.")
        self.stdout.write(f"{tried}; still refused: none.")


def _describe(refused: Refused) -> str:
    if refused.event is None:
        return f"no webhook: {refused.line[:60]!r}"
    event = refused.event
    return f"{event.kind} of call {event.call_sid}, received {event.received_at:%Y-%m-%d %H:%M:%S}"
