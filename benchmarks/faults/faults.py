"""What is broken, for how long, and how it is mended."""

import os
import shutil
import signal
import socket
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress

import psycopg
from django.conf import settings

from benchmarks.faults import clock, holes
from benchmarks.faults.panel import Panel, log_in
from tests.on_postgres import Cluster

# The database that a fault needs: one of the two kinds, or None for any.
Break = Callable[[Panel, Cluster | None, float], None]


def _wait(seconds: float) -> None:
    time.sleep(seconds)


def nothing(panel: Panel, postgres: Cluster | None, seconds: float) -> None:
    _wait(seconds)


def worker_killed(panel: Panel, postgres: Cluster | None, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        os.kill(min(panel.workers()), signal.SIGKILL)
        _wait(1.5)


def group_killed(panel: Panel, postgres: Cluster | None, seconds: float) -> None:
    panel.kill()
    # As systemd does.
    _wait(1)
    panel.start()
    _wait(seconds)


def restarted(panel: Panel, postgres: Cluster | None, seconds: float) -> None:
    panel.stop()
    panel.start()
    _wait(seconds)


def ended_while_starting(panel: Panel, postgres: Cluster | None, seconds: float) -> None:
    """SIGTERM, sooner or later after the start, ends all of it within the time that systemd allows."""
    panel.stop()
    for after_s in (0.05, 0.2, 0.4, 0.6, 0.8, 1.0, 1.3, 1.6, 2.0):
        panel.launch()
        _wait(after_s)
        panel.stop()
        _wait(0.2)
        if not panel.is_gone():
            raise RuntimeError(f"processes are left, {after_s} s after the start")
    panel.start()
    _wait(seconds)


def clock_jumped(panel: Panel, postgres: Cluster | None, seconds: float) -> None:
    """The clock of all processes jumps by an hour, forwards and back, and by a day."""
    for ahead_s in clock.AHEAD_S:
        clock.set_clock(panel, ahead_s)
        _wait(seconds)


def spool_deleted(panel: Panel, postgres: Cluster | None, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        # What has been answered is in memory too, and is stored from there.
        shutil.rmtree(settings.SPOOL_DIR, ignore_errors=True)
        _wait(1)


def spool_unwritable(panel: Panel, postgres: Cluster | None, seconds: float) -> None:
    away = settings.SPOOL_DIR.with_name("away")
    settings.SPOOL_DIR.rename(away)
    settings.SPOOL_DIR.write_text("a file where the folder was")
    _wait(seconds)
    settings.SPOOL_DIR.unlink()
    # The panel may be the quicker one.
    settings.SPOOL_DIR.mkdir(exist_ok=True, mode=0o700)
    for path in away.iterdir():
        path.rename(settings.SPOOL_DIR / path.name)
    away.rmdir()


def backlog(panel: Panel, postgres: Cluster | None, seconds: float) -> None:
    """20,000 webhooks that somebody left behind."""
    line = (
        '{{"identity": "{0}", "kind": "voice", "call_sid": "CA{0}", "leg_sid": "", '
        '"account_sid": "AC1", "position": null, "index": null, '
        '"received_at": "2026-01-01T00:00:00+00:00", "params": {{}}, "decision": null}}\n'
    )
    lines = "".join(line.format(uuid.uuid4().hex) for _ in range(20_000))
    unfinished = settings.SPOOL_DIR / ".backlog"
    unfinished.write_text(lines)
    unfinished.rename(settings.SPOOL_DIR / "webhooks-backlog.jsonl")
    _wait(seconds)


@contextmanager
def _connections(panel: Panel, sent: bytes, count: int = 50) -> Iterator[None]:
    with ExitStack() as stack:
        for _ in range(count):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", panel.port)))
            with suppress(OSError):
                client.sendall(sent)
        yield


def silent_sockets(panel: Panel, postgres: Cluster | None, seconds: float) -> None:
    with _connections(panel, b""):
        _wait(seconds)


def half_bodies(panel: Panel, postgres: Cluster | None, seconds: float) -> None:
    head = b"POST /twilio/voice/ HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\na=b&"
    with _connections(panel, head):
        _wait(seconds)


def log_ins(panel: Panel, postgres: Cluster | None, seconds: float) -> None:
    with ThreadPoolExecutor(16) as people:
        for _ in range(16):
            people.submit(log_in, panel.port)
        _wait(seconds)


def stopped(panel: Panel, postgres: Cluster | None, seconds: float) -> None:
    assert postgres is not None
    postgres.stop()
    _wait(seconds)
    postgres.start()


def killed(panel: Panel, postgres: Cluster | None, seconds: float) -> None:
    assert postgres is not None
    postgres.kill()
    _wait(seconds)
    postgres.start()


def frozen(panel: Panel, postgres: Cluster | None, seconds: float) -> None:
    assert postgres is not None
    postgres.freeze()
    _wait(max(seconds, 14))
    postgres.thaw()


def read_only(panel: Panel, postgres: Cluster | None, seconds: float) -> None:
    assert postgres is not None
    for statement in (
        "SET default_transaction_read_only = on",
        "RESET default_transaction_read_only",
    ):
        postgres.ask(f"ALTER SYSTEM {statement}")
        postgres.ask("SELECT pg_reload_conf()")
        _wait(seconds)


def wrong_schema(panel: Panel, postgres: Cluster | None, seconds: float) -> None:
    assert postgres is not None
    postgres.ask("ALTER TABLE telephony_callrecord RENAME COLUMN outcome TO elsewhere")
    _wait(seconds)
    postgres.ask("ALTER TABLE telephony_callrecord RENAME COLUMN elsewhere TO outcome")


def table_locked(panel: Panel, postgres: Cluster | None, seconds: float) -> None:
    assert postgres is not None
    with psycopg.connect(postgres.url) as connection:
        connection.execute("LOCK TABLE telephony_callrecord IN ACCESS EXCLUSIVE MODE")
        _wait(seconds)


def no_connections_left(panel: Panel, postgres: Cluster | None, seconds: float) -> None:
    assert postgres is not None
    with ExitStack() as stack:
        with suppress(psycopg.OperationalError):
            while True:
                stack.enter_context(psycopg.connect(postgres.url))
        _wait(seconds)


def flapping(panel: Panel, postgres: Cluster | None, seconds: float) -> None:
    assert postgres is not None
    for _ in range(3):
        postgres.kill()
        _wait(1)
        postgres.start()
        _wait(1)


def swallowed(panel: Panel, postgres: Cluster | None, seconds: float) -> None:
    """The network between the panel and the database swallows everything."""
    assert postgres is not None
    with holes.black_hole(postgres.port, "127.0.0.1"):
        _wait(max(seconds, 14))


def sqlite_locked(panel: Panel, postgres: Cluster | None, seconds: float) -> None:
    other = sqlite3.connect(settings.DATABASES["default"]["NAME"], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    _wait(seconds)
    other.execute("ROLLBACK")
    other.close()


def sqlite_without_a_table(panel: Panel, postgres: Cluster | None, seconds: float) -> None:
    other = sqlite3.connect(settings.DATABASES["default"]["NAME"], isolation_level=None)
    other.execute("ALTER TABLE telephony_callrecord RENAME TO elsewhere")
    _wait(seconds)
    other.execute("ALTER TABLE elsewhere RENAME TO telephony_callrecord")
    other.close()


ANY: tuple[Break, ...] = (
    nothing,
    worker_killed,
    group_killed,
    restarted,
    ended_while_starting,
    clock_jumped,
    spool_deleted,
    spool_unwritable,
    backlog,
    silent_sockets,
    half_bodies,
    log_ins,
)
POSTGRES: tuple[Break, ...] = (
    stopped,
    killed,
    frozen,
    read_only,
    wrong_schema,
    table_locked,
    no_connections_left,
    flapping,
    swallowed,
)
SQLITE: tuple[Break, ...] = (sqlite_locked, sqlite_without_a_table)
# While nobody is left to answer, calls go to the fallback URL, and there is none here.
MAY_GO_UNANSWERED: tuple[Break, ...] = (group_killed, restarted, ended_while_starting)
