"""Loads the demo, or removes it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from telephony.rehearsal.demo import NotStored, load_configuration, play_calls, remove


class Command(BaseCommand):
    help = (
        "Load the demo number, its route and some past calls. What is already there stays as it is."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--remove",
            action="store_true",
            help="remove it, and the calls that were rehearsed with it; what is in use stays",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["remove"]:
            self.stdout.write(remove())
            return
        number = load_configuration()
        try:
            played = play_calls(number)
        except NotStored as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Demo: {number} is set up; {played} calls played.")
