"""The production server in a process group of its own."""

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

START_S = 20
ROOT = Path(__file__).resolve().parents[2]


class Panel:
    """`environment` has the settings that are its own, besides those of this process."""

    is_tls = False

    def __init__(self, log: Path, environment: Mapping[str, str] | None = None) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._log = log
        self.environment = dict(environment or {})
        # The folder of its code.
        self.root = ROOT
        self._server: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        """Start the server, and do not wait for it."""
        with self._log.open("ab") as log:
            self._server = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--port", str(self.port)],
                cwd=self.root,
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def start(self) -> None:
        """Start the server, and return when it takes connections. Raises RuntimeError."""
        self.launch()
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError(f"the panel has not started; its log is {self._log}")

    def wait_until_ready(self) -> None:
        """Return when a worker answers, which is later than the port is open. Raises RuntimeError."""
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=START_S)
            with contextlib.closing(connection), contextlib.suppress(OSError):
                connection.request("GET", "/readyz")
                if connection.getresponse().status == 200:
                    return
            time.sleep(0.05)
        raise RuntimeError(f"the panel is not ready; its log is {self._log}")

    def stop(self) -> None:
        assert self._server is not None
        self._server.terminate()
        self._server.wait(15)

    def is_gone(self) -> bool:
        """Whether no process of it is left."""
        assert self._server is not None
        try:
            os.killpg(self._server.pid, 0)
        except ProcessLookupError:
            return True
        return False

    def kill(self) -> None:
        """Kill every process of it at once."""
        assert self._server is not None
        os.killpg(self._server.pid, signal.SIGKILL)
        self._server.wait(15)

    def workers(self) -> set[int]:
        assert self._server is not None
        return workers_of(self._server.pid)

    def log(self) -> str:
        return self._log.read_text(errors="replace")


def workers_of(server: int) -> set[int]:
    """The worker processes of a server that live."""
    found = set()
    for child in Path(f"/proc/{server}/task/{server}/children").read_text().split():
        try:
            state = Path(f"/proc/{child}/stat").read_text().split()[2]
        except FileNotFoundError:
            continue
        if state != "Z":
            found.add(int(child))
    return found


def log_in(port: int) -> tuple[int, str]:
    """Try to log in with a wrong password, as a browser would behind the proxy with TLS."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", "/admin/login/")
        page = connection.getresponse()
        cookie = (page.getheader("Set-Cookie") or "").partition(";")[0]
        found = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page.read().decode())
        form = {"username": "admin", "password": "wrong"}
        form |= {"csrfmiddlewaretoken": found[1]} if found else {}
        headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/admin/login/", urlencode(form), headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()
