"""The web process's snapshot of the configuration, kept fresh by one thread."""

import logging
import os
import threading
import time

from django.conf import settings
from django.db import Error as DatabaseTrouble
from django.db import connections

from telephony.models import DirectoryRevision
from telephony.routing.directory import Directory
from telephony.snapshots.directory import load_directory

logger = logging.getLogger(__name__)


class LiveDirectory:
    """Holds the latest snapshot. A database that is down leaves the last one in force."""

    def __init__(self) -> None:
        self._directory: Directory | None = None
        self._lock = threading.Lock()
        self._process: int | None = None
        self._is_stale = False

    def current(self) -> Directory:
        """Return the snapshot in force. Raises django.db.Error if there has never been one."""
        if self._process != os.getpid():
            self._start()
        return self._directory or self.refresh()

    def refresh(self) -> Directory:
        """Load the configuration as it is now, and return it. Raises django.db.Error."""
        with self._lock:
            self._directory = load_directory()
            logger.info("configuration revision %s is live", self._directory.revision)
            return self._directory

    def _start(self) -> None:
        with self._lock:
            if self._process != os.getpid():
                self._process = os.getpid()
                threading.Thread(target=self._run, name="directory", daemon=True).start()

    def _run(self) -> None:
        while True:
            time.sleep(settings.DIRECTORY_REFRESH_S)
            self._look()

    def _look(self) -> None:
        try:
            known = self._directory
            if known is None or DirectoryRevision.current() != known.revision:
                self.refresh()
            if self._is_stale:
                logger.warning("the database answers again; the configuration is up to date")
            self._is_stale = False
        except DatabaseTrouble as error:
            if not self._is_stale:
                logger.error("the database does not answer, the last routes stay live: %s", error)
            self._is_stale = True
        except Exception:  # a row that cannot be read must not end the thread
            logger.exception("the configuration cannot be read, the last routes stay live")
        finally:
            connections.close_all()


live_directory = LiveDirectory()
