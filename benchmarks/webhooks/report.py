"""Prints medians, ratios and what was stored."""

from collections.abc import Mapping, Sequence
from statistics import median

from benchmarks.webhooks.contenders import FLASK, OURS, PLAIN_DJANGO
from benchmarks.webhooks.rounds import Result

Results = Mapping[str, Sequence[Result]]

HEADING = ("", "requests/s", "lowest", "highest", "p50 ms", "p99 ms", "memory MB")


def print_report(results: Results) -> None:
    print(_line(HEADING))
    for name, rounds in results.items():
        rates = [result.per_second for result in rounds]
        print(
            _line(
                (
                    name,
                    f"{median(rates):.0f}",
                    f"{min(rates):.0f}",
                    f"{max(rates):.0f}",
                    f"{median(result.p50_ms for result in rounds):.1f}",
                    f"{median(result.p99_ms for result in rounds):.1f}",
                    f"{median(result.memory_mb for result in rounds):.0f}",
                )
            )
        )
    print()
    for rival in (FLASK.name, PLAIN_DJANGO.name):
        if rival in results and OURS.name in results:
            print(f"{OURS.name} / {rival}: {_ratio(results[OURS.name], results[rival]):.2f}")
    print(
        f"\n{PLAIN_DJANGO.name} waits for the disk in each request, as Django's defaults have it:\n"
        "its rate is the disk's. Switchhook's answers do not, unless its database is down:\n"
        "a crash of the process loses no call, a power cut can lose the last ones."
    )
    if OURS.name in results:
        print()
        _print_stored(results[OURS.name])


def _line(cells: Sequence[str]) -> str:
    return f"{cells[0]:<18}" + "".join(f"{cell:>12}" for cell in cells[1:])


def _ratio(ours: Sequence[Result], rival: Sequence[Result]) -> float:
    """The median of each round's ratio: the machine changes less within a round than between."""
    return median(
        mine.per_second / other.per_second for mine, other in zip(ours, rival, strict=True)
    )


def _print_stored(rounds: Sequence[Result]) -> None:
    # Warm-ups included. A round in which the two numbers differ never comes here.
    stored = sum(result.stored or 0 for result in rounds)
    drains = [result.drain_s or 0 for result in rounds]
    rate = median(result.stored_per_second for result in rounds)
    print(f"All {stored} calls that {OURS.name} answered with 200 are in its database.")
    print(
        f"The last row came at most {max(drains):.2f} s after the last answer; "
        f"with that time counted: {rate:.0f} requests/s."
    )
