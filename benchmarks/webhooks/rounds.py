"""Measures one contender once: a fresh server, a warm-up, full load, half of it, and what was stored."""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

from benchmarks import load
from benchmarks.webhooks.contenders import Setting
from benchmarks.webhooks.server import Server, running

WARM_UP_CALLS = 300
DRAIN_AT_MOST_S = 60


class WrongAnswerError(Exception):
    """A contender did not answer 200, or did not store what it answered."""


@dataclass(frozen=True)
class Plan:
    """`calls` are those of one round; every round sends the same."""

    calls: Sequence[load.Call]
    seconds: float
    connections: int
    threads: int
    server_core: int


@dataclass(frozen=True)
class Result:
    """`half_p99_ms` is at half the rate; `processor_us` is the worker's for each webhook, all threads; `drain_s` is the time from the last answer under full load
    to the last row; None if nothing is stored."""

    answered: int
    per_second: float
    p50_ms: float
    p99_ms: float
    half_p99_ms: float
    processor_us: float
    memory_mb: float
    stored: int | None = None
    drain_s: float | None = None

    @property
    def stored_per_second(self) -> float:
        """Requests per second over the whole time until the last one was stored."""
        return self.answered / (self.answered / self.per_second + (self.drain_s or 0))


def measure(setting: Setting, plan: Plan) -> Result:
    """Measure once. Raises WrongAnswerError, or ServerError if the server does not start."""
    setting.renew()
    name = setting.contender.name
    with running(
        setting.contender.application,
        setting.environment,
        interface=setting.contender.interface,
        core=plan.server_core,
        threads=setting.contender.threads or plan.threads,
        log=setting.log,
    ) as server:
        try:
            return _load(setting, plan, server)
        except OSError as error:
            raise WrongAnswerError(f"{name}: {error}; its log ends:\n{server.log_end()}") from error


def _load(setting: Setting, plan: Plan, server: Server) -> Result:
    # Whoever stores nothing does not notice that a call comes again.
    calls = iter(plan.calls) if setting.contender.tables else cycle(plan.calls)
    warm_up = _send(server, plan, _first(calls, WARM_UP_CALLS))
    used_s = server.processor_s()
    full = _send(server, plan, calls)
    # All answers so far are of whole calls.
    webhooks = len(plan.calls[0])
    answered = _count(setting, server, warm_up, full)
    drain_s = _drain(setting, answered, webhooks)
    used_s = server.processor_s() - used_s
    half = _send(server, plan, calls, full.per_second / webhooks / 2)
    answered += _count(setting, server, half)
    _drain(setting, answered, webhooks)
    return Result(
        answered=full.statuses[200],
        per_second=full.per_second,
        p50_ms=full.percentile_ms(50),
        p99_ms=full.percentile_ms(99),
        half_p99_ms=half.percentile_ms(99),
        processor_us=used_s / full.statuses[200] * 1e6,
        memory_mb=server.resident_mb(),
        stored=answered if setting.contender.tables else None,
        drain_s=drain_s,
    )


def _first(calls: Iterator[load.Call], count: int) -> Iterator[load.Call]:
    return iter([next(calls) for _ in range(count)])


def _send(
    server: Server, plan: Plan, calls: Iterator[load.Call], calls_a_second: float | None = None
) -> load.Load:
    return load.run(
        server.port,
        calls,
        connections=plan.connections,
        seconds=plan.seconds,
        calls_a_second=calls_a_second,
    )


def _count(setting: Setting, server: Server, *loads: load.Load) -> int:
    """Return how many were answered with 200. Raises WrongAnswerError if one was not."""
    wrong = {status for each in loads for status in each.statuses} - {200}
    if wrong:
        raise WrongAnswerError(
            f"{setting.contender.name} answered {sorted(wrong)} and not 200; "
            f"its log ends:\n{server.log_end()}"
        )
    return sum(each.statuses[200] for each in loads)


def _drain(setting: Setting, answered: int, webhooks: int) -> float | None:
    """Wait until all that was answered is stored; return the seconds. Raises WrongAnswerError."""
    tables = setting.contender.tables
    if not tables:
        return None
    # One row a webhook, and one a call.
    wanted = (answered, answered // webhooks)[: len(tables)]
    begin = time.monotonic()
    while (stored := setting.stored()) != wanted and time.monotonic() - begin < DRAIN_AT_MOST_S:
        time.sleep(0.02)
    if stored != wanted:
        name = setting.contender.name
        raise WrongAnswerError(f"{name} was to store {wanted} in {tables}, and stored {stored}")
    return time.monotonic() - begin


def two_cores() -> tuple[int, int]:
    """Return a core for the server and one for the load. Raises OSError."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise OSError("the server and the load need a core each; there is only one")
    return cores[0], cores[1]
