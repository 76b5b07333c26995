"""The files in deploy/: judged by systemd and nginx themselves, and used with a running panel."""

import contextlib
import http.client
import shutil
import ssl
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import programs, twilio
from tests.environment import ACCOUNT_SID
from tests.live.conftest import ROOT, Panel, free_port, is_open, running_panel, wait_until

pytestmark = pytest.mark.live

UNIT = (ROOT / "deploy/switchhook.service").read_text()
SITE = (ROOT / "deploy/nginx-site.conf").read_text()


def needs(command: str) -> None:
    if shutil.which(command) is None:
        assert not programs.in_ci(), f"{command} is missing"
        pytest.skip(f"{command} is missing: the files in deploy/ are not checked by it")


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit as it would be on this machine, where the panel lies elsewhere."""
    path = tmp_path / "switchhook.service"
    here = UNIT.replace("/srv/switchhook/.venv/bin/python", sys.executable)
    path.write_text(here.replace("User=switchhook\nGroup=switchhook\n", ""))
    return path


def test_systemd_takes_the_unit(unit: Path) -> None:
    needs("systemd-analyze")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, timeout=60
    )
    own = [line for line in done.stderr.splitlines() if unit.name in line]
    assert (done.returncode, own) == (0, [])


def test_the_service_is_shut_off_from_the_machine(unit: Path) -> None:
    needs("systemd-analyze")
    # From 0, shut off from all, to 10; a unit without a word about it has 9.6.
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=25", "--no-pager", unit],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout[-300:] + done.stderr


def test_the_unit_never_gives_up() -> None:
    for line in ("Restart=always", "StartLimitIntervalSec=0", "UMask=0077"):
        assert line in UNIT.splitlines()


@pytest.fixture
def panel(tmp_path: Path) -> Iterator[Panel]:
    with running_panel(tmp_path, f"sqlite:///{tmp_path}/panel.sqlite3") as panel:
        yield panel


@pytest.fixture
def site(panel: Panel, tmp_path: Path) -> Iterator[int]:
    """nginx with our site before the panel; its port."""
    needs("nginx")
    needs("openssl")
    key, certificate, port = tmp_path / "key.pem", tmp_path / "certificate.pem", free_port()
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=panel.example.com", "-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    folder = "/etc/letsencrypt/live/panel.example.com"
    text = SITE.replace(f"{folder}/fullchain.pem", str(certificate))
    text = text.replace(f"{folder}/privkey.pem", str(key))
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{panel.port}")
    text = text.replace("listen 443", f"listen 127.0.0.1:{port}")
    text = text.replace("listen 80;", f"listen 127.0.0.1:{free_port()};")
    configuration = tmp_path / "nginx.conf"
    places = "".join(
        f"{name}_temp_path {tmp_path}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if Path("/root").stat().st_uid == 0 and shutil.os.geteuid() == 0 else ""
    configuration.write_text(
        f"{user} daemon off; pid {tmp_path}/nginx.pid; error_log {tmp_path}/error.log;"
        f"events {{}} http {{ access_log off; {places} {text} }}"
    )
    command = ["nginx", "-c", str(configuration), "-e", str(tmp_path / "error.log")]
    tested = subprocess.run([*command, "-t"], capture_output=True, text=True)
    assert tested.returncode == 0, tested.stderr
    assert "warn" not in tested.stderr
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        assert wait_until(lambda: is_open(port)), (tmp_path / "error.log").read_text()
        yield port
    finally:
        server.terminate()
        server.wait(10)


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


def test_a_form_of_the_admin_passes_the_site(site: int) -> None:
    unverified = ssl._create_unverified_context()
    connection = http.client.HTTPSConnection("127.0.0.1", site, timeout=15, context=unverified)
    with contextlib.closing(connection):
        connection.request("GET", "/admin/login/", headers={"Host": "panel.example.com"})
        answer = connection.getresponse()
        assert answer.status == 200
        assert "csrfmiddlewaretoken" in answer.read().decode()
