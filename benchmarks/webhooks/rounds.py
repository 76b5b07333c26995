"""Measures one contender once: a fresh server, a warm-up, the load, and what was stored."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks import load
from benchmarks.webhooks.contenders import Setting
from benchmarks.webhooks.server import Server, running

WARM_UP_CALLS = 300
DRAIN_AT_MOST_S = 60


class WrongAnswerError(Exception):
    """A contender did not answer 200, or did not store what it answered."""


@dataclass(frozen=True)
class Plan:
    """`calls` are the requests of one round, each of another call; every round sends the same."""

    calls: Sequence[bytes]
    seconds: float
    connections: int
    threads: int
    server_core: int


@dataclass(frozen=True)
class Result:
    """`drain_s` is the time from the last answer to the last row; None if nothing is stored."""

    answered: int
    per_second: float
    p50_ms: float
    p99_ms: float
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
            warm_up = _send(server, plan, plan.calls[:WARM_UP_CALLS])
            loaded = _send(server, plan, plan.calls[WARM_UP_CALLS:])
        except OSError as error:
            raise WrongAnswerError(f"{name}: {error}; its log ends:\n{server.log_end()}") from error
        wrong = (warm_up.statuses.keys() | loaded.statuses.keys()) - {200}
        if wrong:
            raise WrongAnswerError(
                f"{name} answered {sorted(wrong)} and not 200; its log ends:\n{server.log_end()}"
            )
        stored, drain_s = _drain(setting, warm_up.statuses[200] + loaded.statuses[200])
        return Result(
            answered=loaded.statuses[200],
            per_second=loaded.per_second,
            p50_ms=loaded.percentile_ms(50),
            p99_ms=loaded.percentile_ms(99),
            memory_mb=server.resident_mb(),
            stored=stored,
            drain_s=drain_s,
        )


def _send(server: Server, plan: Plan, calls: Sequence[bytes]) -> load.Load:
    connections = min(plan.connections, len(calls))
    return load.run(server.port, iter(calls), connections=connections, seconds=plan.seconds)


def _drain(setting: Setting, answered: int) -> tuple[int | None, float | None]:
    """Wait until as many rows are stored as calls were answered; return the rows and the seconds."""
    if not setting.contender.tables:
        return None, None
    begin = time.monotonic()
    stored = setting.stored()
    while stored < answered and time.monotonic() - begin < DRAIN_AT_MOST_S:
        time.sleep(0.02)
        stored = setting.stored()
    if stored != answered:
        name = setting.contender.name
        raise WrongAnswerError(f"{name} answered {answered} calls but stored {stored}")
    return stored, time.monotonic() - begin


def two_cores() -> tuple[int, int]:
    """Return a core for the server and one for the load. Raises OSError."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise OSError("the server and the load need a core each; there is only one")
    return cores[0], cores[1]
