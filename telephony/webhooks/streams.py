"""Sends answers that are too long for memory, no faster than they are taken."""

import asyncio
import errno
import logging
import os
import select
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

logger = logging.getLogger(__name__)

# Seconds in which a client must take a part of a long answer: it keeps a thread waiting.
CHUNK_WITHIN_S = 30.0
# Seconds in which the server must begin to read: it does at once, or never if the client has gone.
OPEN_WITHIN_S = 5.0


class Stream:
    """Sends, from the thread of a page, an answer that is too long for memory.

    The server would keep all that its client has not taken yet, so it is given a pipe to read from
    like a file: what does not fit into the pipe waits here.
    """

    def __init__(self, protocol: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._protocol, self._loop = protocol, loop

    def send(self, status: int, headers: list[Any], chunks: Iterable[bytes]) -> None:
        """Send the chunks as fast as the client takes them; stop when it is gone or asleep."""
        with tempfile.TemporaryDirectory(prefix="switchhook-answer-") as folder:
            pipe = f"{folder}/pipe"
            os.mkfifo(pipe, 0o600)
            self._loop.call_soon_threadsafe(self._protocol.response_file, status, headers, pipe)
            try:
                with open_pipe(pipe) as descriptor:
                    for chunk in chunks:
                        write_pipe(descriptor, chunk)
            except (BrokenPipeError, TimeoutError):
                logger.info("a client has not taken all of a long answer")


@contextmanager
def open_pipe(path: str) -> Iterator[int]:
    """Yield the end to write to, once the other is read from. Raises TimeoutError."""
    deadline = time.monotonic() + OPEN_WITHIN_S
    while True:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
            break
        except OSError as error:
            if error.errno != errno.ENXIO or time.monotonic() > deadline:
                raise TimeoutError from error
            time.sleep(0.005)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def write_pipe(descriptor: int, chunk: bytes) -> None:
    """Raises TimeoutError if nothing of it is taken for too long."""
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    rest = memoryview(chunk)
    while rest:
        if not poll.poll(CHUNK_WITHIN_S * 1000):
            raise TimeoutError
        rest = rest[os.write(descriptor, rest) :]
