"""A pipe to the server is given up when nobody reads from it."""

import os
import threading
from pathlib import Path

import pytest

from telephony.webhooks import streams


@pytest.fixture
def pipe(tmp_path: Path) -> str:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return str(path)


def test_a_pipe_that_nobody_opens_is_given_up_soon(
    pipe: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The server never opens the pipe of a client that has gone, and a page's thread waits here.
    assert streams.OPEN_WITHIN_S < streams.CHUNK_WITHIN_S
    monkeypatch.setattr(streams, "OPEN_WITHIN_S", 0.05)
    with pytest.raises(TimeoutError), streams.open_pipe(pipe):
        pass


def test_a_pipe_that_is_opened_late_is_written_to(pipe: str) -> None:
    received: list[bytes] = []
    reader = threading.Timer(0.1, lambda: received.append(Path(pipe).read_bytes()))
    reader.start()
    with streams.open_pipe(pipe) as descriptor:
        streams.write_pipe(descriptor, b"row\r\n" * 50_000)
    reader.join(10)
    assert received == [b"row\r\n" * 50_000]


def test_a_part_that_nobody_takes_is_given_up(pipe: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "CHUNK_WITHIN_S", 0.05)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with streams.open_pipe(pipe) as descriptor, pytest.raises(TimeoutError):
        streams.write_pipe(descriptor, b"row\r\n" * 50_000)
    os.close(reader)
