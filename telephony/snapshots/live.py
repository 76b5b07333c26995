"""The web process's snapshot of the configuration, kept fresh by one thread.

Nobody who is being called waits for the database: the thread asks it, and saves what it says, for
the day on which the panel starts without it.
"""

import logging
import os
import threading
import time
from datetime import UTC, datetime

from django.conf import settings
from django.db import connections

from telephony.database import tell, watch
from telephony.models import DirectoryRevision
from telephony.routing.directory import Directory
from telephony.snapshots.directory import load_directory
from telephony.snapshots.health import live_health
from telephony.snapshots.saved import UnusableError, load, save

logger = logging.getLogger(__name__)

SAVED = "routes.json"


class NoRoutesError(Exception):
    """There is no snapshot: neither from the database nor saved."""


class LiveDirectory:
    """Holds the latest snapshot. A database that is down leaves the last one in force."""

    def __init__(self) -> None:
        self._directory: Directory | None = None
        self._lock = threading.Lock()
        self._loading = threading.Lock()
        self._process: int | None = None
        self._thread: threading.Thread | None = None
        self._has_looked = threading.Event()
        self._is_stale = False
        self._is_saved = True
        self._is_health_apart = False

    @property
    def is_stale(self) -> bool:
        """Whether the database did not answer when it was last asked."""
        return self._is_stale

    def current(self) -> Directory:
        """Return the snapshot in force. Raises NoRoutesError."""
        if self._process != os.getpid() or not (self._thread and self._thread.is_alive()):
            self.start(0)
        directory = self._directory
        if directory is None:
            raise NoRoutesError("no routes have been read yet: the database does not answer")
        if directory.silent_until is not live_health.silent_until:
            directory = self._directory = directory.with_silent(live_health.silent_until)
        return directory

    def find_server(self, uri: str) -> str | None:
        """Return the name of the server that a SIP URI leads to, as far as is known."""
        return self._directory.find_server(uri) if self._directory else None

    def start(self, wait_s: float) -> None:
        """Begin to keep the snapshot fresh; wait for the first one, or take the saved one."""
        with self._lock:
            if self._process != os.getpid() or not (self._thread and self._thread.is_alive()):
                self._process = os.getpid()
                self._has_looked.clear()
                self._thread = threading.Thread(target=self._run, name="directory", daemon=True)
                self._thread.start()
        self._has_looked.wait(wait_s)
        if self._directory is None:
            self._take_saved()

    def refresh(self) -> Directory:
        """Load the configuration as it is now, and return it. Raises django.db.Error."""
        # A lock of its own: whoever starts must not wait for a database that is frozen.
        with self._loading:
            directory = load_directory()
            self._directory = directory
        logger.info("configuration revision %s is live", directory.revision)
        self._save(directory)
        return directory

    def _take_saved(self) -> None:
        try:
            saved = load(settings.SPOOL_DIR / SAVED)
        except UnusableError as error:
            logger.error("no routes yet, the database does not answer, and %s", error)
            return
        hours = (datetime.now(UTC) - saved.saved_at).total_seconds() / 3600
        self._directory = self._directory or saved.directory
        logger.error(
            "the database does not answer; the routes saved at %s, %.1f hours ago, are live",
            saved.saved_at.isoformat(timespec="seconds"),
            hours,
        )

    def _save(self, directory: Directory) -> None:
        try:
            save(settings.SPOOL_DIR / SAVED, directory, datetime.now(UTC))
        except OSError as error:
            if self._is_saved:
                logger.error(
                    "the routes cannot be saved for a start without the database: %s", error
                )
            self._is_saved = False
        else:
            self._is_saved = True

    def _run(self) -> None:
        while True:
            self._look()
            self._has_looked.set()
            time.sleep(settings.DIRECTORY_REFRESH_S)

    def _exchange_health(self) -> None:
        try:
            with watch.over("telling which servers answer"):
                live_health.exchange()
        except Exception as error:  # as above; each process goes on by its own calls
            if not self._is_health_apart:
                logger.error("what calls show of servers cannot be shared: %s", tell(error))
            self._is_health_apart = True
        else:
            if self._is_health_apart:
                logger.warning("what calls show of servers is shared again")
            self._is_health_apart = False

    def _look(self) -> None:
        try:
            with watch.over("reading the routes"):
                known = self._directory
                if known is None or DirectoryRevision.current() != known.revision:
                    self.refresh()
        except Exception as error:  # whatever is wrong, the thread must live
            if not self._is_stale:
                logger.error("the routes cannot be read, the last ones stay live: %s", tell(error))
            self._is_stale = True
        else:
            if self._is_stale:
                logger.warning("the routes can be read again and are up to date")
            self._is_stale = False
            self._exchange_health()
        finally:
            connections.close_all()


live_directory = LiveDirectory()
