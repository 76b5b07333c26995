"""What the recorder does when the database, the disk or one of its own threads fails."""

import json
import os
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from telephony.models import CallEvent, CallRecord
from telephony.records import store
from telephony.records.backlog import (
    PATIENCE,
    REFUSED,
    OutageError,
    Stored,
    check_database,
    put_aside,
    store_events,
    store_journals,
)
from telephony.records.journal import dump_event
from tests import make

EVENTS = make.events("\n".join(f"{n} voice CallSid=CA{n}" for n in range(40)))
# The database has a constraint that no position is negative; a webhook's address has none either.
POISON = replace(EVENTS[7], position=-5)


@pytest.mark.django_db(transaction=True)
def test_an_event_that_always_fails_is_refused_and_holds_up_no_other():
    refusals = store_events([*EVENTS[:7], POISON, *EVENTS[8:]]).refused

    assert CallRecord.objects.count() == len(EVENTS) - 1
    assert [json.loads(refusal.line)["call_sid"] for refusal in refusals] == ["CA7"]
    assert "IntegrityError" in refusals[0].reason


@pytest.mark.django_db(transaction=True)
def test_events_that_all_fail_are_refused_while_the_database_takes_others():
    poison = [replace(event, position=-5) for event in EVENTS[:5]]

    assert len(store_events(poison).refused) == 5


@pytest.mark.django_db(transaction=True)
def test_an_event_that_fails_once_is_stored_after_all(monkeypatch):
    write, failures = store.write, []

    def fail_for_some(events):
        if any(event.call_sid == "CA7" for event in events) and len(failures) < 3:
            failures.append(events)
            raise RuntimeError("a lock was not free")
        write(events)

    monkeypatch.setattr(store, "write", fail_for_some)

    assert store_events(EVENTS) == Stored()
    assert CallRecord.objects.count() == len(EVENTS)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "table", ["telephony_callleg", "telephony_callrecord", "telephony_callevent"]
)
def test_a_missing_table_is_an_outage_and_nothing_is_refused(table):
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO elsewhere")
    legs = make.events("0 leg/1/0 CallStatus=ringing")
    try:
        with pytest.raises(OutageError):
            store_events([*EVENTS, *legs])
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE elsewhere RENAME TO {table}")

    assert store_events([*EVENTS, *legs]) == Stored()


@pytest.mark.django_db(transaction=True)
def test_a_try_leaves_nothing_behind():
    check_database()

    assert (CallEvent.objects.count(), CallRecord.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_what_is_stored_is_on_the_disk():
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL's commits are always on the disk")
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA synchronous").fetchone() == (2,)


@pytest.mark.django_db(transaction=True)
def test_a_writer_that_falls_silent_gives_its_locks_back(monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no writers on other machines")
    is_locked, may_end = threading.Event(), threading.Event()

    def fall_silent() -> None:
        with suppress(DatabaseError), transaction.atomic():
            with monkeypatch.context() as patch:
                patch.setattr(store, "STATEMENT_S", 1)
                store._lock([EVENTS[0].call_sid])
            is_locked.set()
            may_end.wait(20)
        connection.close()

    silent = threading.Thread(target=fall_silent)
    silent.start()
    try:
        assert is_locked.wait(5)
        # It waits for the lock for three seconds at most.
        store.write(EVENTS[:1])
    finally:
        may_end.set()
        silent.join()
    assert CallEvent.objects.count() == 1


def run(python, database: Path, code: str) -> str:
    done = python(code, f"sqlite:///{database}")
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_an_outage_and_its_end_are_told_once_each_and_truly(python, migrated):
    told = run(
        python,
        migrated,
        """
        other = sqlite3.connect(settings.DATABASES["default"]["NAME"], isolation_level=None)
        other.execute("ALTER TABLE telephony_callrecord RENAME TO elsewhere")
        for n in range(12):
            recorder.record(make.event("voice", CallSid=f"CA{n}", From="+12025550199"))
            time.sleep(0.3)
        other.execute("ALTER TABLE elsewhere RENAME TO telephony_callrecord")
        deadline = time.monotonic() + 20
        while CallRecord.objects.count() < 12 and time.monotonic() < deadline:
            time.sleep(0.1)
        print(CallRecord.objects.count(), recorder.drain(10))
        """,
    )

    assert "12 True" in told
    assert told.count("the database takes no webhooks") == 1
    assert told.count("the database takes webhooks again") == 1
    assert "12025550199" not in told


def test_a_spool_that_cannot_be_written_costs_nothing_while_the_database_answers(
    python, migrated, spool
):
    spool.write_text("a file where the folder should be")
    told = run(
        python,
        migrated,
        """
        for n in range(30):
            recorder.record(make.event("voice", CallSid=f"CA{n}"))
        print(recorder.drain(10), CallRecord.objects.count())
        """,
    )

    assert "True 30" in told
    assert told.count("cannot be written, webhooks wait in memory") == 1


def test_what_finds_no_place_is_counted_and_named_and_the_rest_is_stored(python, migrated, spool):
    spool.write_text("a file where the folder should be")
    told = run(
        python,
        migrated,
        """
        import telephony.records.recorder as module
        module.MEMORY_AT_MOST = 20
        other = sqlite3.connect(settings.DATABASES["default"]["NAME"], isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        recorder.record(make.event("voice", CallSid="CAfirst"))
        time.sleep(2.5)
        began = time.monotonic()
        for n in range(22):
            recorder.record(make.event("voice", CallSid=f"CA{n}"))
        print("waited", round(time.monotonic() - began, 1))
        other.execute("ROLLBACK")
        print(recorder.drain(20), CallRecord.objects.count())
        """,
    )

    assert "waited 0.0" in told
    assert "True 20" in told
    assert "voice of call CA21 is lost, 3 in all" in told


def test_what_waited_in_memory_goes_to_the_disk_as_soon_as_that_takes_it(python, migrated, spool):
    spool.write_text("a file where the folder should be")
    told = run(
        python,
        migrated,
        """
        other = sqlite3.connect(settings.DATABASES["default"]["NAME"], isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        recorder.record(make.event("voice"))
        time.sleep(2.5)
        settings.SPOOL_DIR.unlink()
        time.sleep(4)
        print([path.stat().st_size > 0 for path in settings.SPOOL_DIR.glob("webhooks-*")])
        """,
    )

    assert "[True]" in told


def test_a_spool_that_was_deleted_is_made_again(python, migrated):
    told = run(
        python,
        migrated,
        """
        import shutil
        recorder.record(make.event("voice", CallSid="CAbefore"))
        recorder.drain(10)
        shutil.rmtree(settings.SPOOL_DIR)
        for n in range(5):
            recorder.record(make.event("voice", CallSid=f"CA{n}"))
        print(settings.SPOOL_DIR.is_dir(), recorder.drain(10), CallRecord.objects.count())
        """,
    )

    assert "True True 6" in told


def test_what_cannot_be_read_in_the_spool_does_not_stop_the_rest(python, migrated, spool):
    spool.mkdir()
    (spool / "webhooks-folder.jsonl").mkdir()
    (spool / "webhooks-loop.jsonl").symlink_to(spool / "webhooks-loop.jsonl")
    os.mkfifo(spool / "webhooks-fifo.jsonl")
    told = run(
        python,
        migrated,
        """
        from telephony.records.journal import dump_event
        text = "".join(dump_event(make.event("voice", CallSid=f"CA{n}")) + "\\n" for n in range(9))
        (settings.SPOOL_DIR / "webhooks-good.jsonl").write_text(text)
        recorder.start()
        deadline = time.monotonic() + 10
        while CallRecord.objects.count() < 9 and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(2)
        print(CallRecord.objects.count(), (settings.SPOOL_DIR / "webhooks-good.jsonl").exists())
        """,
    )

    assert "9 False" in told
    assert told.count("webhooks-folder.jsonl cannot be stored: not a file") == 1


def test_what_others_left_is_collected_under_load_too(python, migrated, spool):
    told = run(
        python,
        migrated,
        """
        from telephony.records.journal import dump_event
        recorder.start()
        left = settings.SPOOL_DIR / "webhooks-left.jsonl"
        began, n = time.monotonic(), 0
        while time.monotonic() - began < 6 and (n < 100 or left.exists()):
            recorder.record(make.event("voice", CallSid=f"CA{n}"))
            time.sleep(0.002)
            n += 1
            if n == 100:
                left.write_text(dump_event(make.event("voice", CallSid="CAleft")) + "\\n")
        print(CallRecord.objects.filter(pk="CAleft").count(), time.monotonic() - began < 5)
        """,
    )

    assert "1 True" in told


def test_a_thread_that_dies_is_started_again(python, migrated):
    told = run(
        python,
        migrated,
        """
        import telephony.records.recorder as module
        store_events = module.store_events
        def die(events):
            module.store_events = store_events
            raise SystemExit
        module.store_events = die
        recorder.record(make.event("voice", CallSid="CAone"))
        time.sleep(1)
        recorder.record(make.event("voice", CallSid="CAtwo"))
        time.sleep(2)
        print(recorder.drain(10), CallRecord.objects.count())
        """,
    )

    assert "True 2" in told
    assert "a thread of the recorder has died, and is started again" in told


@pytest.mark.parametrize(("setting", "waits"), [("always", True), ("outage", False)])
def test_a_webhook_is_flushed_to_the_disk_first_where_that_is_asked_for(
    python, migrated, monkeypatch, setting, waits
):
    monkeypatch.setenv("JOURNAL_SYNC", setting)
    told = run(
        python,
        migrated,
        """
        flushed = recorder.record(make.event("voice"))
        print(flushed is not None, flushed is None or flushed.result(10) is None)
        """,
    )

    assert f"{waits} True" in told


@pytest.mark.django_db(transaction=True)
def test_an_event_that_has_just_come_is_tried_again_before_it_is_refused(tmp_path):
    young = replace(POISON, received_at=timezone.now())
    stored = store_events([EVENTS[0], young])
    assert (stored.refused, stored.postponed) == ((), (young,))

    put_aside(tmp_path, stored)
    assert sum(store_journals(tmp_path)) == 0
    assert not (tmp_path / REFUSED).exists()
    (journal,) = tmp_path.glob("webhooks-*.jsonl")
    old = dump_event(replace(young, received_at=timezone.now() - PATIENCE)) + "\n"
    journal.write_text(old)
    assert sum(store_journals(tmp_path)) == 0
    assert (tmp_path / REFUSED).exists()


@pytest.mark.parametrize("later", [10, 0])
@pytest.mark.parametrize("how", ["shutil.rmtree(spool)", "spool.rename(spool.with_name('moved'))"])
def test_a_spool_that_is_taken_away_during_an_outage_takes_nothing_with_it(
    python, migrated, how, later
):
    told = run(
        python,
        migrated,
        f"""
        import shutil
        spool = settings.SPOOL_DIR
        other = sqlite3.connect(settings.DATABASES["default"]["NAME"], isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        for n in range(10):
            recorder.record(make.event("voice", CallSid=f"CA{{n}}"))
            time.sleep(0.25)
        {how}
        for n in range(10, 10 + {later}):
            recorder.record(make.event("voice", CallSid=f"CA{{n}}"))
        other.execute("ROLLBACK")
        deadline = time.monotonic() + 20
        while CallRecord.objects.count() < 10 + {later} and time.monotonic() < deadline:
            time.sleep(0.1)
        print(CallRecord.objects.count(), "records")
        """,
    )

    assert f"{10 + later} records" in told


def test_a_spool_that_is_taken_away_during_an_outage_is_there_again_before_a_crash(
    python, migrated
):
    done = python(
        """
        import shutil
        spool = settings.SPOOL_DIR
        other = sqlite3.connect(settings.DATABASES["default"]["NAME"], isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        for n in range(10):
            recorder.record(make.event("voice", CallSid=f"CA{n}"))
            time.sleep(0.25)
        shutil.rmtree(spool)
        deadline = time.monotonic() + 20
        while not list(spool.glob("webhooks-*.jsonl")) and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(0.5)
        print(sum(len(j.read_text().splitlines()) for j in spool.glob("webhooks-*")), "kept", flush=True)
        os.kill(os.getpid(), 9)
        """,
        f"sqlite:///{migrated}",
    )

    assert (done.returncode, done.stdout) == (-9, "10 kept\n")


@pytest.mark.django_db(transaction=True)
def test_one_line_that_cannot_be_put_aside_holds_up_no_other_journal(tmp_path, caplog):
    (tmp_path / REFUSED).mkdir()
    (tmp_path / "webhooks-1.jsonl").write_text("half a li")
    os.utime(tmp_path / "webhooks-1.jsonl", (1, 1))
    for n in "23":
        good = dump_event(make.event("voice", CallSid=f"CA{n}")) + "\n"
        (tmp_path / f"webhooks-{n}.jsonl").write_text(good)
    for _ in range(2):
        sum(store_journals(tmp_path))

    assert set(CallRecord.objects.values_list("pk", flat=True)) == {"CA2", "CA3"}
    assert [path.name for path in tmp_path.glob("webhooks-*")] == ["webhooks-1.jsonl"]
    assert caplog.text.count("webhooks-1.jsonl cannot be stored") == 1
    (tmp_path / REFUSED).rmdir()
    assert sum(store_journals(tmp_path)) == 0
    assert (tmp_path / REFUSED).is_file()


@pytest.mark.django_db(transaction=True)
def test_a_journal_that_cannot_be_deleted_is_stored_once_and_named_once(
    tmp_path, caplog, monkeypatch
):
    for name in ("webhooks-1.jsonl", "webhooks-2.jsonl"):
        (tmp_path / name).write_text(dump_event(make.event("voice", CallSid=f"CA{name[9]}")) + "\n")
    unlink = Path.unlink

    def refuse_one(self, missing_ok=False):
        if self.name == "webhooks-1.jsonl":
            raise PermissionError(1, "Operation not permitted", str(self))
        unlink(self, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse_one)

    assert sum(store_journals(tmp_path)) == 2
    assert sum(store_journals(tmp_path)) == 0
    assert caplog.text.count("is stored and cannot be deleted: Operation not permitted") == 1
