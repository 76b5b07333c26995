"""Stores events by evidence: what the database refuses while it takes others, and what waits for it.

An error alone does not say whether the database is ill or an event is: a read-only standby, a
missing table and a full disk look like refusals. So an event is refused only if the database takes
another one at the same time, a made-up one if need be. Otherwise it is an outage, and all wait.
"""

import json
import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from django.db import connection

from telephony.database import tell, watch
from telephony.records import store
from telephony.records.event import Event
from telephony.records.journal import append_lines, dump_event, left_behind, load_event

logger = logging.getLogger(__name__)

# Webhooks in one transaction. PostgreSQL takes 65,535 parameters in a statement.
BATCH_AT_MOST = 500
REFUSED = "refused.jsonl"
# An event that fails may have met a lock, so it is tried again: as often, after as many seconds.
TRIES = 3
PAUSE_S = 0.3


class OutageError(Exception):
    """The database takes nothing at present. The message can be logged."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that is not stored, and why."""

    line: str
    reason: str


def store_events(events: Sequence[Event]) -> list[Refusal]:
    """Store events, and return those that the database refuses while it takes others.

    Raises OutageError if it takes nothing; some of the events may be stored then.
    """
    refused: list[Refusal] = []
    for begin in range(0, len(events), BATCH_AT_MOST):
        failing = _store(events[begin : begin + BATCH_AT_MOST])
        for _ in range(TRIES - 1):
            if failing:
                time.sleep(PAUSE_S)
                failing = [failed for event, _ in failing for failed in _store([event])]
        refused += [Refusal(dump_event(event), tell(error)) for event, error in failing]
    return refused


def _store(events: Sequence[Event]) -> list[tuple[Event, Exception]]:
    """Store what can be stored, and return what cannot. Raises OutageError."""
    try:
        with watch.over("storing webhooks"):
            store.write(events)
    except Exception as error:  # which errors mean what is not to be told from their classes
        # A broken connection would make everything look refused.
        connection.close()
        check_database()
        if len(events) == 1:
            return [(events[0], error)]
        middle = len(events) // 2
        return _store(events[:middle]) + _store(events[middle:])
    return []


def check_database() -> None:
    """Raise OutageError unless the database takes a call at present."""
    try:
        with watch.over("trying the database"):
            store.probe()
    except Exception as error:  # as above
        connection.close()
        raise OutageError(tell(error)) from error


def store_journals(folder: Path) -> Iterator[int]:
    """Store the journals that nobody writes to any more; yield how many webhooks each batch stored.

    A journal is deleted when all of it is safe: stored for good, or written down as refused.
    Raises OutageError with everything still in its journal, and OSError.
    """
    for path, file in left_behind(folder):
        while lines := list(islice(file, BATCH_AT_MOST)):
            yield _store_lines(lines, folder)
        path.unlink(missing_ok=True)


def _store_lines(lines: Sequence[bytes], folder: Path) -> int:
    events, refused = [], []
    for line in lines:
        try:
            events.append(load_event(line))
        except Exception as error:  # half a line after a crash, or nothing of ours
            text = line.decode(errors="backslashreplace").rstrip("\n")
            refused.append(Refusal(text, f"not a webhook ({type(error).__name__})"))
    rejected = store_events(events)
    refuse(folder, [*refused, *rejected])
    return len(events) - len(rejected)


def refuse(folder: Path, refusals: Sequence[Refusal]) -> None:
    """Write down what is refused, for `manage.py journal`. Raises OSError."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    lines = [
        json.dumps({"refused_at": now, "reason": refusal.reason, "webhook": refusal.line}) + "\n"
        for refusal in refusals
    ]
    if lines:
        append_lines(folder / REFUSED, [line.encode() for line in lines])
    for refusal in refusals:
        logger.error("a webhook was refused, see `manage.py journal`: %s", refusal.reason)
