"""One granian server in a process of its own, on a core of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

START_AT_MOST_S = 30
ROOT = Path(__file__).resolve().parents[2]


class ServerError(Exception):
    """The server did not start, or stopped; the message has the end of its log."""


@contextmanager
def running(
    application: str,
    environment: Mapping[str, str],
    *,
    interface: str,
    core: int,
    threads: int,
    log: Path,
) -> Iterator["Server"]:
    """Start the server, and end it and its workers on the way out."""
    port = _free_port()
    command = [sys.executable, "-m", "granian", "--interface", interface, "--port", str(port)]
    command += ["--workers", "1", "--no-ws", "--http", "1", "--loop", "asyncio"]
    # An event loop runs in one thread.
    command += ["--blocking-threads", str(threads)] if interface == "wsgi" else []
    command.append(application)
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=output,
            stderr=output,
            # Before the first thread exists: each later one inherits the core.
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )
        server = Server(process, port, log)
        try:
            server.wait()
            yield server
        finally:
            process.terminate()
            process.wait(START_AT_MOST_S)


class Server:
    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.port = port
        self._process = process
        self._log = log

    def wait(self) -> None:
        """Return when the port takes connections. Raises ServerError."""
        end = time.monotonic() + START_AT_MOST_S
        while time.monotonic() < end and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise ServerError(f"the server did not start; its log ends:\n{self.log_end()}")

    def log_end(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-20:])

    def resident_mb(self) -> float:
        """Memory of the worker; granian's main process and multiprocessing's have a fixed amount."""
        pages = max(_resident_pages(pid) for pid in _children(self._process.pid))
        return pages * os.sysconf("SC_PAGE_SIZE") / 1_000_000

    def processor_s(self) -> float:
        """Processor time that the worker has used so far, which is less noisy than what it achieves."""
        ticks = sum(_ticks(pid) for pid in _children(self._process.pid))
        return ticks / os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> Iterator[int]:
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        yield from map(int, children.read_text().split())


def _resident_pages(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1])


def _ticks(pid: int) -> int:
    # After the name, which is in parentheses: utime and stime are fields 14 and 15 of all.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
