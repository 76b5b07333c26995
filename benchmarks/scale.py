"""Measures what docs/scale.md reckons with, on a PostgreSQL of its own: `python -m benchmarks.scale`."""

import argparse
import http.client
import multiprocessing
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks import load
from benchmarks.faults.panel import Panel
from benchmarks.webhooks import calls as signed
from tests import on_postgres

ROOT = Path(__file__).resolve().parent.parent
OUTCOMES = ("completed", "completed", "failed,completed", "no-answer,completed", "busy,no-answer")
TABLES = ("telephony_callevent", "telephony_callrecord", "telephony_callleg")
# Signed calls that come in each second while old rows are deleted.
CALLS_A_SECOND = 100
THREADS = 4
# Seconds: without any deletion, to compare with; between two batches; to get warm; of full load.
WITHOUT_S, PAUSE_S, WARM_S, LOAD_S = 10, 0.05, 5, 5


def main() -> None:
    options = _options()
    binaries = on_postgres.find_binaries()
    if binaries is None:
        raise SystemExit(f"PostgreSQL is missing. To install it: {on_postgres.INSTALL}")
    with (
        tempfile.TemporaryDirectory(prefix="switchhook-scale-") as folder,
        on_postgres.cluster(binaries, is_durable=True) as postgres,
    ):
        _configure(Path(folder), postgres.url)
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        events = _play(options.calls)
        _store(events, postgres, options.calls)
        _measure_recorders(options.calls, postgres)
        _delete(Path(folder), postgres, options.batch)


def _configure(folder: Path, url: str) -> None:
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "SECRET_KEY": "scale" * 12,
        "PUBLIC_BASE_URL": signed.PUBLIC_BASE_URL,
        "TWILIO_ACCOUNT_SID": signed.ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": signed.AUTH_TOKEN,
        "TWILIO_AUTH_TOKENS": "",
        "DATABASE_URL": url,
        "SPOOL_DIR": str(folder / "spool"),
        "LOG_LEVEL": "WARNING",
    }
    import django

    django.setup()


def _play(count: int, days_ago: int = 400) -> list[Any]:
    """Return the webhooks of whole calls, with all the fields that Twilio sends."""
    from telephony.records.recorder import recorder
    from telephony.rehearsal.demo import _ask, load_configuration
    from telephony.rehearsal.player import Player, Scenario
    from telephony.snapshots.live import live_directory

    number = load_configuration()
    live_directory.refresh()
    events: list[Any] = []
    recorder.record = events.append  # type: ignore[method-assign]

    def ask(url: str, fields: Mapping[str, str], at: datetime) -> str:
        places = {
            f"{who}{part}": value
            for who in ("From", "To", "Caller", "Called")
            for part, value in signed.PLACE.items()
        }
        is_leg = "ParentCallSid" in fields
        return _ask(url, dict(fields) if is_leg else {**places, **fields}, at)

    began = datetime.now(UTC) - timedelta(days=days_ago)
    for place in range(count):
        outcomes = OUTCOMES[place % len(OUTCOMES)].split(",")
        scenario = Scenario(
            called=number.e164,
            caller=f"+1202555{place % 10_000:04}",
            account_sid=signed.ACCOUNT_SID,
            base_url=signed.PUBLIC_BASE_URL,
            outcomes=outcomes,
        )
        for _ in Player(scenario, ask, began + timedelta(seconds=place), time_passes=True).play():
            pass
    # Calls overlap, so that few webhooks in one transaction are of the same call.
    return sorted(events, key=lambda event: event.received_at)


def _store(events: Sequence[Any], postgres: on_postgres.Cluster, calls: int) -> None:
    """Store them as one recorder does, and tell what a call takes."""
    from telephony.records.backlog import store_events
    from telephony.records.journal import dump_event

    sizes = [len(dump_event(event).encode()) + 1 for event in events]
    before, lsn = _bytes(postgres), postgres.ask("SELECT pg_current_wal_lsn()")
    began = time.perf_counter()
    store_events(events)
    seconds = time.perf_counter() - began
    wal = int(postgres.ask(f"SELECT pg_current_wal_lsn() - '{lsn}'::pg_lsn"))
    print(f"{calls:,} calls, {len(events) / calls:.1f} webhooks each")
    print(
        f"journal: {statistics.mean(sizes):,.0f} bytes a webhook, {sum(sizes) / calls:,.0f} a call"
    )
    print(f"one recorder that catches up: {len(events) / seconds:,.0f} webhooks/s")
    print(f"write-ahead log: {wal / calls:,.0f} bytes a call")
    for table, size in _bytes(postgres).items():
        rows = postgres.ask(f"SELECT count(*) FROM {table}")
        print(
            f"{table}: {(size - before[table]) / calls:,.0f} bytes a call, {rows / calls:.1f} rows"
        )


def _bytes(postgres: on_postgres.Cluster) -> dict[str, int]:
    return {t: postgres.ask(f"SELECT pg_total_relation_size('{t}')") for t in TABLES}


def _measure_recorders(calls: int, postgres: on_postgres.Cluster) -> None:
    """Let several store at once, each in transactions of as many webhooks as gather in a burst."""
    from django.db import connection

    for count in (1, 2, 4):
        share = max(1, calls // 5 // count)
        batches = [_play(share, days_ago=200) for _ in range(count)]
        connection.close()
        fork = multiprocessing.get_context("fork")
        gate = fork.Barrier(count + 1)
        recorders = [fork.Process(target=_store_after, args=(gate, each)) for each in batches]
        for recorder in recorders:
            recorder.start()
        gate.wait()
        began = time.perf_counter()
        for recorder in recorders:
            recorder.join()
        per_second = sum(map(len, batches)) / (time.perf_counter() - began)
        print(
            f"{count} recorders, 20 webhooks in a transaction: {per_second:,.0f} webhooks/s together",
            flush=True,
        )


def _store_after(gate: Any, events: Sequence[Any]) -> None:
    from telephony.records.backlog import store_events

    gate.wait()
    for begin in range(0, len(events), 20):
        store_events(events[begin : begin + 20])


def _delete(folder: Path, postgres: on_postgres.Cluster, batch: int) -> None:
    """Delete what is older than a year with the statement of docs/scale.md, while calls come in."""
    panel = Panel(folder / "panel.log")
    panel.start()
    try:
        for is_deleting in (False, True):
            before = _count_deleted(postgres)
            with _calls(panel.port) as waits:
                # Until both workers have done whatever they do once.
                time.sleep(WARM_S)
                waits.clear()
                connections, seconds = _delete_or_wait(postgres, batch, is_deleting)
                ordered = sorted(waits)
            # PostgreSQL counts a moment later.
            time.sleep(2)
            print(
                f"{'deleting' if is_deleting else 'not deleting'}: {len(ordered) / seconds:.0f} new calls/s, "
                f"answers p99 {1000 * ordered[int(len(ordered) * 0.99)]:.1f} ms, "
                f"longest {1000 * ordered[-1]:.1f} ms; "
                f"{(_count_deleted(postgres) - before) / seconds:,.0f} rows/s deleted in {seconds:.0f} s; "
                f"{connections} connections of the panel at most",
                flush=True,
            )
        _load(panel.port)
    finally:
        panel.stop()


def _load(port: int) -> None:
    """Ask as fast as two workers answer, with their database on the same machine."""
    requests = list(signed.signed_calls(int(LOAD_S * 4000)))
    result = load.run(port, iter(requests), connections=16, seconds=LOAD_S)
    print(
        f"two workers, as many calls as they answer: {result.per_second:,.0f} webhooks/s, "
        f"p99 {result.percentile_ms(99):.0f} ms"
    )


def _delete_or_wait(
    postgres: on_postgres.Cluster, batch: int, is_deleting: bool
) -> tuple[int, float]:
    page = (ROOT / "docs/scale.md").read_text()
    statement = page.split("```sql\n")[1].split("```")[0].replace("1000", str(batch))
    count = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
    began, most, is_more = time.monotonic(), 0, True
    while is_more and (is_deleting or time.monotonic() - began < WITHOUT_S):
        # The one that asks is not the panel's.
        most = max(most, postgres.ask(count) - 1)
        is_more = postgres.ask(statement) > 0 if is_deleting else True
        time.sleep(PAUSE_S)
    return most, time.monotonic() - began


def _count_deleted(postgres: on_postgres.Cluster) -> int:
    rows = "SELECT sum(n_tup_del)::bigint FROM pg_stat_user_tables"
    return int(postgres.ask(f"{rows} WHERE relname IN {TABLES}"))


@contextmanager
def _calls(port: int) -> Iterator[list[float]]:
    """Let new calls come in at a steady pace; what is yielded grows by the seconds of each answer."""
    waits: list[float] = []
    stopped = threading.Event()
    requests = signed.signed_calls(CALLS_A_SECOND * 120)
    lock = threading.Lock()

    def call() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        due = time.monotonic()
        while not stopped.is_set():
            with lock:
                head, _, body = next(requests).partition(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
            began = time.perf_counter()
            connection.request("POST", urlsplit(signed.PATH).path, body, headers)
            connection.getresponse().read()
            waits.append(time.perf_counter() - began)
            due += THREADS / CALLS_A_SECOND
            time.sleep(max(0, due - time.monotonic()))

    threads = [threading.Thread(target=call) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    try:
        yield waits
    finally:
        stopped.set()
        for thread in threads:
            thread.join()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000, help="that are stored")
    parser.add_argument("--batch", type=int, default=1000, help="calls deleted in a transaction")
    return parser.parse_args()


if __name__ == "__main__":
    main()
