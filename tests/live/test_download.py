"""The log is downloaded in parts, and a client that takes nothing disturbs no call."""

import csv
import http.client
import io
import time

import pytest

from tests.live.conftest import Panel, wait_until
from tests.live.test_edge import AT_ONCE_S, call, sockets

pytestmark = pytest.mark.live

CALLS = 30_000
PATH = "/admin/telephony/callrecord/csv/"
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
    connection = http.client.HTTPConnection("127.0.0.1", panel.port, timeout=60)
    connection.request("GET", PATH, headers={"Cookie": cookie})
    response = connection.getresponse()
    assert (response.status, response.getheader("Transfer-Encoding")) == (200, "chunked")
    rows = list(csv.DictReader(io.StringIO(response.read().decode("utf-8-sig"))))
    connection.close()
    assert len({row["call SID"] for row in rows if row["call SID"].startswith("CAlong")}) == CALLS


def test_no_call_waits_for_clients_that_do_not_take_their_download(
    panel: Panel, cookie: str
) -> None:
    ask = f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n".encode()
    with sockets(panel, 2, ask):
        time.sleep(0.5)
        assert max(call(panel) for _ in range(10)) < AT_ONCE_S
    assert wait_until(lambda: "a client has not taken all of a long answer" in panel.log())
    assert "Traceback" not in panel.log()
