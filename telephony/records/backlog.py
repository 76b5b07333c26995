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
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from django.db import connection

from telephony.database import tell, watch
from telephony.records import store
from telephony.records.event import Event
from telephony.records.journal import (
    Journal,
    append_lines,
    delete,
    dump_event,
    left_behind,
    load_event,
    tell_once,
)

logger = logging.getLogger(__name__)

# Webhooks in one transaction. PostgreSQL takes 65,535 parameters in a statement.
BATCH_AT_MOST = 500
REFUSED = "refused.jsonl"
# For how long after it came an event that fails is tried again, every second.
PATIENCE = timedelta(seconds=60)
# Between two tries of one that came earlier than that.
PAUSE_S = 0.3


class OutageError(Exception):
    """The database takes nothing at present. The message can be logged."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that is not stored, and why."""

    line: str
    reason: str


@dataclass(frozen=True, slots=True)
class Stored:
    """What was not stored of some events: those refused, and those that are to be tried again."""

    refused: tuple[Refusal, ...] = ()
    postponed: tuple[Event, ...] = ()


def store_events(events: Sequence[Event]) -> Stored:
    """Store events, and return those that the database refuses while it takes others.

    One that has just come is postponed: a lock that somebody holds looks like a refusal. Raises
    OutageError if the database takes nothing; some of the events may be stored then.
    """
    refused: list[Refusal] = []
    postponed: list[Event] = []
    for begin in range(0, len(events), BATCH_AT_MOST):
        for event, error in _store(events[begin : begin + BATCH_AT_MOST]):
            if datetime.now(UTC) - event.received_at < PATIENCE:
                postponed.append(event)
            elif again := _store_again(event, error):
                refused.append(Refusal(dump_event(event), tell(again)))
    return Stored(tuple(refused), tuple(postponed))


def _store_again(event: Event, error: Exception) -> Exception | None:
    """Try twice more to store an event, and return the last error if that fails too."""
    last: Exception | None = error
    for _ in range(2):
        time.sleep(PAUSE_S)
        last = next((failure for _, failure in _store([event])), None)
        if last is None:
            break
    return last


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

    A journal is deleted when all of it is safe: stored for good, or written down as refused. One
    that cannot be read, or whose refused webhooks cannot be written down, is kept for the next time.
    Raises OutageError with everything still in its journal.
    """
    for path, file in left_behind(folder):
        try:
            while lines := list(islice(file, BATCH_AT_MOST)):
                yield _store_lines(lines, folder)
        except OSError as error:
            tell_once(path, error)
        else:
            delete(path)


def _store_lines(lines: Sequence[bytes], folder: Path) -> int:
    events, refused = [], []
    for line in lines:
        try:
            events.append(load_event(line))
        except Exception as error:  # half a line after a crash, or nothing of ours
            text = line.decode(errors="backslashreplace").rstrip("\n")
            refused.append(Refusal(text, f"not a webhook ({type(error).__name__})"))
    stored = store_events(events)
    put_aside(folder, Stored((*refused, *stored.refused), stored.postponed))
    return len(events) - len(stored.refused) - len(stored.postponed)


def put_aside(folder: Path, stored: Stored) -> None:
    """Write down what was not stored: what is refused, and what is to be tried again. Raises OSError."""
    refuse(folder, stored.refused)
    if stored.postponed:
        journal = Journal(folder)
        for event in stored.postponed:
            journal.append(event)
        journal.leave()


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
