"""What a timer runs: each job once, whoever else runs it, and visibly."""

import threading
import time
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone

from telephony import periodic
from telephony.models import CallRecord, PeriodicJob
from telephony.records import store
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)


def tick() -> str:
    out = StringIO()
    call_command("tick", stdout=out)
    return out.getvalue()


def test_a_tick_does_what_is_due_and_notes_it():
    store.write(make.events("0 voice"))
    began = timezone.now()

    assert "close stale calls: closed because their end was never heard: 1" in tick()
    assert CallRecord.objects.get().outcome == "unknown"
    job = PeriodicJob.objects.get(name="close stale calls")
    assert began <= job.started_at <= job.ended_at
    assert not job.has_failed


def test_two_ticks_at_once_run_a_job_once(monkeypatch):
    runs = []

    def slow(now):
        runs.append(now)
        time.sleep(0.5)
        return "done"

    monkeypatch.setattr(periodic, "JOBS", {"slow": slow})

    results = []

    def run() -> None:
        results.extend(done.result for done in periodic.run_jobs(timezone.now()))
        connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(runs) == 1
    assert sorted(results) == ["done", *3 * ["not run: somebody did so in the last 20 seconds"]]


def test_a_job_whose_tick_has_died_is_run_again():
    PeriodicJob.objects.create(
        name="close stale calls", started_at=timezone.now() - timedelta(minutes=1)
    )

    assert "close stale calls" in tick()


def test_a_job_that_was_begun_by_a_wrong_clock_is_run_again():
    PeriodicJob.objects.create(
        name="close stale calls", started_at=timezone.now() + timedelta(hours=1)
    )

    assert "close stale calls" in tick()


def test_a_job_that_fails_is_told_and_does_not_stop_the_others(monkeypatch):
    def fail(now):
        raise RuntimeError("+12025550143 is a number that nobody should read")

    monkeypatch.setattr(periodic, "JOBS", {"bad": fail, "good": lambda now: "fine"})

    with pytest.raises(CommandError, match="Failed: bad"):
        call_command("tick", stdout=StringIO())
    bad, good = PeriodicJob.objects.order_by("name")
    assert (bad.has_failed, bad.result) == (
        True,
        "RuntimeError: (number) is a number that nobody should read",
    )
    assert (good.has_failed, good.result) == (False, "fine")


def test_the_command_alone_says_how_many():
    store.write(make.events("0 voice"))
    out = StringIO()
    call_command("close_stale_calls", stdout=out)

    assert out.getvalue() == "Calls closed that began over 6 hours ago: 1\n"
