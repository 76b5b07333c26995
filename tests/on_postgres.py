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
from typing import Any

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
    """A PostgreSQL that a test can stop and start again. Given a primary it is its standby."""

    def __init__(
        self,
        binaries: Path,
        folder: Path,
        *,
        addresses: Sequence[str] = ("127.0.0.1",),
        primary: "Cluster | None" = None,
        is_durable: bool = False,
    ) -> None:
        self._fsync = "on" if is_durable else "off"
        self.password = primary.password if primary else secrets.token_hex(16)
        self.port, self.addresses = free_port(), addresses
        self.url = f"postgres://panel:{self.password}@{addresses[0]}:{self.port}/postgres"
        self._binaries, self._folder = binaries, folder
        self._server: subprocess.Popen[bytes] | None = None
        if primary is None:
            make_cluster(binaries, folder, self.password)
        else:
            self.follow(primary)

    def start(self) -> None:
        """Start it, if it does not run."""
        if self._server is not None and self._server.poll() is None:
            return
        log = self._folder / "log"
        options = [f"--port={self.port}", f"--listen_addresses={','.join(self.addresses)}"]
        options += ["--unix_socket_directories=", f"--fsync={self._fsync}", "--max_connections=200"]
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

    def ask(self, statement: str) -> Any:
        """Run one statement outside of a transaction; return the first value that it gives, if any."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            result = connection.execute(statement)
            row = result.fetchone() if result.description else None
            return row and row[0]

    def follow(self, primary: "Cluster") -> None:
        """Become a standby: with a copy of the primary's data, and whatever it writes from now on."""
        data = self._folder / "data"
        shutil.rmtree(data, ignore_errors=True)
        if owner() is not None:
            shutil.chown(self._folder, owner())
        address = f"host={primary.addresses[0]} port={primary.port} user=panel"
        # The password is written down with the address, for as long as it is a standby.
        subprocess.run(
            [
                *(self._binaries / "pg_basebackup", "--pgdata", data, "--write-recovery-conf"),
                *("--checkpoint=fast", "--no-sync", "-d", f"{address} password={primary.password}"),
            ],
            user=owner(),
            cwd=self._folder,
            check=True,
        )

    def promote(self) -> None:
        """Make a primary of a standby, which then waits for no standby of its own."""
        self.ask("SELECT pg_promote()")
        self.wait_for_standby(False)

    def wait_for_standby(self, is_wanted: bool = True) -> None:
        """Commit on a standby before commits return, or no longer; return when that is so."""
        names = "'*'" if is_wanted else "''"
        self.ask(f"ALTER SYSTEM SET synchronous_standby_names = {names}")
        self.ask("SELECT pg_reload_conf()")
        wanted = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"
        deadline = time.monotonic() + START_S
        while is_wanted and not self.ask(wanted):
            if time.monotonic() > deadline:
                raise RuntimeError(f"no standby follows the primary on port {self.port}")
            time.sleep(0.05)


@contextmanager
def cluster(
    binaries: Path,
    *,
    addresses: Sequence[str] = ("127.0.0.1",),
    primary: Cluster | None = None,
    is_durable: bool = False,
) -> Iterator[Cluster]:
    """Run PostgreSQL, and leave nothing behind."""
    folder = Path(tempfile.mkdtemp(prefix="switchhook-postgres-"))
    made = None
    try:
        made = Cluster(
            binaries, folder, addresses=addresses, primary=primary, is_durable=is_durable
        )
        made.start()
        yield made
    finally:
        if made is not None:
            made.stop()
        shutil.rmtree(folder, ignore_errors=True)


def wait_until_ready(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while server.poll() is None and time.monotonic() < deadline:
        if "ready to accept" in log.read_text():
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
