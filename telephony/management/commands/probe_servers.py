"""Asks each Asterisk server by SIP whether it is there, once or from time to time."""

import time
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseTrouble
from django.utils import timezone

from telephony.asterisk.box import interrupts
from telephony.database import tell
from telephony.health.probe import TIMEOUT_S
from telephony.health.rounds import Probed, Rounds, keep, load_servers, probe_servers


def seconds(low: float, high: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = -1
        if not low <= value <= high:
            raise ArgumentTypeError(f"found {text!r}; allowed: {low:g} to {high:g} seconds")
        return value

    return read


class Command(BaseCommand):
    help = "Ask each Asterisk server by SIP (OPTIONS) whether it is there. Exits with 1 if one is dead."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--watch",
            type=seconds(1, 3600),
            metavar="SECONDS",
            help="go on until you are stopped: a round each SECONDS, which tells what has changed",
        )
        parser.add_argument(
            "--timeout",
            type=seconds(0.1, 60),
            default=TIMEOUT_S,
            metavar="SECONDS",
            help=f"how long a server may take for everything together (default: {TIMEOUT_S:g})",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["watch"] is None:
            self._probe_once(options["timeout"])
            return
        with suppress(KeyboardInterrupt), interrupts.raised():
            self._watch(options["watch"], options["timeout"])

    def _probe_once(self, timeout_s: float) -> None:
        try:
            servers = load_servers()
            if not servers:
                self.stdout.write("There is no Asterisk server yet. Add one in the admin.")
            probes = probe_servers(servers, timeout_s)
            self._show(probes)
            keep(probes, timezone.now())
        except DatabaseTrouble as error:
            raise CommandError(
                f"The database cannot be used: {tell(error)}. Is it running, and has migrate run?"
            ) from error
        dead = [probed.name for probed in probes if not probed.result.is_alive]
        if dead:
            raise CommandError(f"No SIP answer from: {', '.join(dead)}.")

    def _watch(self, every_s: float, timeout_s: float) -> None:
        rounds = Rounds(timeout_s)
        before: dict[int, object] = {}
        while True:
            began = time.monotonic()
            probes = rounds.run()
            states = {probed.server_id: _state(probed) for probed in probes}
            self._show(each for each in probes if before.get(each.server_id) != _state(each))
            before = states
            time.sleep(max(0.0, began + every_s - time.monotonic()))

    def _show(self, probes: Iterable[Probed]) -> None:
        for probed in probes:
            self.stdout.write(str(probed))
        self.stdout.flush()


def _state(probed: Probed) -> object:
    """Return what is worth a line when it changes: everything but the milliseconds."""
    result = probed.result
    return (probed.name, probed.target, result.status, result.reason, result.warning)
