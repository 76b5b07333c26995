"""Imports a file of numbers, endpoints or fallback numbers, by the same rules as the pages."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from telephony.admin.aftermath import warnings_of
from telephony.admin.imports import OutdatedError, Plan, carry_out, plan
from telephony.admin.judging import Rights
from telephony.admin.sheets import EndpointSheet, FallbackSheet, NumberSheet
from telephony.bulk.changes import Kind, Outcome, count
from telephony.bulk.tables import UnreadableError
from telephony.database import tell

SHEETS = {"numbers": NumberSheet, "endpoints": EndpointSheet, "fallback-numbers": FallbackSheet}


class Command(BaseCommand):
    help = (
        "Import a CSV file, all of it or, if a row has an error, nothing. The page behind Import, "
        "above each list, says what the file may have in it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=SHEETS, help="what the rows of the file are")
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--check", action="store_true", help="say what would change, and stop")
        parser.add_argument(
            "--prices-are-right",
            action="store_true",
            help="import prices above 1.00 a minute, which are asked about otherwise",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        made = self._plan(options["what"], options["file"])
        for outcome in made.outcomes:
            for line in lines(outcome):
                (self.stderr if outcome.kind is Kind.WRONG else self.stdout).write(line)
        counts = ", ".join(f"{number} {kind}" for kind, number in count(made.outcomes).items())
        if not made.is_well:
            raise CommandError(f"Nothing was imported: {counts}. Mend the rows above.")
        if options["check"]:
            self.stdout.write(f"Nothing was written: {counts}.")
            return
        asked = any(outcome.questions for outcome in made.outcomes)
        if asked and not options["prices_are_right"]:
            raise CommandError("Nothing was imported: add --prices-are-right if they are.")
        self._carry_out(made)
        self.stdout.write(f"Imported: {counts}.")

    def _plan(self, what: str, file: Path) -> Plan:
        sheet = SHEETS[what]()
        try:
            table = sheet.read(file.read_bytes())
            if table.note:
                self.stderr.write(table.note)
            return plan(sheet, table, Rights())
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        except UnreadableError as error:
            raise CommandError(str(error)) from error

    def _carry_out(self, made: Plan) -> None:
        try:
            saved = carry_out(made)
        except OutdatedError as error:
            raise CommandError(
                "Nothing was imported: somebody else has saved something meanwhile. Run it again."
            ) from error
        except DatabaseError as error:
            raise CommandError(f"Nothing was imported: {tell(error)}. Run it again.") from error
        for warning in warnings_of(made, saved):
            self.stderr.write(warning)


def lines(outcome: Outcome) -> list[str]:
    """Return what a row would do, one line for each change or problem."""
    where = f"row {outcome.number}, {outcome.name}"
    told = [f"{each.column}: {each.text}".removeprefix(": ") for each in outcome.problems]
    told += [f"{each.column}: {each.text}" for each in outcome.questions]
    if outcome.kind is Kind.CHANGED:
        told += [f"{each.column}: {each.before} -> {each.after}" for each in outcome.changes]
    if outcome.kind is Kind.NEW:
        told.append("new")
    return [f"{where}: {text}" for text in told]
