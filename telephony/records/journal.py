"""A file of webhooks that are not in the database yet: one JSON object per line.

Each process appends to a file of its own and holds a lock on it; a file without its lock is
left over from a process that died or a database that was down.
"""

import errno
import fcntl
import json
import logging
import os
import stat
import threading
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from typing import IO, Any

import orjson

from telephony.records.decision import dump_decision, parse_decision
from telephony.records.event import Event
from telephony.wire.paths import Kind

logger = logging.getLogger(__name__)

EVENT_FIELDS = tuple(field.name for field in fields(Event))
_values_of = attrgetter(*EVENT_FIELDS)
PATTERN = "webhooks-*.jsonl"


class Journal:
    """An open journal file. It may be synced by one thread while another appends to it."""

    def __init__(self, directory: Path) -> None:
        """Create the file. Raises OSError."""
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = uuid.uuid4().hex
        self.path = directory / f"webhooks-{name}.jsonl"
        self._lock = threading.Lock()
        # Personal data: for the panel's own user only.
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND
        # It gets the name by which others look for journals only when it is locked against them.
        unlocked = directory / f".{name}.new"
        self._descriptor = os.open(unlocked, flags, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            unlocked.rename(self.path)
        except OSError:
            os.close(self._descriptor)
            raise
        self._inode = os.fstat(self._descriptor).st_ino

    @property
    def is_gone(self) -> bool:
        """Whether somebody has deleted or moved the file, or the folder that it is in."""
        try:
            return os.stat(self.path).st_ino != self._inode  # noqa: PTH116  half the time of Path.stat
        except OSError:
            return True

    def read_all(self) -> bytes:
        """Return what was appended, even if the file is gone. Raises OSError."""
        return os.pread(self._descriptor, os.fstat(self._descriptor).st_size, 0)

    def append_lines(self, lines: bytes) -> None:
        """Append what another journal held. Raises OSError."""
        self._write(lines)

    def append(self, event: Event) -> None:
        """Write one event. Raises OSError."""
        self._write(dump_event(event).encode() + b"\n")

    def _write(self, lines: bytes) -> None:
        written = os.write(self._descriptor, lines)
        if written != len(lines):
            # Half a line would take the next one with it.
            os.ftruncate(self._descriptor, os.fstat(self._descriptor).st_size - written)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))

    def sync(self) -> None:
        """Wait until all that was appended is on the disk itself. Raises OSError."""
        with self._lock:
            if self._descriptor >= 0:
                os.fdatasync(self._descriptor)

    def clear(self) -> None:
        """Forget what is in it: everything has been stored."""
        os.ftruncate(self._descriptor, 0)

    def remove(self) -> None:
        """Close and delete the file: everything has been stored, and it is not needed again."""
        self.path.unlink(missing_ok=True)
        self._close()

    def leave(self) -> None:
        """Flush and close the file, and leave it to whichever process collects it."""
        try:
            self.sync()
        finally:
            self._close()

    def _close(self) -> None:
        with self._lock:
            descriptor, self._descriptor = self._descriptor, -1
            if descriptor >= 0:
                os.close(descriptor)


def left_behind(directory: Path) -> Iterator[tuple[Path, IO[bytes]]]:
    """Yield journals that nobody writes to, oldest first, each open and locked until the next.

    What cannot be read is passed over: a journal of another user, or a folder of such a name.
    """
    for path in sorted(directory.glob(PATTERN), key=_changed_at):
        try:
            if _stored.get(path) == _state_of(path):
                continue
            file = path.open("rb")
        except OSError as error:
            tell_once(path, error)
            continue
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            # Another process may have collected it before we had the lock.
            if path.exists():
                yield path, file


def delete(path: Path) -> None:
    """Delete a journal of which all is stored. One that cannot be deleted is not stored again."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        logger.error("the journal %s is stored and cannot be deleted: %s", path, error.strerror)
        _stored[path] = _state_of(path)


# Journals that are stored and could not be deleted, as they were then.
_stored: dict[Path, tuple[int, float]] = {}
# Files of which the log has said that they cannot be stored.
_told: set[Path] = set()


def _state_of(path: Path) -> tuple[int, float]:
    """Return size and time of the last change. Raises OSError, also for what is no file."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a file")
    return status.st_size, status.st_mtime


def tell_once(path: Path, error: OSError) -> None:
    """Say in the log that a journal cannot be stored, unless that was said before."""
    # One that is gone was collected by another process.
    if path not in _told and not isinstance(error, FileNotFoundError):
        _told.add(path)
        # What stands in the way may be another file.
        other = f" ({error.filename})" if error.filename not in (None, str(path)) else ""
        logger.error("the journal %s cannot be stored: %s%s", path, error.strerror, other)


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        # Another process may have collected it since it was listed.
        return 0.0


def dump_event(event: Event) -> str:
    values = dict(zip(EVENT_FIELDS, _values_of(event), strict=True))
    values["decision"] = event.decision and dump_decision(event.decision)
    return orjson.dumps(values).decode()


def load_event(line: bytes) -> Event:
    """Return the event. Raises ValueError, TypeError or KeyError for others, such as half a line."""
    values: dict[str, Any] = json.loads(line)
    decision = values["decision"]
    values |= {
        "kind": Kind(values["kind"]),
        "received_at": datetime.fromisoformat(values["received_at"]),
        "decision": None if decision is None else parse_decision(decision),
    }
    return Event(**values)


def append_lines(path: Path, lines: Iterable[bytes]) -> None:
    """Append whole lines to a file; they are on the disk when this returns.

    Whoever takes the file away holds its lock meanwhile, and then the lines go into a new one.
    """
    while True:
        # Personal data, as in a journal.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            break
        os.close(descriptor)
    with os.fdopen(descriptor, "ab") as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())
