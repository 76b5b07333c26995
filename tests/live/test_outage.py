"""The database goes away under the running panel: calls go on, and no record is lost."""

import contextlib
import http.client
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import on_postgres
from tests.live.conftest import Panel, running_panel, serving, wait_until

pytestmark = pytest.mark.live

# Longer than the panel waits for a server that is frozen, and shorter than Twilio waits.
FROZEN_S = 14.0


@pytest.fixture(scope="module")
def panel(
    postgres: on_postgres.Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Panel]:
    with running_panel(tmp_path_factory.mktemp("panel"), postgres.url) as panel:
        yield panel


class Caller:
    """Calls one after the other, and keeps a book of them."""

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.sids: list[str] = []
        self.longest_s = 0.0

    def call(self) -> None:
        sid, began = f"CA{uuid.uuid4().hex}", time.monotonic()
        fields = {"CallSid": sid, "To": "+12025550100", "CallStatus": "ringing"}
        status, text = self.panel.signed("/twilio/voice/", **fields)
        self.longest_s = max(self.longest_s, time.monotonic() - began)
        assert (status, "sip:myext@pbx.example.com" in text) == (200, True)
        self.sids.append(sid)

    def call_for(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.call()
            time.sleep(0.1)

    def are_stored(self) -> bool:
        code = "from telephony.models import *; print(CallRecord.objects.filter(pk__in={sids}).count())"
        return int(self.panel.shell(code.format(sids=self.sids))) == len(self.sids)


def ready(panel: Panel) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", panel.port, timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def stopped(postgres: on_postgres.Cluster) -> Callable[[], None]:
    postgres.stop()
    return postgres.start


def killed(postgres: on_postgres.Cluster) -> Callable[[], None]:
    postgres.kill()
    return postgres.start


def frozen(postgres: on_postgres.Cluster) -> Callable[[], None]:
    postgres.freeze()
    return postgres.thaw


def read_only(postgres: on_postgres.Cluster) -> Callable[[], None]:
    postgres.ask("ALTER SYSTEM SET default_transaction_read_only = on")
    postgres.ask("SELECT pg_reload_conf()")

    def end() -> None:
        postgres.ask("ALTER SYSTEM RESET default_transaction_read_only")
        postgres.ask("SELECT pg_reload_conf()")

    return end


def without_a_table(postgres: on_postgres.Cluster) -> Callable[[], None]:
    postgres.ask("ALTER TABLE telephony_callevent RENAME TO elsewhere")
    return lambda: postgres.ask("ALTER TABLE elsewhere RENAME TO telephony_callevent")


FAULTS = {
    stopped: 3.0,
    killed: 3.0,
    frozen: FROZEN_S,
    read_only: 3.0,
    without_a_table: 3.0,
}


@pytest.mark.parametrize(("fault", "lasts_s"), FAULTS.items(), ids=[f.__name__ for f in FAULTS])
def test_calls_are_answered_and_recorded_through_an_outage(
    panel: Panel, postgres: on_postgres.Cluster, fault: Callable, lasts_s: float
) -> None:
    caller = Caller(panel)
    caller.call_for(0.5)
    heal = fault(postgres)
    try:
        told = panel.log().count("the database takes no webhooks")
        caller.call_for(lasts_s)
        status, text = ready(panel)
        assert status == 200
        assert wait_until(lambda: "database: away" in ready(panel)[1])
        assert int(text.split("journal_bytes: ")[1].split()[0]) > 0
    finally:
        heal()
    caller.call()
    assert caller.longest_s < 1
    assert wait_until(caller.are_stored, seconds=20)
    # Once for each of the two processes.
    assert wait_until(lambda: panel.log().count("the database takes no webhooks") > told)
    assert panel.log().count("the database takes no webhooks") - told <= 2
    assert "was refused" not in panel.log()


def test_calls_pass_over_a_silent_server_though_the_database_is_away(
    panel: Panel, postgres: on_postgres.Cluster
) -> None:
    def call(path: str, **fields: str) -> str:
        return panel.signed(path, **{"CallSid": f"CA{uuid.uuid4().hex}", **fields})[1]

    def leg_ends(**end: str) -> None:
        call("/twilio/leg/1/0/", To="sip:myext@pbx.example.com:5060", **end)

    def rings(what: str) -> bool:
        told = [call("/twilio/voice/", To="+12025550100", CallStatus="ringing") for _ in range(8)]
        return all(what in answer for answer in told)

    def is_passed_over() -> bool:
        # Each of the two processes goes by the calls that it has answered itself.
        for _ in range(20):
            leg_ends(CallStatus="failed")
        return rings("+59899999999</Number>")

    postgres.stop()
    try:
        assert wait_until(is_passed_over)
    finally:
        postgres.start()
    code = "from telephony.models import ServerHealth; print(list(ServerHealth.load()))"
    assert wait_until(lambda: panel.shell(code) == "['office']", seconds=20)
    for _ in range(2):
        leg_ends(CallStatus="completed", SipResponseCode="200")
    assert wait_until(lambda: panel.shell(code) == "[]")
    assert wait_until(lambda: rings("sip:myext@"))
    assert panel.log().count("the server office answers again") == 2


def test_a_panel_that_starts_without_a_database_has_the_routes_that_were_saved(
    panel: Panel, postgres: on_postgres.Cluster, tmp_path: Path
) -> None:
    postgres.stop()
    try:
        with serving(tmp_path, panel.environment) as late:
            caller = Caller(late)
            caller.call()
            assert caller.longest_s < 1
            assert wait_until(lambda: "the routes saved at " in late.log())
            postgres.start()
            assert wait_until(caller.are_stored, seconds=20)
    finally:
        postgres.start()


def test_a_panel_that_starts_beside_a_frozen_database_answers_soon(
    panel: Panel, postgres: on_postgres.Cluster, tmp_path: Path
) -> None:
    environment = {**panel.environment, "DATABASE_TIMEOUT_S": "10"}
    postgres.freeze()
    try:
        began = time.monotonic()
        with serving(tmp_path, environment) as late:
            Caller(late).call()
            # Four seconds on a machine that has nothing else to do; the database is given ten.
            assert time.monotonic() - began < 8
    finally:
        postgres.thaw()


def test_a_panel_that_has_no_routes_at_all_sends_twilio_to_the_fallback_url_at_once(
    panel: Panel, postgres: on_postgres.Cluster, tmp_path: Path
) -> None:
    postgres.stop()
    try:
        environment = {**panel.environment, "SPOOL_DIR": str(tmp_path / "empty")}
        with serving(tmp_path, environment) as late:
            fields = {"CallSid": f"CA{uuid.uuid4().hex}", "To": "+12025550100"}
            assert late.signed("/twilio/voice/", **fields)[0] == 503
            began = time.monotonic()
            assert late.signed("/twilio/voice/", **fields)[0] == 503
            assert ready(late)[0] == 503
            assert time.monotonic() - began < 1
            postgres.start()
            assert wait_until(lambda: late.signed("/twilio/voice/", **fields)[0] == 200)
    finally:
        postgres.start()
