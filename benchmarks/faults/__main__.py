"""Breaks one thing after the other under load and prints the books: `python -m benchmarks.faults`.

Exits with 1 if a book does not balance.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.faults import clock, disks, faults, holes, nodes
from benchmarks.faults.panel import ROOT, Panel
from tests import on_postgres

PUBLIC = "https://panel.example.com"
ACCOUNT_SID, TOKEN = "AC" + "0123456789abcdef" * 2, "the-token-of-the-faults"
NUMBER = "+12025550100"
# Seconds within which everything must be stored once the fault is mended.
HEAL_AT_MOST_S = 60
STAGES = {
    "sqlite": "one panel on SQLite",
    "postgres": "one panel on PostgreSQL",
    "nodes": "two panels behind nginx, on a PostgreSQL primary with a standby",
    "disks": "one panel on SQLite, on two small disks",
}
MAY_GO_UNANSWERED = (*faults.MAY_GO_UNANSWERED, *disks.MAY_GO_UNANSWERED)


@dataclass(frozen=True)
class Stage:
    """What is called, the PostgreSQL that faults may break by itself, and the faults."""

    panel: Any
    postgres: on_postgres.Cluster | None
    faults: tuple[Any, ...]


def main() -> None:
    options = _options()
    if missing := _find_missing(options.stage):
        _leave_out(f"{options.stage}, {STAGES[options.stage]}", missing)
        # Where the tests may install programs, only root can be missing.
        sys.exit(1 if os.environ.get("CI") == "true" and os.geteuid() == 0 else 0)
    # Leave nothing behind then either: servers, rules and mounts.
    signal.signal(signal.SIGTERM, on_postgres.end)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="switchhook-faults-")))
        sys.exit(_run(options, folder, _set(options, folder, stack)))


def _find_missing(stage: str) -> str:
    """Say what a stage needs and this machine has not."""
    return {
        "sqlite": "",
        "postgres": "" if on_postgres.find_binaries() else on_postgres.INSTALL,
        "nodes": "" if nodes.is_possible() else "PostgreSQL, nginx and nft, and root",
        "disks": "" if disks.is_possible() else "root, to mount them",
    }[stage]


def _leave_out(what: str, missing: str) -> None:
    print(f"*** NOT RUN: {what}. It needs {missing}.", file=sys.stderr, flush=True)


def _set(options: argparse.Namespace, folder: Path, stack: ExitStack) -> Stage:
    stage = options.stage
    if stage == "nodes":
        primary, standby = stack.enter_context(nodes.databases())
        _configure(folder / "spool", nodes.address_of(primary, standby, nodes.ADDRESSES[0]))
        both = nodes.Nodes(folder, primary, standby, options.first_node.resolve())
        return Stage(both, None, (faults.nothing, *nodes.NODES))
    panel = Panel(folder / "panel.log")
    if stage == "disks":
        for name in ("database", "disk"):
            stack.enter_context(disks.small_disk(folder / name))
        _configure(folder / "disk/spool", f"sqlite:///{folder}/database/panel.sqlite3")
        return Stage(panel, None, disks.DISKS)
    if stage == "sqlite":
        _configure(folder / "spool", f"sqlite:///{folder}/panel.sqlite3")
        return Stage(panel, None, (*faults.ANY, *faults.SQLITE))
    binaries = on_postgres.find_binaries()
    assert binaries is not None
    postgres = stack.enter_context(on_postgres.cluster(binaries))
    _configure(folder / "spool", postgres.url)
    return Stage(panel, postgres, (*faults.ANY, *faults.POSTGRES))


def _configure(spool: Path, url: str) -> None:
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "SECRET_KEY": "faults" * 10,
        "DEBUG": "False",
        "ALLOWED_HOSTS": "127.0.0.1,panel.example.com",
        "PUBLIC_BASE_URL": PUBLIC,
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_AUTH_TOKENS": "",
        "DATABASE_URL": url,
        "SPOOL_DIR": str(spool),
        "LOG_LEVEL": "WARNING",
    }
    import django

    django.setup()


def _run(options: argparse.Namespace, folder: Path, stage: Stage) -> int:
    chosen = _choose(options, stage)
    if not chosen:
        return 0
    for command in ("migrate", "load_demo"):
        # In processes of their own: what plays the demo would go on to store webhooks here.
        subprocess.run(
            [sys.executable, "manage.py", command, "--verbosity=0"], cwd=ROOT, check=True
        )
    stage.panel.start()
    print(
        f"{options.stage}: {STAGES[options.stage]}, {options.seconds:g} s each, seed {options.seed}\n"
        f"{'fault':24}{'calls':>7}{'webhooks':>10}{'unanswered':>12}{'lost':>6}"
        f"{'doubled':>9}{'wrong':>7}{'longest':>9}{'stored after':>14}",
        flush=True,
    )
    dice, bad = random.Random(options.seed), 0
    try:
        for _ in range(options.rounds):
            for fault in dice.sample(chosen, len(chosen)):
                if fault is faults.clock_jumped:
                    with clock.own_clock(stage.panel, folder):
                        bad += not _round(fault, stage, options)
                else:
                    bad += not _round(fault, stage, options)
    finally:
        stage.panel.stop()
        if bad:
            print(stage.panel.log()[-3000:], file=sys.stderr)
    return 1 if bad else 0


def _choose(options: argparse.Namespace, stage: Stage) -> list[Any]:
    """Return the faults that are wanted, as far as this machine can make them."""
    missing = {}
    if not holes.is_possible():
        missing[faults.swallowed] = "nft, and root"
    if not clock.is_possible():
        missing[faults.clock_jumped] = "a C compiler"
    wanted = [f for f in stage.faults if not options.only or f.__name__ in options.only]
    for fault in wanted:
        if fault in missing:
            _leave_out(fault.__name__, missing[fault])
    return [fault for fault in wanted if fault not in missing]


def _round(fault: Any, stage: Stage, options: argparse.Namespace) -> bool:
    # They need Django's settings.
    from benchmarks.faults.book import Book
    from benchmarks.faults.callers import Callers
    from telephony.rehearsal.player import Scenario

    book = Book()
    scenario = Scenario(NUMBER, "", ACCOUNT_SID, PUBLIC, ())
    callers = Callers(stage.panel, scenario, TOKEN, book, options.seed)
    callers.start()
    time.sleep(0.5)
    fault(stage.panel, stage.postgres, options.seconds)
    mended = time.monotonic()
    time.sleep(0.5)
    callers.stop()
    patience_s = 0 if fault in nodes.MAY_LOSE else HEAL_AT_MOST_S
    while book.count_missing() and time.monotonic() - mended < patience_s:
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
        balance = replace(balance, unanswered=0)
    if fault in nodes.MAY_LOSE:
        balance = replace(balance, lost=0, wrong=0)
    return balance.is_even


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--stage", choices=STAGES, default="sqlite")
    parser.add_argument(
        "--rounds", type=int, default=1, help="of all faults, in another order each"
    )
    parser.add_argument("--seconds", type=float, default=3, help="that a fault lasts")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--first-node", type=Path, default=ROOT, help="folder with the code of the first node"
    )
    parser.add_argument("--only", nargs="*", help="the faults, by their names")
    return parser.parse_args()


main()
