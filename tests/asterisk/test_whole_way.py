"""One call all the way: signed webhook, TwiML, real SIP to a real Asterisk, action, record, CDR."""

import csv
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.asterisk.conftest import RANGES, booted
from tests.asterisk.lab import GATEWAY, Asterisk
from tests.asterisk.sipp import Invite, call, gateway
from tests.asterisk.test_what_twilio_is_told import SIP_STATUSES
from tests.environment import ACCOUNT_SID
from tests.live.conftest import Panel, wait_until
from tests.live.conftest import panel as panel

pytestmark = [pytest.mark.asterisk, pytest.mark.live]

EMPTY = {"pjsip_switchhook.conf": "", "extensions_switchhook.conf": ""}
MODELS = "from telephony.models import *; "
# Columns of Asterisk's Master.csv.
ACCOUNT_CODE, DISPOSITION, USER_FIELD = 0, 14, 17


@pytest.fixture(scope="module")
def box(panel: Panel) -> Iterator[Asterisk]:
    with booted(22, EMPTY) as asterisk:
        networks = "; ".join(
            f"CarrierNetwork.objects.create(cidr='{cidr}', kind='sip-signalling', source='test',"
            " published_on='2026-03-09')"
            for cidr in RANGES
        )
        panel.shell(f"{MODELS}CarrierNetwork.objects.all().delete(); {networks}")
        panel.shell(f"{MODELS}AsteriskServer.objects.update(account_check='enforce')")
        where = ("--output", str(asterisk.etc), "--socket", str(asterisk.socket))
        done = panel.manage("export_asterisk", *where, "--reload")
        assert done.returncode == 0, done.stderr
        yield asterisk


@dataclass
class Twilio:
    """Plays Twilio: asks the panel, dials what its TwiML says, and reports how it went."""

    panel: Panel
    box: Asterisk
    sid: str
    told: list[str]
    last_leg: str = ""

    def post(self, path: str, **fields: str) -> ET.Element:
        about = {"CallSid": self.sid, "From": "+59891234567", "To": "+12025550100"}
        status, body = self.panel.signed(path, **{**about, "CallStatus": "ringing", **fields})
        assert status == 200, body
        return ET.fromstring(body) if body.strip() else ET.Element("Response")

    def play(self) -> None:
        """Follow the TwiML to its end. A dialled telephone number answers."""
        twiml = self.post("/twilio/voice/")
        while (dial := twiml.find("Dial")) is not None:
            sip, number = dial.find("Sip"), dial.find("Number")
            self.last_leg = f"CA{uuid.uuid4().hex}"
            code = self._dial(sip) if sip is not None else 200
            self.told.append(f"{'sip' if sip is not None else number.text} {code}")
            is_answered = code == 200
            fields = {
                "DialCallSid": self.last_leg,
                "DialCallStatus": SIP_STATUSES.get(code, "failed"),
            }
            if is_answered:
                fields |= {"DialBridged": "true", "DialCallDuration": "30"}
            if sip is not None and code:
                fields["DialSipResponseCode"] = str(code)
            state = "in-progress" if is_answered else "ringing"
            twiml = self.post(
                dial.get("action").split("example.com")[1], CallStatus=state, **fields
            )
        self.post("/twilio/status/", CallStatus="completed", CallDuration="31", SequenceNumber="0")

    def _dial(self, sip: ET.Element) -> int:
        headers = {"X-Twilio-AccountSid": ACCOUNT_SID, "X-Twilio-CallSid": self.last_leg}
        invite = Invite(
            sip.text.removeprefix("sip:").partition("@")[0],
            caller='"+59891234567" <sip:+59891234567@127.0.2.1>',
            username=sip.get("username"),
            password=sip.get("password"),
            headers=headers,
        )
        codes = call(self.box.port, invite, patience_s=8)
        return int(codes.split(">")[-1] or 0)

    def record(self) -> str:
        """Outcome and destination of the finished call, as the panel has them."""
        code = (
            f"{MODELS}r = CallRecord.objects.filter(pk='{self.sid}').first();"
            "print(r and r.status, r and r.outcome, *[leg.leg_sid for leg in r.legs.all()] if r else '')"
        )
        shown: list[str] = []

        def is_finished() -> bool:
            shown[:] = [self.panel.shell(code)]
            return shown[0].startswith("completed")

        wait_until(is_finished)
        return shown[0]

    def cdr(self, leg: str) -> tuple[str, str]:
        """Account code and disposition of the CDR that names this leg."""
        rows: list[list[str]] = []

        def is_written() -> bool:
            rows[:] = [row for row in csv.reader(self.box.cdr()) if row[USER_FIELD] == leg]
            return bool(rows)

        assert wait_until(is_written), self.box.cdr()
        return rows[0][ACCOUNT_CODE], rows[0][DISPOSITION]


def twilio(panel: Panel, box: Asterisk) -> Twilio:
    return Twilio(panel, box, f"CA{uuid.uuid4().hex}", [])


def play(panel: Panel, box: Asterisk, behaviour: str = "") -> Twilio:
    played = twilio(panel, box)
    with ExitStack() as stack:
        if behaviour:
            stack.enter_context(gateway(GATEWAY, box.gateway_port, behaviour))
        played.play()
    return played


def test_an_answered_call_is_one_record_here_and_one_in_asterisk(panel: Panel, box: Asterisk):
    played = play(panel, box, "answers")
    assert played.told == ["sip 200"]
    assert played.record().startswith("completed answered")
    assert played.last_leg in played.record()
    assert played.cdr(played.last_leg) == ("myext", "ANSWERED")


@pytest.mark.parametrize("refusal", ["503", "403"])
def test_a_failing_gateway_moves_the_call_on_to_the_fallback_number(
    panel: Panel, box: Asterisk, refusal: str
):
    played = play(panel, box, refusal)
    assert played.told == ["sip 503", "+59899999999 200"]
    assert played.record().startswith("completed failed-over")


@pytest.mark.parametrize(("decision", "told"), [("486", "486"), ("603", "603"), ("607", "603")])
def test_nobody_is_rung_over_a_person_who_is_busy_or_declines(
    panel: Panel, box: Asterisk, decision: str, told: str
):
    assert play(panel, box, decision).told == [f"sip {told}"]


def test_with_asterisk_stopped_the_call_ends_at_the_fallback_number(panel: Panel):
    # An Asterisk of its own: the other tests need theirs, in whatever order they run.
    with booted(22, EMPTY) as stopped:
        stopped.stop()
        played = play(panel, stopped)
    assert played.told == ["sip 0", "+59899999999 200"]
    assert played.record().startswith("completed failed-over")
