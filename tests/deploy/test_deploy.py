"""The files in deploy/: judged by systemd and nginx themselves, and used with a running panel."""

import contextlib
import http.client
import http.server
import re
import shutil
import ssl
import subprocess
import sys
import threading
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import load_command_class

from tests import nginx, programs, twilio
from tests.environment import ACCOUNT_SID
from tests.live.conftest import (
    ROOT,
    Panel,
    running_panel,
    serving,
    wait_until,
)
from tests.twiml.judge import judged

pytestmark = pytest.mark.live

ONE_NODE, SECOND_NODE = "127.0.0.1:8000", "# server 10.0.0.2:8000 "


@contextlib.contextmanager
def running_nginx(folder: Path, name: str, places: dict[str, str]) -> Iterator[int]:
    needs("nginx")
    needs("openssl")
    with nginx.serving(folder, name, places) as port:
        yield port


def needs(command: str) -> None:
    if shutil.which(command) is None:
        assert not programs.in_ci(), f"{command} is missing"
        pytest.skip(f"{command} is missing: the files in deploy/ are not checked by it")


@pytest.fixture(params=["switchhook", "switchhook-probe", "switchhook-tick"])
def unit(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A unit as it would be on this machine, where the panel lies elsewhere."""
    for name in (f"{request.param}.service", "switchhook-tick.timer"):
        text = (ROOT / "deploy" / name).read_text()
        here = text.replace("/srv/switchhook/.venv/bin/python", sys.executable)
        (tmp_path / name).write_text(here.replace("User=switchhook\nGroup=switchhook\n", ""))
    return tmp_path / f"{request.param}.service"


def test_systemd_takes_the_units(unit: Path) -> None:
    needs("systemd-analyze")
    units = [unit, *([unit.with_suffix(".timer")] if unit.stem.endswith("tick") else [])]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units],
        capture_output=True,
        text=True,
        timeout=60,
    )
    own = [line for line in done.stderr.splitlines() if unit.stem in line]
    assert (done.returncode, own) == (0, [])


def test_a_service_is_shut_off_from_the_machine(unit: Path) -> None:
    needs("systemd-analyze")
    # From 0, shut off from all, to 100; a unit without a word about it has 96.
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=25", "--no-pager", unit],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout[-300:] + done.stderr


@pytest.mark.parametrize("name", ["switchhook", "switchhook-probe"])
def test_a_unit_that_runs_on_never_gives_up(name: str) -> None:
    lines = (ROOT / f"deploy/{name}.service").read_text().splitlines()
    for line in ("Restart=always", "StartLimitIntervalSec=0", "UMask=0077"):
        assert line in lines


def test_a_unit_starts_a_command_that_there_is(unit: Path) -> None:
    (started,) = re.findall(r"^ExecStart=\S+ manage.py (.*)$", unit.read_text(), re.MULTILINE)
    name, *words = started.split()
    load_command_class("telephony", name).create_parser("manage.py", name).parse_args(words)


@pytest.fixture
def panel(tmp_path: Path) -> Iterator[Panel]:
    with running_panel(tmp_path, f"sqlite:///{tmp_path}/panel.sqlite3") as panel:
        yield panel


@pytest.fixture
def site(panel: Panel, tmp_path: Path) -> Iterator[int]:
    with running_nginx(tmp_path, "nginx-site.conf", {ONE_NODE: f"127.0.0.1:{panel.port}"}) as port:
        yield port


def post(port: int, request: twilio.Request) -> tuple[int, str]:
    unverified = ssl._create_unverified_context()
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=15, context=unverified)
    headers = {"Host": "panel.example.com", "Content-Type": twilio.FORM}
    with contextlib.closing(connection):
        connection.request(
            "POST", request.path, request.body, {**headers, "X-Twilio-Signature": request.signature}
        )
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_signed_webhooks_pass_the_site_unchanged(site: int) -> None:
    fields = {"AccountSid": ACCOUNT_SID, "CallSid": f"CA{uuid.uuid4().hex}", "To": "+12025550100"}
    fields |= {"From": "+59891234567", "CallStatus": "ringing"}
    status, text = post(site, twilio.sign("/twilio/voice/", fields))
    assert (status, "<Sip" in text) == (200, True)
    # What is left of the plan is in the path of the action.
    action = text.split('action="https://panel.example.com')[1].split('"')[0]
    assert len(action) > len("/twilio/voice/1/")
    status, text = post(site, twilio.sign(action, {**fields, "DialCallStatus": "failed"}))
    assert (status, "<Number" in text) == (200, True)


class Unwilling(http.server.BaseHTTPRequestHandler):
    """What a node without routes says."""

    def do_POST(self) -> None:
        self.send_error(503)


@pytest.mark.parametrize("is_there", [False, True], ids=["is_gone", "has_no_routes"])
def test_a_second_node_answers_while_the_first(
    panel: Panel, tmp_path: Path, is_there: bool
) -> None:
    places = {SECOND_NODE: f"server 127.0.0.1:{panel.port} "}
    with http.server.HTTPServer(("127.0.0.1", 0), Unwilling) as first:
        places[ONE_NODE] = f"127.0.0.1:{first.server_port}"
        if is_there:
            threading.Thread(target=first.serve_forever, daemon=True).start()
        else:
            first.socket.close()
        with running_nginx(tmp_path, "nginx-site.conf", places) as port:
            for _ in range(4):
                fields = {"AccountSid": ACCOUNT_SID, "CallSid": f"CA{uuid.uuid4().hex}"}
                fields |= {"To": "+12025550100", "CallStatus": "ringing"}
                status, text = post(port, twilio.sign("/twilio/voice/", fields))
                assert (status, "<Sip" in text) == (200, True)
        if is_there:
            first.shutdown()


def test_a_form_of_the_admin_passes_the_site(site: int) -> None:
    unverified = ssl._create_unverified_context()
    connection = http.client.HTTPSConnection("127.0.0.1", site, timeout=15, context=unverified)
    with contextlib.closing(connection):
        connection.request("GET", "/admin/login/", headers={"Host": "panel.example.com"})
        answer = connection.getresponse()
        assert answer.status == 200
        assert "csrfmiddlewaretoken" in answer.read().decode()


def get(port: int, path: str, method: str = "GET") -> tuple[int, str]:
    unverified = ssl._create_unverified_context()
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=15, context=unverified)
    with contextlib.closing(connection):
        connection.request(method, path, headers={"Host": "fallback.example.com"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def walk(document: str, outcomes: dict[str, str]) -> list[str]:
    """Do what Twilio does with a document without callbacks: return what happened, in its words.

    `outcomes` says which addresses are answered. A dial without an action goes on to the next verb.
    """
    story = []
    for verb in ET.fromstring(document):
        story.append(verb.tag)
        if verb.tag == "Dial":
            assert verb.get("sequential") == "true"
            for noun in verb:
                story.append(f"{noun.text} {outcomes.get(noun.text, 'no-answer')}")
                if outcomes.get(noun.text) == "answered":
                    break
    return story


def test_a_call_is_answered_while_the_panel_is_down_and_its_record_says_so(tmp_path: Path) -> None:
    """The panel is stopped, nginx gives Twilio the static document, and the mobile answers."""
    folder = tmp_path / "documents/calls"
    folder.mkdir(parents=True)
    database = f"sqlite:///{tmp_path}/panel.sqlite3"
    with running_panel(tmp_path, database) as panel:
        exported = panel.manage("export_twiml", "--output", str(folder))
        assert exported.returncode == 0, exported.stderr
        (name,) = [path.name for path in folder.iterdir()]
    fields = {"CallSid": f"CA{uuid.uuid4().hex}", "To": "+12025550100", "From": "+59891234567"}
    places = {"/srv/switchhook-twiml": str(tmp_path / "documents")}
    with running_nginx(tmp_path, "nginx-fallback.conf", places) as port:
        status, document = get(port, f"/calls/{name}?CallStatus=ringing&ErrorCode=11205")
        assert status == 200
        judged(document)
        assert walk(document, {"+59899999999": "answered"}) == [
            "Dial",
            "sip:myext@pbx.example.com:5060;transport=udp;edge=sao-paulo no-answer",
            "+59899999999 answered",
            "Hangup",
        ]
        # Twilio asks again if something in an answered call fails: nobody else must ring then.
        _, document = get(port, f"/calls/{name}?CallStatus=in-progress&ErrorCode=11205")
        assert walk(document, {}) == ["Hangup"]
        # Names cannot be listed or guessed, and nothing else is given out.
        for path in ("/calls/", "/", f"/calls/{'0' * 32}.xml", f"/calls/../calls/{name}x"):
            assert get(port, path)[0] in (403, 404)
        assert get(port, f"/calls/{name}", "POST")[0] == 403
    with serving(tmp_path, panel.environment) as panel:
        # The panel is back before the call ends.
        panel.signed("/twilio/status/", **fields, CallStatus="completed", CallDuration="61")
        code = f"from telephony.models import *; print(CallRecord.objects.get(pk='{fields['CallSid']}').outcome)"
        assert wait_until(lambda: panel.shell(code) == "unknown")
