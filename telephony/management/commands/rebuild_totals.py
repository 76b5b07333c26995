"""Adds up all calls anew, for the start page and the log's totals."""

from typing import Any

from django.core.management.base import BaseCommand

from telephony.records.totals import add_up, count_marked, mark_all

WIDTH = 30


class Command(BaseCommand):
    help = (
        "Add up all calls of each hour anew. Calls are stored meanwhile, with SQLite up to half a "
        "second later. It may be broken off: `manage.py tick` goes on with what is left."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        mark_all()
        wanted, done = count_marked(), 0
        for hours in add_up():
            done += hours
            self._show(done, wanted)
        end = "\n" if self.stderr.isatty() and wanted else ""
        self.stderr.write(end, ending="")
        self.stdout.write(f"Hours added up: {done}.")

    def _show(self, done: int, wanted: int) -> None:
        if not self.stderr.isatty():
            return
        share = min(1, done / wanted) if wanted else 1
        bar = "#" * round(share * WIDTH)
        self.stderr.write(f"\r[{bar:.<{WIDTH}}] {share:4.0%} {done:,} hours ", ending="")
        self.stderr.flush()
