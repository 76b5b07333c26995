"""Breaks one thing after the other under load and prints the books: `python -m benchmarks.faults`.

Exits with 1 if a book does not balance.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

PUBLIC = "https://panel.example.com"
ACCOUNT_SID, TOKEN = "AC" + "0123456789abcdef" * 2, "the-token-of-the-faults"
NUMBER = "+12025550100"
# Seconds within which everything must be stored once the fault is mended.
HEAL_AT_MOST_S = 60


def main() -> None:
    options = _options()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="switchhook-faults-")))
        postgres = None
        url = f"sqlite:///{folder}/panel.sqlite3"
        if options.database == "postgres":
            from tests import on_postgres

            binaries = on_postgres.find_binaries()
            if binaries is None:
                sys.exit(f"PostgreSQL is missing. To install it: {on_postgres.INSTALL}")
            postgres = stack.enter_context(on_postgres.cluster(binaries))
            url = postgres.url
        _configure(folder, url)
        sys.exit(_run(options, folder, postgres))


def _configure(folder: Path, url: str) -> None:
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "SECRET_KEY": "faults" * 10,
        "DEBUG": "False",
        "ALLOWED_HOSTS": "127.0.0.1",
        "PUBLIC_BASE_URL": PUBLIC,
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_AUTH_TOKENS": "",
        "DATABASE_URL": url,
        "SPOOL_DIR": str(folder / "spool"),
        "LOG_LEVEL": "WARNING",
    }
    import django

    django.setup()


def _run(options: argparse.Namespace, folder: Path, postgres: object) -> int:
    from benchmarks.faults import faults
    from benchmarks.faults.panel import ROOT, Panel

    for command in ("migrate", "load_demo"):
        # In processes of their own: what plays the demo would go on to store webhooks here.
        subprocess.run(
            [sys.executable, "manage.py", command, "--verbosity=0"], cwd=ROOT, check=True
        )
    known = (*faults.ANY, *(faults.POSTGRES if postgres else faults.SQLITE))
    chosen = [fault for fault in known if not options.only or fault.__name__ in options.only]
    panel = Panel(folder / "panel.log")
    panel.start()
    print(
        f"{options.database}, {options.seconds:g} s each, seed {options.seed}\n"
        f"{'fault':24}{'calls':>7}{'webhooks':>10}{'unanswered':>12}{'lost':>6}"
        f"{'doubled':>9}{'wrong':>7}{'longest':>9}{'stored after':>14}"
    )
    dice, bad = random.Random(options.seed), 0
    try:
        for _ in range(options.rounds):
            for fault in dice.sample(chosen, len(chosen)):
                bad += not _round(fault, panel, postgres, options)
    finally:
        panel.stop()
        if bad:
            print(panel.log()[-3000:], file=sys.stderr)
    return 1 if bad else 0


def _round(fault, panel, postgres, options) -> bool:  # type: ignore[no-untyped-def]
    from benchmarks.faults.book import Book
    from benchmarks.faults.callers import Callers
    from benchmarks.faults.faults import MAY_GO_UNANSWERED
    from telephony.rehearsal.player import Scenario

    book = Book()
    scenario = Scenario(NUMBER, "", ACCOUNT_SID, PUBLIC, ())
    callers = Callers(panel.port, scenario, TOKEN, book, options.seed)
    callers.start()
    time.sleep(0.5)
    fault(panel, postgres, options.seconds)
    mended = time.monotonic()
    time.sleep(0.5)
    callers.stop()
    while book.count_missing() and time.monotonic() - mended < HEAL_AT_MOST_S:
        time.sleep(0.2)
    stored_after = time.monotonic() - mended
    balance = book.balance()
    print(
        f"{fault.__name__:24}{balance.calls:7}{balance.webhooks:10}{balance.unanswered:12}"
        f"{balance.lost:6}{balance.doubled:9}{balance.wrong:7}{balance.longest_s:8.2f}s"
        f"{stored_after:12.1f} s",
        flush=True,
    )
    if fault in MAY_GO_UNANSWERED:
        balance.unanswered = 0
    return balance.is_even


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument(
        "--rounds", type=int, default=1, help="of all faults, in another order each"
    )
    parser.add_argument("--seconds", type=float, default=3, help="that a fault lasts")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", help="the faults, by their names")
    return parser.parse_args()


main()
