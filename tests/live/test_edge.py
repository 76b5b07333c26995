"""Callers wait for nobody: silent clients, half bodies, log-ins, and workers that die."""

import contextlib
import http.client
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks.faults.panel import log_in, workers_of
from tests import twilio
from tests.environment import ACCOUNT_SID
from tests.live.conftest import ROOT, Panel, free_port, is_open, running_panel, wait_until

pytestmark = pytest.mark.live

# A machine that runs other tests beside this one; Twilio gives up after 15 s.
AT_ONCE_S = 3.0


@pytest.fixture
def own_panel(tmp_path: Path) -> Iterator[Panel]:
    """A panel for one test, which may break it."""
    with running_panel(tmp_path, f"sqlite:///{tmp_path}/panel.sqlite3") as panel:
        yield panel


def call(panel: Panel) -> float:
    """Let a call come in, and return how long the answer took."""
    began = time.monotonic()
    fields = {"CallSid": f"CA{uuid.uuid4().hex}", "From": "+59891234567", "To": "+12025550100"}
    status, text = panel.signed("/twilio/voice/", CallStatus="ringing", **fields)
    assert (status, "<Dial" in text) == (200, True)
    return time.monotonic() - began


@pytest.fixture(autouse=True, scope="module")
def many_files() -> Iterator[None]:
    """Let this process have as many open connections as the server is given."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@contextlib.contextmanager
def sockets(panel: Panel, count: int, sent: bytes) -> Iterator[list[socket.socket]]:
    """Connections that send this and then nothing."""
    with contextlib.ExitStack() as stack:
        opened = []
        for _ in range(count):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", panel.port)))
            client.sendall(sent)
            opened.append(client)
        yield opened


def half(path: str, length: int = 500) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: panel\r\nContent-Type: {twilio.FORM}\r\n"
        f"Content-Length: {length}\r\n\r\nAccountSid={ACCOUNT_SID}&"
    ).encode()


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"POST /twilio/voice/ HTTP/1.1\r\nHost: pa",
        half("/twilio/voice/"),
        half("/admin/login/"),
        b"POST /twilio/voice/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nFrom\r\n",
    ],
    ids=["silent", "half a head", "half a webhook", "half a form", "half a chunked body"],
)
def test_no_call_waits_for_clients_that_fall_silent(panel: Panel, sent: bytes) -> None:
    with sockets(panel, 50, sent):
        time.sleep(0.2)
        assert max(call(panel) for _ in range(20)) < AT_ONCE_S


def test_a_body_that_does_not_come_is_given_up(panel: Panel) -> None:
    with sockets(panel, 1, half("/twilio/voice/")) as (client,):
        client.settimeout(10)
        assert client.recv(1000).startswith(b"HTTP/1.1 408 ")


def test_a_body_that_is_announced_too_large_is_not_awaited(panel: Panel) -> None:
    with sockets(panel, 1, half("/twilio/voice/", length=131_073)) as (client,):
        client.settimeout(3)
        assert client.recv(1000).startswith(b"HTTP/1.1 400 ")


def test_a_client_that_goes_away_in_the_middle_of_a_body_disturbs_nobody(panel: Panel) -> None:
    with sockets(panel, 20, half("/twilio/voice/")):
        pass
    call(panel)
    assert "Traceback" not in panel.log()


@pytest.mark.parametrize(("files", "connections"), [(700, 444), (18_000, 16_384)])
def test_connections_leave_files_for_the_journals(files: int, connections: int) -> None:
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < files:
        pytest.skip(f"This machine gives a process fewer than {files} files.")
    code = "from project.server import raise_limit; print(raise_limit())"
    done = subprocess.run(
        ["sh", "-c", f'ulimit -n {files} && exec "$0" -c "{code}"', sys.executable],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) == connections


def test_no_call_waits_for_whoever_reads_the_log(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    os.mkfifo(log)
    reader = os.open(log, os.O_RDWR | os.O_NONBLOCK)
    try:
        with running_panel(tmp_path, f"sqlite:///{tmp_path}/panel.sqlite3") as panel:
            # A pipe holds some 500 lines.
            assert max(call(panel) for _ in range(800)) < AT_ONCE_S
            written = b""

            def has_all() -> bool:
                nonlocal written
                with contextlib.suppress(BlockingIOError):
                    written += os.read(reader, 1 << 20)
                return written.count(b": dial: a new call") >= 800

            assert wait_until(has_all)
    finally:
        os.close(reader)


def test_a_client_that_reads_no_answer_is_given_up(panel: Panel) -> None:
    request = b"GET /static/admin/css/base.css HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with contextlib.ExitStack() as stack:
        clients = []
        for _ in range(20):
            client = stack.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", panel.port))
            client.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                for _ in range(200):
                    client.send(request)
            clients.append(client.getsockname()[1])

        def are_gone() -> bool:
            with Path("/proc/net/tcp").open() as table:
                ports = {line.split()[2].partition(":")[2] for line in table if " 01 " in line}
            return not ports & {f"{port:04X}" for port in clients}

        assert wait_until(are_gone, seconds=40)
        call(panel)


def test_no_call_waits_for_wrong_log_ins_and_they_are_all_answered(panel: Panel) -> None:
    with ThreadPoolExecutor(16) as people:
        tried = [people.submit(log_in, panel.port) for _ in range(16)]
        waits = []
        while not all(attempt.done() for attempt in tried):
            waits.append(call(panel))
    answers = [attempt.result() for attempt in tried]
    assert all(s == 200 and "correct username and password" in text for s, text in answers)
    assert max(waits) < AT_ONCE_S


def workers(panel: Panel) -> set[int]:
    return workers_of(panel.pid)


def kill(panel: Panel, pids: set[int]) -> None:
    """Kill workers, and wait until as many new ones are there."""
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: not pids & workers(panel) and len(workers(panel)) == 2)


def test_a_worker_that_dies_is_started_again_however_often(own_panel: Panel) -> None:
    for _ in range(3):
        kill(own_panel, {min(workers(own_panel))})
        call(own_panel)
    assert own_panel.log().count("is started again") == 3


def test_a_call_is_answered_while_a_worker_is_dead(own_panel: Panel) -> None:
    os.kill(max(workers(own_panel)), signal.SIGKILL)
    for _ in range(20):
        call(own_panel)


def test_workers_may_all_die_again_and_again(own_panel: Panel) -> None:
    """Twice within seconds: granian itself would give up."""
    for _ in range(3):
        kill(own_panel, workers(own_panel))
        call(own_panel)


def test_no_call_waits_for_more_silent_clients_than_a_process_has_files_by_default(
    own_panel: Panel,
) -> None:
    with sockets(own_panel, 1500, b"POST /twilio/voice/ HTTP/1.1\r\n"):
        assert max(call(own_panel) for _ in range(20)) < AT_ONCE_S


def test_the_port_is_free_when_the_main_process_is_killed(own_panel: Panel) -> None:
    os.kill(own_panel.pid, signal.SIGKILL)
    assert wait_until(lambda: not is_open(own_panel.port))


def test_a_call_that_comes_when_all_workers_have_died_is_answered_by_the_next(
    own_panel: Panel,
) -> None:
    for pid in workers(own_panel):
        os.kill(pid, signal.SIGKILL)
    call(own_panel)


@pytest.mark.parametrize("after_s", [0.0, 0.2, 0.4, 0.7, 1.0, 2.0])
def test_a_server_that_is_told_to_end_while_it_starts_ends(panel: Panel, after_s: float) -> None:
    command = [sys.executable, "manage.py", "serve", "--port", str(free_port())]
    server = subprocess.Popen(
        command, env=panel.environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    time.sleep(after_s)
    server.terminate()
    assert "Traceback" not in server.communicate(timeout=5)[1].decode()


def test_a_server_answers_soon_after_its_start(panel: Panel) -> None:
    port = free_port()
    command = [sys.executable, "manage.py", "serve", "--port", str(port)]
    began = time.monotonic()
    server = subprocess.Popen(command, env=panel.environment, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        assert wait_until(lambda: is_open(port))
        call(Panel(port, panel.environment, panel.log_file, server.pid))
        # Two seconds on a machine that does nothing else.
        assert time.monotonic() - began < 2 * AT_ONCE_S
    finally:
        server.terminate()
        server.wait(10)


def get(panel: Panel, path: str, method: str = "GET") -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", panel.port, timeout=10)
    with contextlib.closing(connection):
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_a_balancer_can_ask_whether_the_panel_lives_and_whether_it_can_answer(panel: Panel) -> None:
    assert get(panel, "/healthz") == (200, "ok\n")
    status, text = get(panel, "/readyz")
    assert status == 200
    told = dict(line.split(": ") for line in text.splitlines())
    assert told["routes"].startswith("revision ")
    assert told["database"] == "there"
    assert set(told) == {"routes", "database", "journal_bytes", "journal_age_s"}
    assert get(panel, "/readyz", "POST")[0] == 405
