"""The log is downloaded in parts, and a client that takes nothing disturbs no call."""

import csv
import http.client
import io
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.live.conftest import Panel, wait_until
from tests.live.test_edge import AT_ONCE_S, call

pytestmark = pytest.mark.live

HOST = "127.0.0.1"
CALLS = 30_000
PATH = "/admin/telephony/callrecord/csv/"
GIVEN_UP = "a client has not taken all of a long answer"
FILL = f"""
from datetime import timedelta
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from telephony.models import CallRecord
CallRecord.objects.bulk_create(
    [CallRecord(call_sid=f'CAlong{{n}}', started_at=timezone.now() - timedelta(days=1, seconds=n))
    for n in range({CALLS})], batch_size=1000)
client = Client()
client.force_login(User.objects.create(username='downloads', is_staff=True, is_superuser=True))
print(client.cookies['sessionid'].value)
"""


@pytest.fixture(scope="module")
def cookie(panel: Panel) -> str:
    return f"sessionid={panel.shell(FILL)}"


def test_a_download_comes_in_parts_and_whole(panel: Panel, cookie: str) -> None:
    connection = http.client.HTTPConnection(HOST, panel.port, timeout=60)
    connection.request("GET", PATH, headers={"Cookie": cookie})
    response = connection.getresponse()
    assert (response.status, response.getheader("Transfer-Encoding")) == (200, "chunked")
    rows = list(csv.DictReader(io.StringIO(response.read().decode("utf-8-sig"))))
    connection.close()
    assert len({row["call SID"] for row in rows if row["call SID"].startswith("CAlong")}) == CALLS


def request(cookie: str) -> bytes:
    return f"GET {PATH} HTTP/1.1\r\nHost: {HOST}\r\nCookie: {cookie}\r\n\r\n".encode()


@contextmanager
def begun_download(panel: Panel, cookie: str) -> Iterator[None]:
    """A client that takes the beginning of its answer and then nothing, until it hangs up."""
    with socket.socket() as client:
        # Before it connects: most of the answer must not fit into the buffers on the way.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(30)
        client.connect((HOST, panel.port))
        client.sendall(request(cookie))
        assert client.recv(12) == b"HTTP/1.1 200"
        yield


def test_no_call_waits_for_clients_that_do_not_take_their_download(
    panel: Panel, cookie: str
) -> None:
    with begun_download(panel, cookie), begun_download(panel, cookie):
        assert max(call(panel) for _ in range(10)) < AT_ONCE_S
    assert wait_until(lambda: panel.log().count(GIVEN_UP) >= 2)
    assert "Traceback" not in panel.log()
