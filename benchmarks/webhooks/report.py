"""Prints medians, ratios and what was stored."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median

from benchmarks.webhooks.contenders import CONSTANT, FLASK, OURS, PLAIN_DJANGO, SYNCED
from benchmarks.webhooks.rounds import Result

Results = Mapping[str, Sequence[Result]]

HEADING = (
    "",
    "webhooks/s",
    "lowest",
    "highest",
    "p50 ms",
    "p99 ms",
    "p99 at half",
    "cpu µs",
    "worker MB",
)


def print_report(title: str, results: Results) -> None:
    print(f"\n{title}\n")
    print(_line(HEADING))
    for name, rounds in results.items():
        rates = [result.per_second for result in rounds]
        figures = (median(rates), min(rates), max(rates))
        cells = [f"{figure:.0f}" for figure in figures]
        cells += [f"{_median(rounds, 'p50_ms'):.1f}", f"{_median(rounds, 'p99_ms'):.1f}"]
        cells += [f"{_median(rounds, 'half_p99_ms'):.1f}"]
        cells += [f"{_median(rounds, name):.0f}" for name in ("processor_us", "memory_mb")]
        print(_line((name, *cells)))
    print()
    for one, other in ((OURS, FLASK), (OURS, PLAIN_DJANGO), (SYNCED, OURS)):
        if one.name in results and other.name in results:
            ratio = _ratio(results[one.name], results[other.name], lambda r: r.per_second)
            print(f"{one.name} / {other.name}: {ratio:.2f}")
    half = _ratio(results[OURS.name], results[CONSTANT.name], lambda r: r.half_p99_ms)
    print(f"p99 at half load, {OURS.name} / {CONSTANT.name}: {half:.2f}")
    _print_stored(results[OURS.name])


def _line(cells: Sequence[str]) -> str:
    return f"{cells[0]:<18}" + "".join(f"{cell:>12}" for cell in cells[1:])


def _median(rounds: Sequence[Result], name: str) -> float:
    return median(getattr(result, name) for result in rounds)


def _ratio(
    ours: Sequence[Result], other: Sequence[Result], figure: Callable[[Result], float]
) -> float:
    """The median of each round's ratio: the machine changes less within a round than between."""
    return median(figure(mine) / figure(its) for mine, its in zip(ours, other, strict=True))


def _print_stored(rounds: Sequence[Result]) -> None:
    # Warm-ups included. A round in which the two numbers differ never comes here.
    stored = sum(result.stored or 0 for result in rounds)
    drains = [result.drain_s or 0 for result in rounds]
    rate = median(result.stored_per_second for result in rounds)
    print(f"All {stored} webhooks that {OURS.name} answered with 200 are in its database.")
    print(
        f"The last row came at most {max(drains):.2f} s after the last answer under full load; "
        f"with that time counted: {rate:.0f} webhooks/s."
    )
