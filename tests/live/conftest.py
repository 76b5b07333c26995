"""The real server on a database of its own, and Twilio's side of the wire."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests import on_postgres, twilio
from tests.environment import ACCOUNT_SID
from tests.twiml.judge import judged

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass
class Panel:
    """A running panel. `environment` is what its server and its commands were given."""

    port: int
    environment: dict[str, str] = field(repr=False)
    log_file: Path
    pid: int = 0

    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        return run_manage(self.environment, *words)

    def shell(self, code: str) -> str:
        """Run Python in a process of its own, with the models, and return what it printed."""
        done = self.manage("shell", "--verbosity", "0", "--command", code)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def post(
        self,
        path: str,
        body: bytes,
        signature: str | None = None,
        content_type: str = "application/x-www-form-urlencoded",
    ) -> tuple[int, str]:
        """Post a body, and judge the TwiML that comes back."""
        headers = {"Content-Type": content_type}
        headers |= {"X-Twilio-Signature": signature} if signature is not None else {}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        try:
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            text = response.read().decode()
            is_twiml = response.getheader("Content-Type", "").startswith("text/xml")
            return response.status, judged(text) if is_twiml else text
        finally:
            connection.close()

    def signed(self, path: str, **fields: str) -> tuple[int, str]:
        """Post a webhook as Twilio would, signed by Twilio's own library."""
        request = twilio.sign(path, {"AccountSid": ACCOUNT_SID, **fields})
        return self.post(path, request.body, request.signature)


def run_manage(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "manage.py", *words]
    return subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60
    )


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_until(is_so: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_so():
            return True
        time.sleep(0.05)
    return False


def is_open(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def lives(port: int) -> bool:
    """Whether a worker answers: the port is open before the first one is ready."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


@contextmanager
def serving(folder: Path, environment: dict[str, str]) -> Iterator[Panel]:
    """The production server, whatever the state of its database."""
    port = free_port()
    with (folder / "server.log").open("a") as log:
        command = [sys.executable, "manage.py", "serve", "--port", str(port)]
        server = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log)
        try:
            assert wait_until(lambda: lives(port)), (folder / "server.log").read_text()
            yield Panel(port, environment, folder / "server.log", server.pid)
        finally:
            server.terminate()
            server.wait(10)


@contextmanager
def running_panel(folder: Path, database_url: str) -> Iterator[Panel]:
    """The production server on a new database with the demo in it."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "SPOOL_DIR": str(folder / "spool"),
        "DATABASE_TIMEOUT_S": "1",
        "DIRECTORY_REFRESH_S": "0.1",
        # One line for each decision, as in production.
        "LOG_LEVEL": "INFO",
    }
    for words in (("migrate",), ("load_demo",)):
        done = run_manage(environment, *words, "--verbosity", "0")
        assert done.returncode == 0, done.stderr
    with serving(folder, environment) as panel:
        yield panel


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Panel]:
    folder = tmp_path_factory.mktemp("panel")
    with running_panel(folder, f"sqlite:///{folder}/panel.sqlite3") as panel:
        yield panel


@pytest.fixture(scope="module")
def postgres() -> Iterator[on_postgres.Cluster]:
    binaries = on_postgres.find_binaries()
    if binaries is None:
        missing = f"PostgreSQL is missing: no outage was tried. To run it: {on_postgres.INSTALL}"
        assert "CI" not in os.environ, missing
        pytest.skip(missing)
    with on_postgres.cluster(binaries) as cluster:
        yield cluster
