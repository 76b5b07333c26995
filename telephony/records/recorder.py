"""The one place through which calls are written: to a journal on disk at once, then to the database.

A caller never waits for the database. `record` returns once the event is in the journal; one
thread in each process stores everything that has come in, in one transaction, and that is
milliseconds later. While the database is down a journal grows, flushed to the disk with every
event; it is stored when the database is back, by this process or by any other.
"""

import logging
import os
import threading
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.db import Error as DatabaseTrouble
from django.db import InterfaceError, OperationalError, connection

from telephony.records import store
from telephony.records.event import Event
from telephony.records.journal import Journal, append_lines, left_behind, load_event

logger = logging.getLogger(__name__)

# Webhooks in one transaction. PostgreSQL takes 65,535 parameters in a statement.
BATCH_AT_MOST = 500
# Seconds between two tries to reach a database that is down, and two searches for journals.
RETRY_S = 1.0
# Seconds for which webhooks gather during a burst: fewer, larger transactions.
GATHER_S = 0.02
REFUSED = "refused.jsonl"
# The database is away or busy; anything else is wrong with an event.
OUTAGE = (OperationalError, InterfaceError)


class Recorder:
    """Two journals take turns: one is written to while the contents of the other are being stored."""

    def __init__(self) -> None:
        # Where the process keeps its journals, for as long as it runs.
        self._folder = Path()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._done = threading.Condition(self._lock)
        self._waiting: list[Event] = []
        self._journal: Journal | None = None
        self._spare: Journal | None = None
        self._process: int | None = None
        self._is_down = False
        self._is_busy = False

    def start(self) -> None:
        """Begin to store, and to collect what earlier processes have left behind."""
        with self._lock:
            if self._process != os.getpid():
                # After a fork there is no thread, and the journals are the parent's.
                self._waiting, self._journal, self._spare = [], None, None
                self._folder = settings.SPOOL_DIR
                self._process = os.getpid()
                threading.Thread(target=self._run, name="recorder", daemon=True).start()

    def record(self, event: Event) -> None:
        """Return when the event is safe from a crash of this process.

        A call matters more than its record: if neither the disk nor the database takes the
        event, that is logged, and the call goes on.
        """
        if self._process != os.getpid():
            self.start()
        try:
            self._keep(event)
        except OSError as error:
            logger.error("the journal in %s cannot be written: %s", self._folder, error)
            self._store_directly(event)

    def drain(self, timeout_s: float) -> bool:
        """Wait until all that this process has recorded is in the database; False if time runs out.

        What is not stored by then is in the journal, and is stored by whichever process collects it.
        """
        with self._done:
            return self._done.wait_for(self._is_drained, timeout_s)

    def _is_drained(self) -> bool:
        return not (self._waiting or self._is_busy or self._is_down)

    def _store_directly(self, event: Event) -> None:
        try:
            store.write([event])
        except DatabaseTrouble as error:
            logger.critical("%s of call %s is lost: %s", event.kind, event.call_sid, error)

    def _keep(self, event: Event) -> None:
        with self._lock:
            if self._journal is None:
                self._journal = self._spare or Journal(self._folder)
                self._spare = None
            self._journal.append(event, durably=self._is_down)
            if self._is_down:
                return
            self._waiting.append(event)
        self._wake.set()

    def _run(self) -> None:
        while True:
            woken = self._wake.wait(RETRY_S)
            with self._lock:
                self._wake.clear()
                self._is_busy = True
            try:
                if self._is_down:
                    self._try_again()
                elif woken:
                    self._store_waiting()
                else:
                    self._collect()
            except Exception:  # the thread must live; what it could not store is in a journal
                logger.exception("the recorder goes on after an error")
                time.sleep(RETRY_S)
            finally:
                with self._done:
                    self._is_busy = False
                    self._done.notify_all()

    def _store_waiting(self) -> None:
        """Store everything that waits; what cannot be stored stays in its journal."""
        while self._waiting:
            with self._lock:
                events, journal = self._waiting, self._journal
                self._waiting, self._journal = [], None
            try:
                _write(events)
            except Exception as error:
                self._set_aside(journal, error, len(events))
                return
            with self._lock:
                if journal is not None:
                    self._put_away(journal)
            if len(events) > 1:
                time.sleep(GATHER_S)

    def _put_away(self, journal: Journal) -> None:
        if self._spare is None:
            journal.clear()
            self._spare = journal
        else:
            journal.remove()

    def _set_aside(self, journal: Journal | None, error: Exception, count: int) -> None:
        """Leave the journal to be collected: once the database is back, or else now, one by one."""
        connection.close()
        self._is_down = isinstance(error, OUTAGE)
        logger.error("the database took no webhooks, %s stay in a journal: %s", count, error)
        if journal is not None:
            journal.leave()
        if not self._is_down:
            self._collect()

    def _try_again(self) -> None:
        try:
            connection.ensure_connection()
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except DatabaseTrouble:
            connection.close()
            return
        logger.warning("the database answers again; journals are being stored")
        with self._lock:
            if self._journal is not None:
                self._journal.leave()
            self._journal, self._waiting, self._is_down = None, [], False
        self._collect()

    def _collect(self) -> None:
        try:
            count = collect(self._folder)
        except DatabaseTrouble as error:
            logger.error("journals wait for the database: %s", error)
            self._is_down = True
        else:
            if count:
                logger.warning("%s webhooks were stored from journals", count)
        finally:
            # An idle process keeps no connection.
            connection.close()


def collect(folder: Path) -> int:
    """Store the journals that nobody writes to any more; return how many webhooks were stored.

    Raises django.db.Error, with everything still in its journal, while the database is down.
    """
    count = 0
    for path, file in left_behind(folder):
        while lines := list(islice(file, BATCH_AT_MOST)):
            count += _store_lines(lines, folder)
        path.unlink()
    return count


def _store_lines(lines: Sequence[bytes], folder: Path) -> int:
    """Store a batch; if something in it is refused, store it one by one and set aside what is refused."""
    try:
        store.write([load_event(line) for line in lines])
    except OUTAGE:
        raise
    except Exception as error:  # whatever is wrong with one, the others must not wait for it
        if len(lines) > 1:
            return sum(_store_lines([line], folder) for line in lines)
        logger.error("a webhook was refused and set aside in %s: %s", REFUSED, error)
        append_lines(folder / REFUSED, lines)
        return 0
    return len(lines)


def _write(events: Sequence[Event]) -> None:
    for begin in range(0, len(events), BATCH_AT_MOST):
        store.write(events[begin : begin + BATCH_AT_MOST])


recorder = Recorder()
