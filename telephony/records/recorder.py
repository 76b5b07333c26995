"""The one seam through which the call path writes: a journal on disk at once, the database next.

A caller never waits for the database. `record` returns when the event is in the journal; one
thread in each process stores what has come in, all of it in one transaction, and that is
milliseconds later. While the database is down the journals grow and are flushed to the disk
with every event; they are stored when it is back, by this process or by any other.
"""

import logging
import os
import threading
import time
from collections.abc import Sequence
from itertools import islice

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from telephony.records import store
from telephony.records.events import Event
from telephony.records.journal import Journal, append_lines, left_behind, load_event

logger = logging.getLogger(__name__)

# Webhooks in one transaction. PostgreSQL takes 65,535 parameters in a statement.
BATCH_AT_MOST = 500
# Seconds between two tries to reach a database that is down, and two looks for what was left.
RETRY_S = 1.0
# Seconds for which a burst is let gather once there is one: fewer, larger transactions.
GATHER_S = 0.02
REFUSED = "refused.jsonl"


class Recorder:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._waiting: list[Event] = []
        self._journal: Journal | None = None
        self._process: int | None = None
        self._is_down = False

    def record(self, event: Event) -> None:
        """Return when the event is safe from a crash of this process. Raises OSError."""
        if connection.in_atomic_block:
            # The caller's transaction decides whether this happened.
            store.write([event])
            return
        with self._lock:
            if self._process != os.getpid():
                self._start()
            if self._journal is None:
                self._journal = Journal(settings.SPOOL_DIR)
            self._journal.append(event, durably=self._is_down)
            self._waiting.append(event)
        self._wake.set()

    def _start(self) -> None:
        # After a fork the parent's thread is missing, and its journal is the parent's.
        self._waiting, self._journal, self._process = [], None, os.getpid()
        threading.Thread(target=self._run, name="recorder", daemon=True).start()

    def _run(self) -> None:
        while True:
            if not self._wake.wait(RETRY_S):
                self._collect()
                connection.close()
                continue
            self._wake.clear()
            self._store_waiting()

    def _store_waiting(self) -> None:
        """Store everything that waits, or leave the journal to be collected later."""
        while self._waiting and not self._is_down:
            with self._lock:
                batch, self._waiting = self._waiting, []
            if not _write(batch):
                self._is_down = True
                break
            with self._lock:
                if not self._waiting and self._journal is not None:
                    self._journal.clear()
            if len(batch) > 1:
                time.sleep(GATHER_S)
        if self._is_down:
            with self._lock:
                if self._journal is not None:
                    self._journal.leave()
                self._journal, self._waiting = None, []

    def _collect(self) -> None:
        try:
            count = collect()
        except DatabaseError:
            return
        except OSError as error:
            logger.error("journals in %s cannot be read: %s", settings.SPOOL_DIR, error)
            return
        if self._is_down or count:
            logger.warning("the database takes webhooks again; %s stored from journals", count)
        self._is_down = False


def collect() -> int:
    """Store what journals hold that nobody writes to any more; return how many webhooks.

    Raises DatabaseError, with everything still in its journal, while the database is down.
    """
    count = 0
    for path, file in left_behind(settings.SPOOL_DIR):
        while lines := list(islice(file, BATCH_AT_MOST)):
            count += _store_lines(lines)
        path.unlink()
    return count


def _store_lines(lines: Sequence[bytes]) -> int:
    """Store a batch, or if something in it is refused, one by one; what is refused is set aside."""
    try:
        events = [load_event(line) for line in lines]
        store.write(events)
    except (OperationalError, InterfaceError):
        raise
    except (DatabaseError, ValueError, TypeError, KeyError) as error:
        if len(lines) > 1:
            return sum(_store_lines([line]) for line in lines)
        logger.error("a webhook was refused and set aside in %s: %s", REFUSED, error)
        append_lines(settings.SPOOL_DIR / REFUSED, lines)
        return 0
    return len(lines)


def _write(events: list[Event]) -> bool:
    try:
        for begin in range(0, len(events), BATCH_AT_MOST):
            store.write(events[begin : begin + BATCH_AT_MOST])
    except DatabaseError as error:
        connection.close()
        logger.error("the database took no webhooks; %s stay in a journal: %s", len(events), error)
        return False
    return True


recorder = Recorder()
