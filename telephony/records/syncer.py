"""Waits for the disk on behalf of callers: one flush serves all webhooks that came while it was busy."""

import logging
import threading
from concurrent.futures import Future

from telephony.records.journal import Journal

logger = logging.getLogger(__name__)


class Syncer:
    """`run` is the body of a thread; `sync` may be called by any."""

    def __init__(self) -> None:
        self._asked = threading.Condition()
        self._waiting: list[tuple[Journal, Future[None]]] = []

    def sync(self, journal: Journal) -> Future[None]:
        """Return a future that is done when all that was appended to the journal is on the disk."""
        future: Future[None] = Future()
        with self._asked:
            self._waiting.append((journal, future))
            self._asked.notify()
        return future

    def run(self) -> None:
        while True:
            with self._asked:
                self._asked.wait_for(lambda: self._waiting)
                waiting, self._waiting = self._waiting, []
            for journal in {journal for journal, _ in waiting}:
                try:
                    journal.sync()
                except OSError as error:
                    logger.error("the journal %s cannot be flushed: %s", journal.path, error)
            for _, future in waiting:
                # Whoever waited may be gone.
                if future.set_running_or_notify_cancel():
                    future.set_result(None)
