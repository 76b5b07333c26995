"""Talks to a running Asterisk over its control socket, as `asterisk -rx` does, without a process each."""

import socket
import time
from collections.abc import Callable
from pathlib import Path

SOCKET = Path("/var/run/asterisk/asterisk.ctl")
# Asterisk's own end of a command; the largest configurations load for minutes.
COMMAND_S = 900.0
# The log comes over the same socket by another thread; how long a silence has to be to end it.
SILENCE_S = 0.3
# Bytes in which the end of an answer is looked for; the last piece is no longer.
TAIL = 70_000


class Unreachable(Exception):
    """No Asterisk listens on the socket."""


class Console:
    def __init__(self, path: Path = SOCKET) -> None:
        self._path = path

    def __call__(self, command: str) -> str:
        """Run a command and return what it prints. Raises Unreachable."""
        return self._converse([f"cli quit after {command}"], until=lambda _: False)

    def watched(self, command: str) -> str:
        """Run a command and return the log lines of the meantime too.

        Needs a `console` line in logger.conf for warnings and errors, as the stock file has it.
        """
        # Commands run one after the other, so the answer to the last one is the end.
        words = ["logger mute silent", command, "core show uptime seconds"]
        return self._converse(words, until=lambda text: "System uptime:" in text)

    def _converse(self, words: list[str], until: Callable[[str], bool]) -> str:
        with socket.socket(socket.AF_UNIX) as console:
            console.settimeout(COMMAND_S)
            try:
                console.connect(str(self._path))
                _banner(console)
                for word in words:
                    console.sendall(word.encode() + b"\0")
                return _read(console, until)
            except OSError as error:
                raise Unreachable(f"No Asterisk answers at {self._path} ({error}).") from error


def _banner(console: socket.socket) -> None:
    """Read the line with host, pid and version that every client is greeted with."""
    while not console.recv(1).endswith(b"\n"):
        pass


def _read(console: socket.socket, until: Callable[[str], bool]) -> str:
    received = bytearray()
    deadline = time.monotonic() + COMMAND_S
    while time.monotonic() < deadline:
        try:
            piece = console.recv(65536)
        except TimeoutError:
            break
        if not piece:
            break
        received += piece
        if until(received[-TAIL:].decode(errors="replace")):
            console.settimeout(SILENCE_S)
    return received.decode(errors="replace").replace("\0", "")
