"""Writes log records: no field of a request can look like a line of the log, and nobody waits for it."""

import contextlib
import logging
import os
import threading
import time
from collections import deque

# Everything that ends a line, moves a terminal's cursor or turns the text: C0, DEL, C1, Unicode's
# separators and its marks of direction.
CODES = (*range(32), *range(127, 160), 0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F))
CONTROLS = {code: repr(chr(code))[1:-1] for code in (*CODES, *range(0x2066, 0x206A))}
# Characters of a message; a field of a request can have a hundred thousand.
LONGEST = 2000
# Lines that wait for a reader who is slow, some 300 bytes each.
LINES_AT_MOST = 10_000
# Seconds for which lines gather, and for which a process that ends waits for its reader.
GATHER_S, FLUSH_S = 0.02, 1.0


class OneLineFormatter(logging.Formatter):
    """Keeps a message on one line, and marks the lines of the traceback below it."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        if not record.message.isprintable():
            record.message = record.message.translate(CONTROLS)
        if len(record.message) > LONGEST:
            record.message = f"{record.message[:LONGEST]}... ({len(record.message)} characters)"
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return text.replace("\n", "\n    | ") if "\n" in text else text


class WithoutTraceback(logging.Filter):
    """Takes the traceback from a refusal: that somebody may not see a page is no fault of the panel's."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "status_code", None) in (403, 404):
            record.exc_info = None
        return True


class PatientHandler(logging.Handler):
    """Writes to standard error in a thread of its own, so that no call waits for whoever reads it.

    A terminal that was stopped, a pager or a log service that hangs blocks a write for as long as
    it likes. What finds no place meanwhile is left out, and counted.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lines: deque[str] = deque()
        self._left_out = 0
        self._wake = threading.Event()
        self._is_writing = False
        self._process: int | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record; whoever calls this holds the handler's lock."""
        try:
            line = self.format(record)
        except Exception:  # the log must not stop what it tells of
            self.handleError(record)
            return
        if len(self._lines) >= LINES_AT_MOST:
            self._left_out += 1
            return
        self._lines.append(line)
        if self._process != os.getpid():
            # After a fork there is no thread.
            self._process = os.getpid()
            threading.Thread(target=self._run, name="log", daemon=True).start()
        if not self._wake.is_set():
            self._wake.set()

    def flush(self) -> None:
        """Wait until all is written, but not long."""
        end = time.monotonic() + FLUSH_S
        while (self._lines or self._is_writing) and time.monotonic() < end:
            time.sleep(0.002)

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            self._is_writing = True
            # Nobody will ever read it if that fails: the reader is gone.
            with contextlib.suppress(OSError):
                _write_all(self._take().encode(errors="backslashreplace"))
            self._is_writing = False
            # Lines gather meanwhile: each turn of this thread is one that a call has not.
            time.sleep(GATHER_S)

    def _take(self) -> str:
        left_out, self._left_out = self._left_out, 0
        text = "".join(f"{self._lines.popleft()}\n" for _ in range(len(self._lines)))
        if left_out:
            text += f"{left_out} lines of the log were left out: nobody has read it.\n"
        return text


def _write_all(data: bytes) -> None:
    # Not by sys.stderr, whose lock a write that hangs would hold: Python could not end then.
    while data:
        data = data[os.write(2, data) :]
