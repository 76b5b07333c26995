"""`manage.py probe_servers --watch` as a process: what it says, how it ends, and without its database."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import on_postgres
from tests.health.servers import HERE, answer, udp
from tests.live.conftest import ROOT, run_manage, wait_until

pytestmark = pytest.mark.live

SERVER = "from telephony.models import *; AsteriskServer.objects.create(name='{name}', host='{host}', port={port}, transport='{transport}')"


class Office:
    """A SIP server that can fall silent, and the watch that probes it."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.log = folder / "watch.log"
        self.is_silent = False
        given = {"DATABASE_URL": database_url, "SPOOL_DIR": str(folder / "spool")}
        self.environment = {**os.environ, **given, "DATABASE_TIMEOUT_S": "1"}
        # As under systemd: what is not flushed is not seen.
        self.environment.pop("PYTHONUNBUFFERED", None)
        migrated = run_manage(self.environment, "migrate", "--verbosity", "0")
        assert migrated.returncode == 0, migrated.stderr

    def reply(self, _: int, request: bytes, reply: Callable[[bytes], object]) -> None:
        if not self.is_silent:
            reply(answer(request))

    def shell(self, code: str) -> str:
        done = run_manage(self.environment, "shell", "--verbosity", "0", "--command", code)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def add(self, name: str, port: int, host: str = HERE, transport: str = "udp") -> None:
        self.shell(SERVER.format(name=name, host=host, port=port, transport=transport))

    @contextmanager
    def watching(self, *words: str) -> Iterator[subprocess.Popen[bytes]]:
        command = [sys.executable, "-W", "error", "manage.py", "probe_servers", "--watch", "1"]
        with self.log.open("w") as log:
            process = subprocess.Popen(
                [*command, *words], env=self.environment, cwd=ROOT, stdout=log, stderr=log
            )
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def says(self, text: str, times: int = 1, seconds: float = 20) -> bool:
        return wait_until(lambda: self.log.read_text().count(text) == times, seconds)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path, f"sqlite:///{tmp_path}/panel.sqlite3")


def test_a_watch_says_what_changes_and_reads_the_servers_anew(office: Office) -> None:
    with udp(office.reply) as port, office.watching("--timeout", "0.5"):
        office.add("one", port)
        assert office.says("one udp:127.0.0.1:")
        office.add("two", port)
        assert office.says("two udp:127.0.0.1:")
        office.is_silent = True
        assert office.says("dead: no SIP answer within 0.5 s", times=2)
        office.is_silent = False
        assert office.says("alive 200 in ", times=4)
    # Nothing is said of a round that brings nothing new.
    assert len(office.log.read_text().splitlines()) == 6
    counted = office.shell(
        "from telephony.models import *; from django.db.models import Sum;"
        "print(*ProbeHour.objects.aggregate(a=Sum('answered'), b=Sum('unanswered')).values())"
    )
    assert all(int(count) > 1 for count in counted.split())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("during", ["a probe", "a pause"])
def test_a_watch_ends_at_once(office: Office, number: int, during: str) -> None:
    asked = []
    with udp(lambda *_: asked.append(1)) as port:
        office.add("office", port)
        words = ("--timeout", "30") if during == "a probe" else ("--timeout", "0.5")
        with office.watching(*words, "--watch", "60") as process:
            assert wait_until(lambda: bool(asked), 20)
            if during == "a pause":
                assert office.says("dead: ")
            began = time.monotonic()
            process.send_signal(number)
            assert process.wait(10) == 0
            assert time.monotonic() - began < 2
    assert "Traceback" not in office.log.read_text()


def test_one_round_says_all_and_exits_with_1_if_one_is_dead(office: Office) -> None:
    assert (
        "There is no Asterisk server yet" in run_manage(office.environment, "probe_servers").stdout
    )
    with udp(office.reply) as port:
        office.add("b", port)
        done = run_manage(office.environment, "probe_servers")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith(f"b udp:127.0.0.1:{port} alive 200 in ")
        office.add("a", port, transport="tcp")
        done = run_manage(office.environment, "probe_servers")
    assert done.stdout.splitlines()[0] == (
        f"a tcp:127.0.0.1:{port} dead: no connection: Connection refused"
    )
    assert (done.returncode, done.stderr) == (1, "CommandError: No SIP answer from: a.\n")


@pytest.mark.parametrize(
    ("place", "told"), [("empty", "no such table"), ("folder", "unable to open")]
)
def test_one_round_without_its_database_says_what_to_do(
    tmp_path: Path, place: str, told: str
) -> None:
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path}/{place}"}
    (tmp_path / "folder").mkdir()
    done = run_manage(environment, "probe_servers")
    assert done.returncode == 1
    said = f"CommandError: The database cannot be used: OperationalError: {told}"
    assert done.stderr.startswith(said)
    assert done.stderr.endswith("Is it running, and has migrate run?\n")


AWAY = "the database takes no probes, they go on without it: OperationalError"
BACK = "the database takes probes again"


@pytest.mark.parametrize("fault", ["stopped", "frozen"])
def test_a_watch_goes_on_without_its_database(
    tmp_path: Path, postgres: on_postgres.Cluster, fault: str
) -> None:
    office = Office(tmp_path, postgres.url)
    with udp(office.reply) as port, office.watching("--timeout", "0.5") as process:
        office.add(fault, port)
        assert office.says("alive 200 in ")
        (postgres.stop if fault == "stopped" else postgres.freeze)()
        try:
            assert office.says(AWAY, seconds=40)
            office.is_silent = True
            assert office.says(f"{fault} udp:127.0.0.1:{port} dead: ", seconds=40)
            time.sleep(3)
        finally:
            (postgres.start if fault == "stopped" else postgres.thaw)()
        assert office.says(BACK, seconds=40)
        office.is_silent = False
        assert office.says("alive 200 in ", times=2, seconds=40)
        assert office.log.read_text().count(AWAY) == 1
        assert process.poll() is None


def test_a_watch_that_starts_without_its_database_waits_for_it(
    tmp_path: Path, postgres: on_postgres.Cluster
) -> None:
    office = Office(tmp_path, postgres.url)
    with udp(office.reply) as port:
        office.add("late", port)
        postgres.stop()
        try:
            with office.watching() as process:
                assert office.says(AWAY, seconds=40)
                postgres.start()
                assert office.says(f"late udp:127.0.0.1:{port} alive 200 in ", seconds=40)
                assert process.poll() is None
        finally:
            postgres.start()
