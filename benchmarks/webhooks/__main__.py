"""Measures Switchhook and its rivals in turn and prints tables: `python -m benchmarks.webhooks`."""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import Call
from benchmarks.webhooks.calls import new_calls, whole_calls
from benchmarks.webhooks.contenders import (
    CONSTANT,
    FLASK,
    OURS,
    PLAIN_DJANGO,
    SYNCED,
    Contender,
    Setting,
)
from benchmarks.webhooks.report import print_report
from benchmarks.webhooks.rounds import Plan, Result, WrongAnswerError, measure, two_cores
from benchmarks.webhooks.server import ServerError

# More requests than any contender that reads them answers in a second on one core.
REQUESTS_A_SECOND = 6000


@dataclass(frozen=True)
class Scenario:
    """What is played to whom; `webhooks` is how many one call has."""

    title: str
    calls: Callable[[int], Iterator[Call]]
    webhooks: int
    contenders: Sequence[Contender]


SCENARIOS = (
    Scenario(
        "New calls: the first webhook of each",
        new_calls,
        1,
        (OURS, SYNCED, CONSTANT, FLASK, PLAIN_DJANGO),
    ),
    Scenario(
        "Whole calls: all seven webhooks of each, in order", whole_calls, 7, (OURS, CONSTANT, FLASK)
    ),
)


def main() -> None:
    options = _options()
    try:
        server_core, load_core = two_cores()
        os.sched_setaffinity(0, {load_core})
        print(
            f"One core for the server (granian, 1 worker, {options.threads} threads), "
            f"{options.connections} connections,\n"
            f"medians of {options.rounds} rounds of {options.seconds:g} s at full load and as "
            "long at half of it.\n"
            f"{PLAIN_DJANGO.name} and {SYNCED.name!r} wait for the disk in each request: their rate is the disk's.\n"
            "Switchhook's answers do not, unless its database is down: a crash of the process loses\n"
            "no call, a power cut can lose the last ones."
        )
        for scenario in SCENARIOS:
            count = int(options.seconds * REQUESTS_A_SECOND * 1.5 / scenario.webhooks)
            plan = Plan(
                calls=list(scenario.calls(count)),
                seconds=options.seconds,
                connections=options.connections,
                threads=options.threads,
                server_core=server_core,
            )
            print_report(scenario.title, _run(scenario, plan, options.rounds))
    except (WrongAnswerError, ServerError, OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"benchmark failed: {error}")


def _run(scenario: Scenario, plan: Plan, rounds: int) -> dict[str, list[Result]]:
    contenders = scenario.contenders
    results: dict[str, list[Result]] = {contender.name: [] for contender in contenders}
    with tempfile.TemporaryDirectory(prefix="switchhook-benchmark-") as folder:
        settings = [
            Setting(contender, Path(folder) / str(index))
            for index, contender in enumerate(contenders)
        ]
        for setting in settings:
            setting.prepare()
        for number in range(rounds):
            for setting in settings:
                result = measure(setting, plan)
                results[setting.contender.name].append(result)
                print(
                    f"round {number + 1}: {setting.contender.name}: {result.per_second:.0f}/s",
                    file=sys.stderr,
                )
    return results


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.webhooks", description=__doc__)
    parser.add_argument("--seconds", type=float, default=4, help="of each load in each round")
    parser.add_argument("--rounds", type=int, default=5, help="of each contender, in turn")
    parser.add_argument("--connections", type=int, default=16, help="each with a request under way")
    parser.add_argument("--threads", type=int, default=1, help="of the server that run Python")
    return parser.parse_args()


main()
