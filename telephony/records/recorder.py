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
from telephony.records.syncer import Syncer

logger = logging.getLogger(__name__)

# Seconds between two tries to reach a database that is down, and two searches for journals.
RETRY_S = 1.0
# Seconds for which webhooks gather during a burst: fewer, larger transactions.
GATHER_S = 0.02
# Events in memory, some 4 kB each. What is also in a journal needs no place here.
MEMORY_AT_MOST = 5000


@dataclass(frozen=True, slots=True)
class Kept:
    """An event that is not stored yet."""

    event: Event
    is_in_journal: bool


class Recorder:
    """Two journals take turns: one is written to while the contents of the other are being stored."""

    def __init__(self) -> None:
        self._reset()
        self._process: int | None = None

    def _reset(self) -> None:
        # Where the process keeps its journals, for as long as it runs.
        self._folder: Path = Path()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._done = threading.Condition(self._lock)
        self._waiting: list[Kept] = []
        self._journal: Journal | None = None
        self._spare: Journal | None = None
        # Journals that were set aside; they stay open, so that nobody can take what is in them away.
        self._held: list[Journal] = []
        # Whether the journal has events that found no place in memory.
        self._is_journal_ahead = False
        self._is_spool_broken = False
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
                self._folder = settings.SPOOL_DIR
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
            journal = self._write(event)
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
        return not (self._waiting or self._is_busy or self._is_down or self._is_journal_ahead)

    def _write(self, event: Event) -> Journal | None:
        """Write an event into the journal and return that, or None where the disk takes nothing."""
        try:
            if self._journal is None or self._journal.is_gone:
                self._journal = self._begin_journal()
            self._journal.append(event)
        except OSError as error:
            if not self._is_spool_broken:
                logger.error(
                    "the journal in %s cannot be written, webhooks wait in memory: %s",
                    self._folder,
                    error,
                )
            self._is_spool_broken = True
            return None
        if self._is_spool_broken:
            logger.warning("the journal in %s can be written again", self._folder)
        self._is_spool_broken = False
        return self._journal

    def _begin_journal(self) -> Journal:
        """Return a journal, with all that was in those that somebody has deleted or moved."""
        gone = [each for each in (*self._held, self._journal) if each is not None and each.is_gone]
        if self._spare is not None and not self._spare.is_gone:
            journal, self._spare = self._spare, None
        else:
            journal = Journal(self._folder)
        try:
            for each in gone:
                journal.append_lines(each.read_all())
        except OSError:
            # They are still open, and are tried again.
            journal.leave()
            raise
        self._held = [each for each in self._held if each not in gone]
        # While nobody stores what is in it, it has more than memory does.
        self._is_journal_ahead = self._is_journal_ahead or bool(gone)
        return journal

    def _keep(self, event: Event, *, is_in_journal: bool) -> None:
        """Keep an event in memory, to be stored, unless the journal is where it is stored from."""
        if is_in_journal and (self._is_down or len(self._waiting) >= MEMORY_AT_MOST):
            self._is_journal_ahead = True
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
        if self._is_down:
            check_database()
            self._come_back()
        self._rescue()
        self._let_go()
        if self._waiting or self._is_journal_ahead:
            self._store_waiting()
        # By the clock, so that load puts it off no longer than idleness.
        if time.monotonic() >= self._collect_at:
            self._collect()

    def _store_waiting(self) -> None:
        with self._lock:
            kept, journal, is_ahead = self._waiting, self._journal, self._is_journal_ahead
            self._waiting, self._journal, self._is_journal_ahead = [], None, False
        try:
            put_aside(self._folder, store_events([each.event for each in kept]))
        except BaseException:
            self._set_aside(kept, journal)
            raise
        with self._lock:
            self._put_away(journal, is_ahead)
        if len(kept) > 1:
            time.sleep(GATHER_S)

    def _put_away(self, journal: Journal | None, is_ahead: bool) -> None:
        """Empty a journal of which all is stored, or leave it if it has more than that."""
        if journal is None:
            return
        if is_ahead:
            self._held.append(journal)
        elif self._spare is None and not journal.is_gone:
            journal.clear()
            self._spare = journal
        else:
            journal.remove()

    def _set_aside(self, kept: list[Kept], journal: Journal | None) -> None:
        """Keep a journal to be collected later; what is in none stays in memory."""
        with self._lock:
            self._waiting[:0] = [each for each in kept if not each.is_in_journal]
            if journal is not None:
                self._held.append(journal)
        if journal is not None:
            try:
                journal.sync()
            except OSError as error:
                logger.error("the journal %s cannot be flushed: %s", journal.path, error)

    def _go_down(self, error: OutageError) -> None:
        self._backlog = None
        if not self._is_down:
            logger.error("the database takes no webhooks, they wait in %s: %s", self._folder, error)
        with self._lock:
            self._is_down = True
        self._save_memory()

    def _save_memory(self) -> None:
        """Write into the journal what waits in memory, once the disk takes it."""
        with self._lock:
            unsaved, self._waiting = self._waiting, []
            for place, kept in enumerate(unsaved):
                if not kept.is_in_journal and self._write(kept.event) is None:
                    self._waiting = unsaved[place:]
                    return
                self._is_journal_ahead = True
            journal = self._journal if unsaved else None
        if journal is not None:
            self._syncer.sync(journal)

    def _come_back(self) -> None:
        logger.warning("the database takes webhooks again; what has waited is being stored")
        with self._lock:
            self._is_down = False
        self._collect_at = 0.0

    def _rescue(self) -> None:
        """Begin a journal with what was in those that somebody has deleted or moved, once that is possible."""
        with self._lock:
            mine = self._journal if self._is_journal_ahead else None
            if not any(each is not None and each.is_gone for each in (*self._held, mine)):
                return
            try:
                self._journal = self._begin_journal()
            except OSError as error:
                logger.error("what was in a journal cannot be written again yet: %s", error)

    def _let_go(self) -> None:
        """Leave the journals that were set aside to be collected."""
        with self._lock:
            there = [each for each in self._held if not each.is_gone]
            self._held = [each for each in self._held if each not in there]
        for journal in there:
            journal.leave()

    def _collect(self) -> None:
        """Store a batch of what was left behind; the next one follows when new webhooks are stored."""
        if self._backlog is None:
            self._backlog, self._collected = store_journals(self._folder), 0
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
