"""How the panel's own threads deal with a database that is slow, frozen or away."""

import logging
import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

logger = logging.getLogger(__name__)

# Seconds after which a database that has not answered is taken for frozen. Longer than any wait for
# a lock or a connection.
FROZEN_S = 8.0
# Telephone numbers, which PostgreSQL quotes in its errors.
LONG_NUMBER = re.compile(r"\+?[0-9]{7,}")


def tell(error: BaseException) -> str:
    """Return a database's error for the log: its first line, without anybody's number.

    PostgreSQL adds a DETAIL with the whole row.
    """
    text = LONG_NUMBER.sub("(number)", str(error).strip().partition("\n")[0])
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


class Watch:
    """Hangs up on a database that does not answer, for whichever thread waits for it.

    A client waits for a frozen server for ever: the kernel of that machine still answers.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waits: dict[int, tuple[float, str, Any]] = {}
        self._thread: threading.Thread | None = None
        self._process: int | None = None

    @contextmanager
    def over(self, what: str) -> Iterator[None]:
        """Watch over what this thread does with the database in the block."""
        thread = threading.get_ident()
        with self._lock:
            if self._process != os.getpid():
                self._process, self._waits = os.getpid(), {}
                threading.Thread(target=self._run, name="watch", daemon=True).start()
            # The connection of this thread: django.db.connection would be the watching thread's own.
            self._waits[thread] = (time.monotonic(), what, connections[DEFAULT_DB_ALIAS])
        try:
            yield
        finally:
            with self._lock:
                self._waits.pop(thread, None)

    def _run(self) -> None:
        while True:
            time.sleep(1)
            now = time.monotonic()
            with self._lock:
                late = [t for t, (since, *_) in self._waits.items() if now - since > FROZEN_S]
                given_up = [self._waits.pop(thread) for thread in late]
            for since, what, wrapper in given_up:
                logger.error("%s: the database has not answered for %.0f s", what, now - since)
                hang_up(wrapper)


def hang_up(wrapper: Any) -> None:
    """Close the socket below a connection, whoever waits for it; SQLite has none."""
    try:
        descriptor = os.dup(wrapper.connection.pgconn.socket)
    except Exception:  # no connection, one of SQLite's, or one that has just been closed
        return
    with socket.socket(fileno=descriptor) as below:
        try:
            below.shutdown(socket.SHUT_RDWR)
        except OSError as error:
            logger.error("cannot hang up on the database: %s", error)


watch = Watch()
