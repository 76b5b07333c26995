"""Downloads that nobody takes leave half of the page threads to others, on the real server."""

import contextlib
import http.client
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.conftest import Panel, running_panel, wait_until

pytestmark = pytest.mark.live

PATH = "/admin/telephony/callrecord/csv/"
# Longer than all that lies between the thread and a client who takes nothing.
FILL = """
from datetime import timedelta
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from telephony.models import CallRecord
CallRecord.objects.bulk_create(
    [CallRecord(call_sid=f'CAlong{n}', caller_name='x' * 128, verstat='y' * 64,
    answered_by='z' * 128, started_at=timezone.now() - timedelta(days=1, seconds=n))
    for n in range(40_000)], batch_size=1000)
client = Client()
client.force_login(User.objects.create(username='downloads', is_staff=True, is_superuser=True))
print(client.cookies['sessionid'].value)
"""


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Panel]:
    """One process with four threads: of two processes, either could be asked."""
    folder: Path = tmp_path_factory.mktemp("downloads")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEB_WORKERS", "1")
        patch.setenv("WEB_THREADS", "4")
        with running_panel(folder, f"sqlite:///{folder}/panel.sqlite3") as panel:
            yield panel


@pytest.fixture(scope="module")
def cookie(panel: Panel) -> str:
    return f"sessionid={panel.shell(FILL)}"


@contextlib.contextmanager
def asleep(panel: Panel, cookie: str) -> Iterator[socket.socket]:
    """A client that asks for a download, and takes only its beginning."""
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", panel.port))
        client.settimeout(30)
        client.sendall(
            f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n".encode()
        )
        assert client.recv(12) == b"HTTP/1.1 200"
        yield client


def ask(panel: Panel, path: str, cookie: str) -> tuple[int, str | None, str]:
    connection = http.client.HTTPConnection("127.0.0.1", panel.port, timeout=30)
    try:
        connection.request("GET", path, headers={"Cookie": cookie})
        response = connection.getresponse()
        # A download is told by its head.
        told = response.read().decode() if response.status != 200 or path != PATH else ""
        return response.status, response.getheader("Retry-After"), told
    finally:
        connection.close()


def test_the_one_download_too_many_is_told_to_try_again(panel: Panel, cookie: str) -> None:
    with asleep(panel, cookie), asleep(panel, cookie):
        began = time.monotonic()
        status, retry_after, shown = ask(panel, PATH, cookie)
        assert (status, retry_after) == (503, "30")
        assert "Two downloads are going on" in shown
        assert ask(panel, "/admin/", cookie)[0] == 200
        # Long before the clients that are asleep are given up.
        assert time.monotonic() - began < 15
    assert wait_until(lambda: ask(panel, PATH, cookie)[0] == 200, 30)
