"""Says what is not set up, out of step or wrong, and what to do about it."""

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import Error

from telephony.health.findings.codes import Kind
from telephony.health.findings.finders import last_heard
from telephony.health.findings.finding import Finding
from telephony.health.findings.survey import find_all, in_groups


class Command(BaseCommand):
    requires_system_checks = ()  # they would ask the database, which may be down
    help = (
        "Say what is not set up, out of step or wrong, and what to do about it. Exits with 0 if "
        "there is nothing to do, and with 1 if there is. Works while the database is away."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="for a program that watches")

    def handle(self, *args: Any, **options: Any) -> None:
        found = find_all(thorough=True)
        is_well = all(each.kind is Kind.NOTE for each in found)
        if options["json"]:
            told = {"ok": is_well, "last_heard": _heard(), "findings": [f.as_json() for f in found]}
            self.stdout.write(json.dumps(told, indent=2, ensure_ascii=False))
        else:
            self._show(found, is_well)
        if not is_well:
            raise SystemExit(1)

    def _show(self, found: list[Finding], is_well: bool) -> None:
        for group in in_groups(found):
            self.stdout.write(self.style.MIGRATE_HEADING(group.title))
            for each in group.findings:
                self.stdout.write(f"  {each.text} [{each.code}]")
                page = each.page and settings.PUBLIC_BASE_URL + each.page
                for line in filter(None, (each.todo, each.command, page)):
                    self.stdout.write(f"    {line}")
            self.stdout.write("")
        self.stdout.write(f"The last real call began: {_heard() or 'none is known'}")
        if is_well:
            self.stdout.write(self.style.SUCCESS("There is nothing to do."))


def _heard() -> str | None:
    """Return when the last real call began, None if none has, or if the database is away."""
    try:
        heard = last_heard()
    except Error:
        return None
    return heard.isoformat(timespec="seconds") if heard else None
