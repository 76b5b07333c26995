"""The database goes away under the running panel: calls go on, and no record is lost."""

import os
import time
import uuid

import pytest

from tests import on_postgres
from tests.live.conftest import running_panel, serving, wait_until

pytestmark = pytest.mark.live

COUNT = "from telephony.models import *; print(CallRecord.objects.filter(pk__in={sids}).count())"


@pytest.fixture
def postgres():
    binaries = on_postgres.find_binaries()
    if binaries is None:
        missing = f"PostgreSQL is missing: no outage was tried. To run it: {on_postgres.INSTALL}"
        assert "CI" not in os.environ, missing
        pytest.skip(missing)
    with on_postgres.cluster(binaries) as cluster:
        yield cluster


def test_calls_are_answered_and_recorded_through_an_outage_of_postgresql(postgres, tmp_path):
    with running_panel(tmp_path, postgres.url) as panel:

        def call() -> tuple[str, tuple[int, str], float]:
            sid, began = f"CA{uuid.uuid4().hex}", time.monotonic()
            answer = panel.signed(
                "/twilio/voice/", CallSid=sid, To="+12025550100", CallStatus="ringing"
            )
            return sid, answer, time.monotonic() - began

        def stored(sids: list[str]) -> int:
            return int(panel.shell(COUNT.format(sids=sids)))

        before = call()
        assert wait_until(lambda: stored([before[0]]) == 1)
        postgres.stop()
        during = []
        for _ in range(20):
            during.append(call())
            time.sleep(0.15)
        assert {answer for _, answer, _ in during} == {before[1]}
        assert max(waited_s for *_, waited_s in during) < 1
        postgres.start()
        sids = [sid for sid, *_ in during]
        assert wait_until(lambda: stored(sids) == len(sids), seconds=20)
        after = call()
        assert after[1] == before[1]
        assert wait_until(lambda: stored([after[0]]) == 1)


def test_a_panel_that_starts_without_a_database_sends_twilio_to_the_fallback_url(
    postgres, tmp_path
):
    with running_panel(tmp_path, postgres.url) as panel:
        postgres.stop()
        with serving(tmp_path, panel.environment) as late:
            fields = {"CallSid": f"CA{uuid.uuid4().hex}", "To": "+12025550100"}
            assert late.signed("/twilio/voice/", **fields)[0] == 503
            postgres.start()
            assert wait_until(lambda: late.signed("/twilio/voice/", **fields)[0] == 200)
