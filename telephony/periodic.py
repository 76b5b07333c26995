"""All that is done from time to time: `manage.py tick` runs it, for a single timer.

Two ticks at once do no harm: each job is claimed in the database before it runs.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from django.db import Error
from django.utils import timezone

from telephony.database import tell
from telephony.health.alerts.rounds import tell_of_machine, tell_of_panel
from telephony.health.probe import TIMEOUT_S
from telephony.health.rounds import keep, load_servers, probe_servers, was_probed_within
from telephony.models import PeriodicJob
from telephony.records.closing import close_stale_calls
from telephony.records.totals import add_up, find_differing, mark
from telephony.snapshots.comparison import compare_what_changed

logger = logging.getLogger(__name__)

# A job that was begun less than this ago is somebody else's.
OTHERS = timedelta(seconds=20)
# Servers that were probed less than this ago are watched by `manage.py probe_servers --watch`.
WATCHED = timedelta(seconds=30)
# Seconds for which calls are added up at once; after an upgrade there are years of them.
ADDING_S = 30.0
# Hours that are looked at again each time.
SAMPLED = 3


@dataclass(frozen=True, slots=True)
class Done:
    """How a job went; `result` can be shown."""

    name: str
    result: str
    has_failed: bool = False


def _close(now: datetime) -> str:
    return f"closed because their end was never heard: {close_stale_calls(now)}"


def _probe(now: datetime) -> str:
    if was_probed_within(WATCHED, now):
        return f"none: somebody did so in the last {WATCHED.seconds} seconds"
    probes = probe_servers(load_servers(), TIMEOUT_S)
    keep(probes, timezone.now())
    dead = ", ".join(probed.name for probed in probes if not probed.result.is_alive)
    return f"{len(probes)}, dead: {dead or 'none'}"


def _add_up(now: datetime) -> str:
    """Add up what has changed, and mend what somebody has changed without a mark."""
    hours = sum(add_up(ADDING_S))
    differing = find_differing(SAMPLED)
    if not differing:
        return f"hours: {hours}"
    mark(differing)
    hours += sum(add_up(ADDING_S))
    return f"hours: {hours}; some differed from their calls: run manage.py rebuild_totals"


# Name -> what it does, which returns a sentence for the log.
JOBS: Mapping[str, Callable[[datetime], str]] = MappingProxyType(
    {
        "close stale calls": _close,
        "add up calls": _add_up,
        "probe servers": _probe,
        "tell alerts": tell_of_panel,
        "compare exports": compare_what_changed,
    }
)


class AwayError(Exception):
    """The database takes nothing, so no job can be run. The message can be logged."""


def run_all(now: datetime) -> Iterator[Done]:
    """Do what concerns this machine, then run the jobs, and yield how each went.

    Raises AwayError. A database that is away at the beginning has been told of by then.
    """
    name = "tell alerts of this machine"
    try:
        outage = tell_of_machine(now)
    except Exception as error:  # the jobs are run all the same
        logger.exception("the job %r failed", name)
        yield Done(name, tell(error), has_failed=True)
    else:
        if outage:
            raise AwayError(outage)
        yield Done(name, "done")
    try:
        yield from run_jobs(now)
    except Error as error:
        raise AwayError(tell(error)) from error


def run_jobs(now: datetime) -> Iterator[Done]:
    """Run each job that nobody else is running, and yield how it went. Raises django.db.Error."""
    for name, job in JOBS.items():
        if not PeriodicJob.claim(name, now, now - OTHERS):
            yield Done(name, f"not run: somebody did so in the last {OTHERS.seconds} seconds")
            continue
        try:
            done = Done(name, job(now))
        except Exception as error:  # one job that fails must not stop the others
            logger.exception("the job %r failed", name)
            done = Done(name, tell(error), has_failed=True)
        PeriodicJob.objects.filter(name=name).update(
            ended_at=timezone.now(), has_failed=done.has_failed, result=done.result[:255]
        )
        yield done
