"""Writes the calls that the filters of the log find, as CSV."""

from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from telephony.database import tell
from telephony.records.filters import CHOICES, CallFilter
from telephony.records.sheet import sheet


class Command(BaseCommand):
    help = "Write calls as CSV, the newest first. Without filters all calls; see the log's list."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--output", metavar="FILE", type=Path, help="a file instead of standard output"
        )
        for name, field in CallFilter.base_fields.items():
            parser.add_argument(
                option(name), dest=name, help=str(field.label), choices=CHOICES.get(name)
            )

    def handle(self, *args: Any, **options: Any) -> None:
        given = {name: options[name] for name in CallFilter.base_fields}
        form = CallFilter({name: text for name, text in given.items() if text is not None})
        if not form.is_valid():
            told = [f"{option(name)}: {' '.join(texts)}" for name, texts in form.errors.items()]
            raise CommandError("\n".join(told))
        output: Path | None = options["output"]
        try:
            if output is None:
                self._write(form, lambda text: self.stdout.write(text, ending=""))
            else:
                with output.open("w", encoding="utf-8", newline="") as file:
                    self._write(form, file.write)
        except OSError as error:
            raise CommandError(f"{output or 'standard output'}: {error.strerror}") from error
        except DatabaseError as error:
            raise CommandError(f"The database failed in the middle: {tell(error)}") from error

    def _write(self, form: CallFilter, write: Callable[[str], Any]) -> None:
        count = 0
        for calls, text in sheet(form.criteria(), timezone.get_current_timezone()):
            write(text)
            count += len(calls)
            if calls and self.stderr.isatty():
                back = f"{timezone.localtime(calls[-1].started_at):%Y-%m-%d}"
                self.stderr.write(f"\r{count:,} calls, back to {back} ", ending="")
                self.stderr.flush()
        end = "\n" if self.stderr.isatty() else ""
        self.stderr.write(f"{end}Calls written: {count}.")


def option(name: str) -> str:
    return "--search" if name == "q" else f"--{name.replace('_', '-')}"
