"""What waits in the spool, and what was refused: for the start page, the probes and `manage.py journal`."""

import fcntl
import json
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from telephony.records.backlog import REFUSED
from telephony.records.event import Event
from telephony.records.journal import PATTERN, append_lines, load_event


@dataclass(frozen=True, slots=True)
class Waiting:
    """A journal that is not empty. `age_s` counts from its last webhook."""

    path: Path
    size: int
    age_s: float

    def count(self) -> int:
        """Return how many webhooks it holds. Raises OSError."""
        with self.path.open("rb") as file:
            return sum(1 for _ in file)

    def began_at(self) -> datetime:
        """Return when its first webhook came: under load the last one is always new.

        Raises FileNotFoundError if it has been stored since.
        """
        try:
            with self.path.open("rb") as file:
                return load_event(file.readline()).received_at
        except FileNotFoundError:
            raise
        except Exception:  # whatever stands there, and whosever it is, it has stood there so long
            return datetime.now(UTC) - timedelta(seconds=self.age_s)

    def is_written_to(self) -> bool:
        """Whether a process of the panel writes to it. Raises OSError."""
        with self.path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False


@dataclass(frozen=True, slots=True)
class Refused:
    """A line of the refused file. `event` is None where it is not a webhook."""

    at: str
    reason: str
    line: str
    event: Event | None


def find_waiting(folder: Path) -> list[Waiting]:
    """Return the journals that hold webhooks, the oldest first; it only looks at their sizes."""
    found = []
    for path in folder.glob(PATTERN):
        try:
            status = path.stat()
        except OSError:
            # Stored and deleted since it was listed.
            continue
        if status.st_size and stat.S_ISREG(status.st_mode):
            found.append(Waiting(path, status.st_size, max(0.0, time.time() - status.st_mtime)))
    return sorted(found, key=lambda waiting: -waiting.age_s)


def read_refused(folder: Path) -> Iterator[Refused]:
    """Yield what was refused. Raises OSError."""
    try:
        file = (folder / REFUSED).open("rb")
    except FileNotFoundError:
        return
    with file:
        yield from _parse_lines(file)


def hand_back(folder: Path) -> int:
    """Make a journal of what was refused, for the recorder to try again; return how many lines.

    A line that is stored already makes no second row, so a crash in the middle does no harm.
    Raises OSError.
    """
    try:
        file = (folder / REFUSED).open("rb")
    except FileNotFoundError:
        return 0
    with file:
        # Until it is gone, nobody can add a line that would go with it.
        fcntl.flock(file, fcntl.LOCK_EX)
        lines = [each.line.encode() + b"\n" for each in _parse_lines(file)]
        unfinished = folder / f".refused-{time.time_ns()}.new"
        append_lines(unfinished, lines)
        unfinished.rename(folder / f"webhooks-refused-{time.time_ns()}.jsonl")
        (folder / REFUSED).unlink()
    return len(lines)


def _parse_lines(file: IO[bytes]) -> Iterator[Refused]:
    for raw in file:
        yield _parse_refused(raw.decode(errors="backslashreplace").rstrip("\n"))


def _parse_refused(text: str) -> Refused:
    try:
        told = json.loads(text)
        at, reason, line = told["refused_at"], told["reason"], told["webhook"]
    except Exception:  # as below
        # Written before reasons were kept.
        at, reason, line = "", "see the log", text
    try:
        event = load_event(line.encode())
    except Exception:  # whatever stands in a line, the others are to be shown
        event = None
    return Refused(at, reason, line, event)
