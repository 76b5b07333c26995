"""What is kept of probes: one row for each server and hour, right whoever else writes it."""

import logging
import threading
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from telephony.health.probe import Result, Target
from telephony.health.rounds import Probed, keep, told, was_probed_within
from telephony.models import AsteriskServer, PeriodicJob, ProbeHour, ServerHealth
from tests import make
from tests.health.servers import HERE, answer, udp

pytestmark = pytest.mark.django_db(transaction=True)

NOW = make.START + timedelta(minutes=30)
TARGET = Target("pbx.example.com", 5060, "udp")
SILENT = Result(reason="no SIP answer within 3 s")


def alive(latency_ms: int, status: int = 401, **fields: str) -> Result:
    return Result(status, latency_ms, **fields)


def probed(server: AsteriskServer, result: Result) -> Probed:
    return Probed(server.pk, server.name, TARGET, result)


def values(**filters: object) -> dict[str, object]:
    return ProbeHour.objects.filter(**filters).values().get()


def test_an_hour_of_probes_is_one_row() -> None:
    server = make.make_server()
    for minute, result in enumerate([alive(4), SILENT, alive(9, 200), alive(2, 404)]):
        keep([probed(server, result)], NOW + timedelta(minutes=minute))

    row = values()
    sums = {name: row[name] for name in ("answered", "unanswered", "latency_ms_sum")}
    assert sums == {"answered": 3, "unanswered": 1, "latency_ms_sum": 15}
    assert (row["latency_ms_max"], row["hour"]) == (9, make.START)
    assert (row["last_status"], row["last_latency_ms"], row["last_reason"]) == (404, 2, "")
    assert row["last_probed_at"] == NOW + timedelta(minutes=3)


def test_the_last_probe_says_why_there_was_no_answer() -> None:
    server = make.make_server()
    keep([probed(server, alive(4, warning="a warning"))], NOW)
    assert values()["last_warning"] == "a warning"
    keep([probed(server, Result(reason="x" * 300))], NOW)

    row = values()
    assert (row["last_status"], row["last_latency_ms"], row["last_warning"]) == (None, None, "")
    assert row["last_reason"] == "x" * 255


def test_three_silent_probes_open_the_breaker_and_two_answers_close_it() -> None:
    server = make.make_server()
    for result in (alive(4), SILENT, SILENT):
        keep([probed(server, result)], NOW)
    assert ServerHealth.load()["office"].is_closed
    keep([probed(server, SILENT)], NOW)
    assert not ServerHealth.load()["office"].is_closed
    for _ in range(2):
        keep([probed(server, alive(4))], NOW)
    assert ServerHealth.load() == {}


def test_a_server_that_has_never_answered_is_not_judged_by_silence() -> None:
    server, other = make.make_server(), make.make_server(name="other")
    keep([probed(other, alive(4))], NOW)
    for _ in range(5):
        keep([probed(server, SILENT)], NOW)
    assert ServerHealth.load() == {}


def test_each_server_and_each_hour_has_a_row_of_its_own() -> None:
    one, other = make.make_server(), make.make_server(name="other")
    for server in (one, other):
        for hours in range(3):
            keep([probed(server, alive(1))], NOW + timedelta(hours=hours))
    assert [row.answered for row in ProbeHour.objects.all()] == [1] * 6


def test_a_probe_that_is_stored_late_is_counted_but_is_not_the_last() -> None:
    server = make.make_server()
    keep([probed(server, alive(4))], NOW)
    keep([probed(server, SILENT)], NOW - timedelta(seconds=5))

    row = values()
    assert (row["answered"], row["unanswered"], row["last_status"]) == (1, 1, 401)
    assert row["last_probed_at"] == NOW


def test_rows_older_than_thirty_days_are_removed() -> None:
    server, other = make.make_server(), make.make_server(name="other")
    for days in (29, 31, 400):
        make.make_probe_hour(server=server, hour=make.START - timedelta(days=days))
    keep([probed(other, alive(1))], NOW)
    assert ProbeHour.objects.filter(server=server).count() == 3
    keep([probed(server, alive(1))], NOW)

    kept = ProbeHour.objects.filter(server=server).order_by("hour").values_list("hour", flat=True)
    assert list(kept) == [make.START - timedelta(days=29), make.START]


def test_nobodys_probe_is_lost_where_many_write_at_once() -> None:
    server = make.make_server()
    barrier, errors = threading.Barrier(6), []

    def write() -> None:
        try:
            barrier.wait(10)
            for latency_ms in range(1, 11):
                keep([probed(server, alive(latency_ms))], NOW)
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    row = values()
    assert (row["answered"], row["latency_ms_sum"], row["latency_ms_max"]) == (60, 330, 10)


def test_a_server_that_was_deleted_meanwhile_stops_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    gone, other = make.make_server(name="gone"), make.make_server()
    gone_too = probed(gone, alive(1))
    AsteriskServer.objects.filter(name="gone").delete()
    with caplog.at_level(logging.WARNING):
        keep([gone_too, probed(other, alive(1))], NOW)
    assert ProbeHour.objects.get().server == other
    assert "the probe of gone is not kept: IntegrityError" in caplog.text


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (alive(4), "alive 401 in 4 ms"),
        (alive(4, 200, warning="a warning"), "alive 200 in 4 ms (a warning)"),
        (SILENT, "dead: no SIP answer within 3 s"),
    ],
)
def test_a_result_in_words(result: Result, text: str) -> None:
    assert told(result) == text


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_the_command_tells_of_each_server_and_keeps_it() -> None:
    with udp(lambda _, request, reply: reply(answer(request, "401 No"))) as port:
        server = make.make_server(host=HERE, port=port)
        said = run("probe_servers")
        assert said.startswith(f"office udp:127.0.0.1:{port} alive 401 in ")
        assert values()["answered"] == 1

        make.make_server(name="branch", host=HERE, port=port, transport="tcp")
        with pytest.raises(CommandError, match=r"^No SIP answer from: branch\.$") as failure:
            run("probe_servers", "--timeout", "1")
    assert failure.value.returncode == 1
    assert values(server=server)["answered"] == 2
    assert values(server__name="branch")["last_reason"] == "no connection: Connection refused"


def test_the_command_says_so_where_there_is_no_server() -> None:
    assert run("probe_servers") == "There is no Asterisk server yet. Add one in the admin.\n"


@pytest.mark.parametrize(
    "words", [("--watch", "0.5"), ("--watch", "x"), ("--timeout", "0"), ("--timeout", "nan")]
)
def test_impossible_seconds_are_refused(words: tuple[str, str]) -> None:
    with pytest.raises(CommandError, match=r"allowed: [0-9.]+ to [0-9]+ seconds"):
        run("probe_servers", *words)


def test_a_tick_probes_unless_somebody_has_just_done_so() -> None:
    with udp(lambda _, request, reply: reply(answer(request))) as port:
        server = make.make_server(host=HERE, port=port)
        dead = make.make_server(name="dead", host=HERE, port=port, transport="tcp")
        assert "probe servers: 2, dead: dead\n" in run("tick")
        PeriodicJob.objects.all().delete()
        assert "probe servers: none: somebody did so in the last 30 seconds\n" in run("tick")
        PeriodicJob.objects.all().delete()
        ProbeHour.objects.update(last_probed_at=make.START)
        run("tick")
    assert sum(ProbeHour.objects.filter(server=server).values_list("answered", flat=True)) == 2
    assert sum(ProbeHour.objects.filter(server=dead).values_list("unanswered", flat=True)) == 2


def test_the_moment_that_counts_is_the_last_probe() -> None:
    make.make_probe_hour(last_probed_at=NOW)
    second = timedelta(seconds=1)
    assert was_probed_within(second, NOW)
    assert not was_probed_within(second, NOW + 2 * second)
    # By a clock that was wrong.
    assert not was_probed_within(second, NOW - timedelta(hours=1))
