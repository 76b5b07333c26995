"""Measures Switchhook and its rivals in turn and prints a table: `python -m benchmarks.webhooks`."""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.webhooks.calls import signed_calls
from benchmarks.webhooks.contenders import CONTENDERS, Setting
from benchmarks.webhooks.report import print_report
from benchmarks.webhooks.rounds import Plan, Result, WrongAnswerError, measure, two_cores
from benchmarks.webhooks.server import ServerError

# More requests than any contender that reads them answers in a second on one core.
CALLS_A_SECOND = 6000


def main() -> None:
    options = _options()
    try:
        server_core, load_core = two_cores()
        os.sched_setaffinity(0, {load_core})
        plan = Plan(
            calls=list(signed_calls(int(options.seconds * CALLS_A_SECOND))),
            seconds=options.seconds,
            connections=options.connections,
            threads=options.threads,
            server_core=server_core,
        )
        results = _run(plan, options.rounds)
    except (WrongAnswerError, ServerError, OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"benchmark failed: {error}")
    print(
        f"One core for the server (granian, 1 worker, {plan.threads} threads), "
        f"{plan.connections} connections,\n"
        f"medians of {options.rounds} rounds of {plan.seconds:g} s, a new call in each request.\n"
    )
    print_report(results)


def _run(plan: Plan, rounds: int) -> dict[str, list[Result]]:
    results: dict[str, list[Result]] = {contender.name: [] for contender in CONTENDERS}
    with tempfile.TemporaryDirectory(prefix="switchhook-benchmark-") as folder:
        settings = [
            Setting(contender, Path(folder) / str(index))
            for index, contender in enumerate(CONTENDERS)
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
    parser.add_argument("--seconds", type=float, default=5, help="of load in each round")
    parser.add_argument("--rounds", type=int, default=5, help="of each contender, in turn")
    parser.add_argument("--connections", type=int, default=16, help="each with a request under way")
    parser.add_argument("--threads", type=int, default=1, help="of the server that run Python")
    return parser.parse_args()


main()
