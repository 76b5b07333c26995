"""The one place through which calls are written: to a journal on disk at once, then to the database.

A caller never waits for the database. `record` returns once the event is in the journal; one
thread in each process stores everything that has come in, in one transaction, and that is
milliseconds later. While the database is down a journal grows, flushed to the disk for every
event; it is stored when the database is back, by this process or by any other. What no journal
takes waits in memory.
"""

import logging
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection

from telephony.records.backlog import (
    OutageError,
    check_database,
    put_aside,
    store_events,
    store_journals,
)
from telephony.records.event import Event
from telephony.records.journal import Journal
from telephony.records.journals import Journals
from telephony.records.refusals import refusals
from telephony.records.syncer import Syncer

logger = logging.getLogger(__name__)

# Seconds between two tries to reach a database that is down, and two searches for journals.
RETRY_S = 1.0
# Seconds for which webhooks gather during a burst: fewer, larger transactions.
GATHER_EACH_S, GATHER_AT_MOST_S = 0.002, 0.05
# Events in memory, some 4 kB each. What is also in a journal needs no place here.
MEMORY_AT_MOST = 5000


@dataclass(frozen=True, slots=True)
class Kept:
    """An event that is not stored yet."""

    event: Event
    is_in_journal: bool


class Recorder:
    """Writes each event down, keeps it in memory until it is stored, and stores it in a thread."""

    def __init__(self) -> None:
        self._reset()
        self._process: int | None = None

    def _reset(self) -> None:
        # Where the process keeps its journals, for as long as it runs.
        self._journals = Journals(Path())
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._done = threading.Condition(self._lock)
        self._waiting: list[Kept] = []
        self._is_down = False
        self._is_busy = False
        self._collect_at = 0.0
        self._backlog: Iterator[int] | None = None
        self._collected = 0
        self._lost = 0
        self._syncer = Syncer()
        self._threads: list[threading.Thread] = []

    @property
    def is_down(self) -> bool:
        """Whether the database took nothing when it was last tried."""
        return self._is_down

    def start(self) -> None:
        """Begin to store, and to collect what earlier processes have left behind."""
        with self._lock:
            if self._process != os.getpid():
                # After a fork there is no thread, and the journals are the parent's.
                self._reset()
                self._journals = Journals(settings.SPOOL_DIR)
                self._process = os.getpid()
            alive = {thread.name for thread in self._threads if thread.is_alive()}
            if self._threads and len(alive) < len(self._threads):
                logger.error("a thread of the recorder has died, and is started again")
            bodies = {"recorder": self._run, "syncer": self._syncer.run}
            missing = [name for name in bodies if name not in alive]
            started = [
                threading.Thread(target=bodies[name], name=name, daemon=True) for name in missing
            ]
            self._threads = [t for t in self._threads if t.is_alive()] + started
            for thread in started:
                thread.start()

    def record(self, event: Event) -> Future[None] | None:
        """Return when the event is safe from a crash of this process, as far as the disk allows.

        Where it must outlive a power cut too, a future is returned, which is done when it does. A
        call matters more than its record: if there is no place left for the event, that is logged,
        and the call goes on.
        """
        if self._process != os.getpid() or not all(t.is_alive() for t in self._threads):
            self.start()
        with self._lock:
            journal = self._journals.write(event)
            self._keep(event, is_in_journal=journal is not None)
            must_sync = self._is_down or settings.JOURNAL_SYNC == "always"
        self._wake.set()
        return self._syncer.sync(journal) if journal and must_sync else None

    def drain(self, timeout_s: float) -> bool:
        """Wait until all that this process has recorded is in the database; False if time runs out.

        What is not stored by then is in the journal, and is stored by whichever process collects it.
        """
        with self._done:
            return self._done.wait_for(self._is_drained, timeout_s)

    def _is_drained(self) -> bool:
        return not (self._waiting or self._is_busy or self._is_down or self._journals.is_ahead)

    def _keep(self, event: Event, *, is_in_journal: bool) -> None:
        """Keep an event in memory, to be stored, unless the journal is where it is stored from."""
        if is_in_journal and (self._is_down or len(self._waiting) >= MEMORY_AT_MOST):
            self._journals.is_ahead = True
        elif len(self._waiting) < MEMORY_AT_MOST:
            self._waiting.append(Kept(event, is_in_journal))
        else:
            self._lost += 1
            logger.critical(
                "%s of call %s is lost, %s in all: neither the disk nor the database takes it",
                event.kind,
                event.call_sid,
                self._lost,
            )

    def _run(self) -> None:
        while True:
            if self._is_down:
                time.sleep(RETRY_S)
            else:
                self._wake.wait(RETRY_S)
            with self._lock:
                self._wake.clear()
                self._is_busy = True
            try:
                self._work()
            except OutageError as error:
                self._go_down(error)
            except Exception:  # the thread must live; what it could not store is in a journal
                logger.exception("the recorder goes on after an error")
                time.sleep(RETRY_S)
            finally:
                with self._done:
                    self._is_busy = False
                    self._done.notify_all()

    def _work(self) -> None:
        """Store what there is to store. Raises OutageError."""
        # Before anything that can fail: until then a crash would lose what was taken away.
        with self._lock:
            rescued = self._journals.rescue()
        if rescued is not None:
            self._syncer.sync(rescued)
        if self._is_down:
            check_database()
            self._come_back()
        with self._lock:
            released = self._journals.release()
        for journal in released:
            journal.leave()
        if self._waiting or self._journals.is_ahead:
            self._store_waiting()
        refusals.fold()
        # By the clock, so that load puts it off no longer than idleness.
        if time.monotonic() >= self._collect_at:
            self._collect()

    def _store_waiting(self) -> None:
        with self._lock:
            kept, self._waiting = self._waiting, []
            journal, is_ahead = self._journals.take()
        try:
            put_aside(self._journals.folder, store_events([each.event for each in kept]))
        except BaseException:
            self._set_aside(kept, journal)
            raise
        with self._lock:
            self._journals.put_away(journal, is_ahead=is_ahead)
        if len(kept) > 1:
            time.sleep(min(len(kept) * GATHER_EACH_S, GATHER_AT_MOST_S))

    def _set_aside(self, kept: list[Kept], journal: Journal | None) -> None:
        """Keep a journal to be collected later; what is in none stays in memory."""
        with self._lock:
            self._waiting[:0] = [each for each in kept if not each.is_in_journal]
            if journal is not None:
                self._journals.hold(journal)
        if journal is not None:
            try:
                journal.sync()
            except OSError as error:
                logger.error("the journal %s cannot be flushed: %s", journal.path, error)

    def _go_down(self, error: OutageError) -> None:
        self._backlog = None
        if not self._is_down:
            folder = self._journals.folder
            logger.error("the database takes no webhooks, they wait in %s: %s", folder, error)
        with self._lock:
            self._is_down = True
        self._save_memory()

    def _save_memory(self) -> None:
        """Write into the journal what waits in memory, once the disk takes it."""
        with self._lock:
            unsaved, self._waiting = self._waiting, []
            for place, kept in enumerate(unsaved):
                journal = None if kept.is_in_journal else self._journals.write(kept.event)
                if journal is not None:
                    self._syncer.sync(journal)
                elif not kept.is_in_journal:
                    self._waiting = unsaved[place:]
                    return
                self._journals.is_ahead = True

    def _come_back(self) -> None:
        logger.warning("the database takes webhooks again; what has waited is being stored")
        with self._lock:
            self._is_down = False
        self._collect_at = 0.0

    def _collect(self) -> None:
        """Store a batch of what was left behind; the next one follows when new webhooks are stored."""
        if self._backlog is None:
            self._backlog, self._collected = store_journals(self._journals.folder), 0
        count = next(self._backlog, None)
        if count is not None:
            self._collected += count
            self._wake.set()
            return
        if self._collected:
            logger.warning("%s webhooks were stored from journals", self._collected)
        self._backlog, self._collect_at = None, time.monotonic() + RETRY_S
        # An idle process keeps no connection.
        if not self._waiting:
            connection.close()


recorder = Recorder()
