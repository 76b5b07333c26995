"""Runs a command with a PostgreSQL of its own: `python -m tests.on_postgres pytest -x`.

It is a new cluster on a free port of this machine, removed afterwards; DATABASE_URL leads to it.
If PostgreSQL is not installed, the run says loudly that it leaves the command out; in CI it fails.
"""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import psycopg

FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql*/bin",
)
INSTALL = "apt install postgresql (Debian, Ubuntu), brew install postgresql (macOS)"
START_S = 30


def find_binaries() -> Path | None:
    """The folder with initdb and postgres; the newest if there are several."""
    found = [path for pattern in FOLDERS for path in Path("/").glob(pattern[1:])]
    on_path = shutil.which("initdb")
    found += [Path(on_path).resolve().parent] if on_path else []
    usable = [path for path in found if (path / "initdb").exists() and (path / "postgres").exists()]
    return max(usable, key=lambda path: [int(n) for n in path.as_posix().split("/") if n.isdigit()], default=None)  # fmt: skip


def owner() -> str | None:
    """PostgreSQL refuses to run as root: return whom it runs as instead, or None for ourselves."""
    if os.geteuid() != 0:
        return None
    names = {user.pw_name for user in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def make_cluster(binaries: Path, folder: Path, password: str) -> None:
    file = folder / "password"
    file.write_text(password)
    user = owner()
    if user is not None:
        for path in (folder, file):
            shutil.chown(path, user)
    subprocess.run(
        [
            *(binaries / "initdb", "-D", folder / "data", "-U", "panel", "-A", "scram-sha-256"),
            *(f"--pwfile={file}", "--encoding=UTF8", "--no-locale", "--no-sync"),
        ],
        user=user,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        check=True,
    )


class Cluster:
    """A PostgreSQL that a test can stop and start again."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self.password, self.port = secrets.token_hex(16), free_port()
        self.url = f"postgres://panel:{self.password}@127.0.0.1:{self.port}/postgres"
        self._binaries, self._folder = binaries, folder
        self._server: subprocess.Popen[bytes] | None = None
        make_cluster(binaries, folder, self.password)

    def start(self) -> None:
        """Start it, if it does not run."""
        if self._server is not None and self._server.poll() is None:
            return
        log = self._folder / "log"
        options = [f"--port={self.port}", "--listen_addresses=127.0.0.1"]
        options += ["--unix_socket_directories=", "--fsync=off", "--max_connections=200"]
        with log.open("w") as file:
            self._server = subprocess.Popen(
                [self._binaries / "postgres", "-D", self._folder / "data", *options],
                user=owner(),
                cwd=self._folder,
                stdout=file,
                stderr=file,
                # Ctrl-C is for the tests; the server is stopped once they have ended.
                start_new_session=True,
            )
        wait_until_ready(self._server, self.port, log)

    def stop(self) -> None:
        if self._server is None or self._server.poll() is not None:
            return
        # SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one.
        self._server.send_signal(signal.SIGINT)
        try:
            self._server.wait(10)
        except subprocess.TimeoutExpired:
            self._server.send_signal(signal.SIGQUIT)
            self._server.wait(10)

    def kill(self) -> None:
        """Kill it as the kernel does when memory is short."""
        assert self._server is not None
        os.killpg(self._server.pid, signal.SIGKILL)
        self._server.wait(10)

    def freeze(self) -> None:
        """Stop all its processes where they are: the machine still answers, but nobody listens."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._server is not None
        os.kill(self._server.pid, number)
        children = Path(f"/proc/{self._server.pid}/task/{self._server.pid}/children").read_text()
        for child in children.split():
            # One may end in the same moment.
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child), number)

    def ask(self, statement: str) -> None:
        """Run one statement outside of a transaction."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def cluster(binaries: Path) -> Iterator[Cluster]:
    """Run PostgreSQL, and leave nothing behind."""
    folder = Path(tempfile.mkdtemp(prefix="switchhook-postgres-"))
    made = None
    try:
        made = Cluster(binaries, folder)
        made.start()
        yield made
    finally:
        if made is not None:
            made.stop()
        shutil.rmtree(folder, ignore_errors=True)


def wait_until_ready(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while server.poll() is None and time.monotonic() < deadline:
        if "ready to accept connections" in log.read_text():
            return
        time.sleep(0.05)
    raise SystemExit(f"PostgreSQL has not started on port {port}:\n{log.read_text()}")


def end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def run(command: Sequence[str], **environment: str) -> int:
    """Return the command's exit status. However we are stopped, the command gets time to end.

    Ctrl-C reaches the command anyway, so we only wait; other requests to end are passed on.
    """
    with subprocess.Popen(command, env={**os.environ, **environment}) as process:
        signal.signal(signal.SIGINT, lambda number, frame: None)
        signal.signal(signal.SIGTERM, lambda number, frame: process.terminate())
        return process.wait()


def main(command: Sequence[str]) -> int:
    if not command:
        sys.stderr.write("usage: python -m tests.on_postgres COMMAND [ARGUMENT ...]\n")
        return 2
    binaries = find_binaries()
    if binaries is None:
        sys.stderr.write(
            f"*** NOT RUN ON POSTGRESQL, which is not installed. To run it: {INSTALL}\n"
        )
        return 1 if os.environ.get("CI") == "true" else 0
    if command[0] == "pytest":
        command = [sys.executable, "-m", *command]
    signal.signal(signal.SIGTERM, end)
    with cluster(binaries) as postgres:
        return run(command, DATABASE_URL=postgres.url)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
