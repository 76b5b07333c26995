"""Loads the demo."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from telephony.rehearsal.demo import NotStored, load_configuration, play_calls


class Command(BaseCommand):
    help = (
        "Load the demo number, its route and some past calls. What is already there stays as it is."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        number = load_configuration()
        try:
            played = play_calls(number)
        except NotStored as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Demo: {number} is set up; {played} calls played.")
