"""The database is away, and `manage.py tick`, a process of its own, tells that and what follows."""

import contextlib
import json
import os
import re
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import on_postgres
from tests.health import receivers
from tests.live.conftest import run_manage

pytestmark = pytest.mark.live


@pytest.fixture
def mailbox() -> Iterator[receivers.Mailbox]:
    with receivers.mailbox() as box:
        yield box


@pytest.fixture
def receiver() -> Iterator[receivers.Receiver]:
    with receivers.receiver() as box:
        yield box


class Machine:
    """Where `manage.py` runs, with receivers that both hear."""

    def __init__(
        self,
        folder: Path,
        database_url: str,
        mailbox: receivers.Mailbox,
        receiver: receivers.Receiver,
    ) -> None:
        self.mailbox, self.receiver = mailbox, receiver
        self.spool = folder / "spool"
        self.environment = {
            **os.environ,
            "DATABASE_URL": database_url,
            "DATABASE_TIMEOUT_S": "1",
            "SPOOL_DIR": str(self.spool),
            "EMAIL_URL": mailbox.url,
            "ALERT_MAILS_TO": "ops@example.com",
            "ALERT_FROM": "panel@example.com",
            "ALERT_POST_URL": receiver.url,
            "ALERT_POST_KEY": receivers.KEY,
        }
        assert self.manage("migrate", "--verbosity", "0") == (0, "")
        code = "from telephony.models import Policy; "
        code += "Policy(database_down_after_s=0, journal_waiting_after_s=0).save()"
        assert self.manage("shell", "--verbosity", "0", "--command", code) == (0, "")

    def manage(self, *words: str) -> tuple[int, str]:
        done = run_manage(self.environment, *words)
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stderr

    def tick(self) -> tuple[int, list[tuple[str, str]]]:
        """Return its status, and (code, state) of what both receivers heard of it."""
        status, _ = self.manage("tick")
        posts, mails = self.receiver.posts[:], self.mailbox.mails[:]
        self.receiver.posts.clear()
        self.mailbox.mails.clear()
        assert [receivers.text_of(mail).rstrip("\n") for mail in mails] == [
            post["text"] for post in posts
        ]
        return status, [(post["code"], post["state"]) for post in posts]


BEGUN, OVER = [("database-down", "begun")], [("database-down", "over")]


def test_postgresql_that_is_stopped_is_told_once_and_so_is_its_return(tmp_path, mailbox, receiver):
    binaries = on_postgres.find_binaries()
    if binaries is None:
        assert "CI" not in os.environ
        pytest.skip(f"PostgreSQL is missing. To run it: {on_postgres.INSTALL}")
    with on_postgres.cluster(binaries) as postgres:
        machine = Machine(tmp_path, postgres.url, mailbox, receiver)
        assert machine.tick() == (0, [])
        postgres.stop()
        assert machine.tick() == (3, BEGUN)
        assert machine.tick() == (3, [])
        postgres.start()
        assert machine.tick() == (0, OVER)
        assert machine.tick() == (0, [])
        postgres.ask("ALTER SYSTEM SET default_transaction_read_only = on")
        postgres.ask("SELECT pg_reload_conf()")
        time.sleep(0.5)
        assert machine.tick() == (3, BEGUN)
        # Frozen: whoever waits for it is hung up on after a while.
        postgres.freeze()
        assert machine.tick() == (3, [])
        postgres.thaw()


def test_a_journal_that_waits_for_a_database_that_is_away_is_no_news(tmp_path, mailbox, receiver):
    file = tmp_path / "panel.sqlite3"
    machine = Machine(tmp_path, f"sqlite:///{file}", mailbox, receiver)
    machine.spool.mkdir()
    journal = machine.spool / "webhooks-1.jsonl"
    journal.write_text("half a line")
    os.utime(journal, (0, 0))
    assert machine.tick() == (0, [("journal-waiting", "begun")])
    file.rename(tmp_path / "away")
    file.mkdir()
    assert machine.tick() == (3, BEGUN)
    journal.unlink()
    assert machine.tick() == (3, [])
    file.rmdir()
    (tmp_path / "away").rename(file)
    status, told = machine.tick()
    assert (status, sorted(told)) == (0, [*OVER, ("journal-waiting", "over")])


def test_a_database_without_a_table_of_this_version_is_away(tmp_path, mailbox, receiver):
    file = tmp_path / "panel.sqlite3"
    machine = Machine(tmp_path, f"sqlite:///{file}", mailbox, receiver)
    assert machine.tick() == (0, [])
    for table, told in (("telephony_policy", BEGUN), ("telephony_periodicjob", [])):
        rename(file, table, "elsewhere")
        assert machine.tick() == (3, told)
        rename(file, "elsewhere", table)
        machine.tick()


def rename(file: Path, table: str, name: str) -> None:
    with contextlib.closing(sqlite3.connect(file)) as database:
        database.execute(f"ALTER TABLE {table} RENAME TO {name}")


def test_sqlite_that_cannot_be_read_is_told_once_and_so_is_its_return(tmp_path, mailbox, receiver):
    file = tmp_path / "panel.sqlite3"
    machine = Machine(tmp_path, f"sqlite:///{file}", mailbox, receiver)
    assert machine.tick() == (0, [])
    file.rename(tmp_path / "away")
    file.mkdir()
    receiver.status = 500
    status, stderr = machine.manage("tick")
    assert status == 3
    assert "The database takes nothing (OperationalError: unable to open" in stderr
    assert "cannot be told by POST: it answered 500" in stderr
    (mail,) = mailbox.mails
    assert "It said: OperationalError: unable to open database file" in receivers.text_of(mail)

    assert (
        "not yet told by POST (it answered 500)" in run_manage(machine.environment, "alerts").stdout
    )
    file.rmdir()
    (tmp_path / "away").rename(file)
    receiver.status = 200
    status, _ = machine.manage("tick")
    assert [post["state"] for post in receiver.posts] == []
    assert [mail["Subject"].startswith("[Switchhook] over: ") for mail in mailbox.mails] == [
        False,
        True,
    ]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if os.getuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("Only root can mount a small disk: no full disk was tried.")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_that_takes_the_database_away_is_told_once(small_disk, mailbox, receiver):
    machine = Machine(small_disk, f"sqlite:///{small_disk}/panel.sqlite3", mailbox, receiver)
    assert machine.tick() == (0, [])
    filling = small_disk / "filling"
    with contextlib.suppress(OSError), filling.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    assert machine.tick() == (3, BEGUN)
    assert machine.tick() == (3, [])
    filling.unlink()
    assert machine.tick() == (0, OVER)
    assert machine.tick() == (0, [])
    assert json.loads((machine.spool / "alerts.json").read_text())["alerts"] == []


def test_a_disk_that_was_always_full_says_so(small_disk, mailbox, receiver):
    machine = Machine(small_disk, f"sqlite:///{small_disk}/panel.sqlite3", mailbox, receiver)
    machine.spool.mkdir()
    with contextlib.suppress(OSError), (small_disk / "filling").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    done = run_manage(machine.environment, "tick")

    assert "No space left on device" in done.stderr
    assert "FileNotFoundError" not in done.stderr


def test_a_spool_that_cannot_be_used_stops_no_job(tmp_path, mailbox, receiver):
    machine = Machine(tmp_path, f"sqlite:///{tmp_path}/panel.sqlite3", mailbox, receiver)
    machine.spool.write_text("a file where the folder should be")
    done = run_manage(machine.environment, "tick")

    assert done.returncode == 1
    assert "close stale calls" in done.stdout
    assert "the job 'tell alerts of this machine' failed" in done.stderr


SENT = (
    r"e-mail to 127\.0\.0\.1:\d+ \(EMAIL_URL\): sent\nPOST to 127\.0\.0\.1 \(ALERT_POST_URL\): {}\n"
)


def test_a_test_message_goes_both_ways_and_says_what_happened(tmp_path, mailbox, receiver):
    machine = Machine(tmp_path, f"sqlite:///{tmp_path}/panel.sqlite3", mailbox, receiver)
    done = run_manage(machine.environment, "alerts")
    assert (done.returncode, done.stdout) == (0, "Nothing is wrong that is told.\n")
    (tmp_path / "panel.sqlite3").unlink()
    done = run_manage(machine.environment, "alerts", "--test")
    assert done.returncode == 0
    assert re.fullmatch(SENT.format("sent"), done.stdout)
    assert (len(mailbox.mails), receiver.posts[0]["code"]) == (1, "test")

    receiver.status = 404
    done = run_manage(machine.environment, "alerts", "--test")
    assert done.returncode == 1
    assert re.fullmatch(SENT.format("it answered 404"), done.stdout)

    machine.environment |= {"ALERT_MAILS_TO": "", "ALERT_POST_URL": ""}
    done = run_manage(machine.environment, "alerts", "--test")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Nobody is told" in done.stderr
