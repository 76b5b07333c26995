"""Talks to a running Asterisk over its control socket, as `asterisk -rx` does, but in this process."""

import socket
import time
from collections.abc import Callable
from pathlib import Path

SOCKET = Path("/var/run/asterisk/asterisk.ctl")
# Seconds to wait for the end of a command; the largest configurations take minutes to load.
COMMAND_S = 900.0
# The log comes over the same socket from another thread; a silence of this long ends it.
SILENCE_S = 0.3
# The last bytes of an answer, in which its end is looked for; one piece is never longer.
TAIL = 70_000


class Unreachable(Exception):
    """No Asterisk listens on the socket."""


class Console:
    def __init__(self, path: Path = SOCKET) -> None:
        self._path = path

    def __call__(self, command: str) -> str:
        """Run a command and return what it prints. Raises Unreachable."""
        return self._converse([f"cli quit after {command}"], until=lambda _: False)

    def run_with_log(self, command: str) -> str:
        """Run a command and return what it prints, with the log lines that come meanwhile.

        This needs a `console` line in logger.conf for warnings and errors, as in the stock file.
        """
        # Commands run one after the other, so the answer to the last one is the end.
        words = ["logger mute silent", command, "core show uptime seconds"]
        return self._converse(words, until=lambda text: "System uptime:" in text)

    def _converse(self, words: list[str], until: Callable[[str], bool]) -> str:
        with socket.socket(socket.AF_UNIX) as console:
            console.settimeout(COMMAND_S)
            try:
                console.connect(str(self._path))
                _read_banner(console)
                for word in words:
                    console.sendall(word.encode() + b"\0")
                return _read(console, until)
            except OSError as error:
                raise Unreachable(f"No Asterisk answers at {self._path} ({error}).") from error


def _read_banner(console: socket.socket) -> None:
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
