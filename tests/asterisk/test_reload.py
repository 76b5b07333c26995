"""`export_asterisk --reload` on a running Asterisk: taken, or put back with the reason."""

import io
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from django.core.management import CommandError, call_command

from telephony.asterisk.box import reload
from telephony.asterisk.box.console import Unreachable
from telephony.asterisk.box.readback import differences
from telephony.asterisk.export import render_all
from telephony.models import AsteriskServer, CarrierNetwork, SipEndpoint
from telephony.snapshots.asterisk import load_asterisk
from tests import make
from tests.asterisk.conftest import FORMS as CONFIGURED
from tests.asterisk.conftest import RANGES, booted, office, running
from tests.asterisk.lab import BOOT_S, GATEWAY, Asterisk
from tests.asterisk.sipp import Invite, call, gateway, ringing
from tests.environment import ACCOUNT_SID
from tests.live.conftest import wait_until

pytestmark = [pytest.mark.asterisk, pytest.mark.django_db]

T = TypeVar("T")
FORMS = ("pjsip digest", "chan_sip digest")
OURS = {"X-Twilio-AccountSid": ACCOUNT_SID, "X-Twilio-CallSid": "CA0123456789"}
NEW = "a-new;password--1"
FAILED = {"pjsip": "401>401", "chan_sip": "401>403"}
MAIN = {"pjsip": "pjsip.conf", "chan_sip": "sip.conf"}


@pytest.fixture(scope="module", params=FORMS)
def shared_box(request: pytest.FixtureRequest) -> Iterator[Asterisk]:
    with running(request.param) as box:
        yield box


@pytest.fixture
def box(shared_box: Asterisk, server: AsteriskServer) -> Iterator[Asterisk]:
    """An Asterisk that has the database's configuration, and the sysadmin's own as it was."""
    mains = {path: path.read_text() for path in shared_box.etc.glob("*.conf")}
    for path in our_files(shared_box):
        path.unlink()
    for name, text in render_all(load_asterisk(server)).items():
        (shared_box.etc / name).write_text(text)
    export(shared_box)
    yield shared_box
    for path, text in mains.items():
        path.write_text(text)


@pytest.fixture
def server(shared_box: Asterisk) -> AsteriskServer:
    CarrierNetwork.objects.all().delete()
    for cidr in RANGES:
        CarrierNetwork.objects.create(
            cidr=cidr, kind="sip-signalling", source="test", published_on="2026-03-09"
        )
    server = make.make_server(driver=driver(shared_box), account_check="enforce")
    make.make_endpoint(server=server)
    make.make_endpoint(server=server, user="ana", dialled_number="098")
    return server


def driver(box: Asterisk) -> str:
    return "pjsip" if box.version == 22 else "chan_sip"


def our_files(box: Asterisk) -> list[Path]:
    return sorted(box.etc.glob("*_switchhook.conf"))


def export(box: Asterisk, *words: str) -> str:
    said = io.StringIO()
    where = ("--output", str(box.etc), "--socket", str(box.socket))
    call_command("export_asterisk", *where, *(words or ("--reload",)), stdout=said, stderr=said)
    return said.getvalue()


def refused(box: Asterisk, *words: str) -> str:
    with pytest.raises(CommandError) as error:
        export(box, *words)
    return str(error.value)


def dial(box: Asterisk, password: str = make.PASSWORD, user: str = "myext") -> str:
    with gateway(GATEWAY, box.gateway_port):
        invite = Invite(user, username=f"switchhook-{user}", password=password, headers=OURS)
        return call(box.port, invite)


def test_a_new_password_is_taken(box: Asterisk):
    SipEndpoint.objects.filter(user="myext").update(password=NEW)
    assert re.search(r"has taken all of it \(2 endpoints\); changed: .*sip_switchhook", export(box))
    assert (dial(box, NEW), dial(box)) == ("401>200", FAILED[driver(box)])


def test_calls_go_through_before_and_after_asterisk_learns_a_new_password(box: Asterisk):
    export(box)
    endpoint = SipEndpoint.objects.get(user="myext")
    endpoint.password = NEW
    endpoint.keep_until_applied(endpoint.username, make.PASSWORD)
    endpoint.save()

    def told() -> str:
        return SipEndpoint.objects.get(user="myext").as_destination().password

    assert (told(), dial(box, told())) == (make.PASSWORD, "401>200")
    export(box)
    assert (told(), dial(box, told())) == (NEW, "401>200")
    assert dial(box) == FAILED[driver(box)]


def test_a_new_endpoint_can_be_called_and_a_deleted_one_cannot(box: Asterisk):
    make.make_endpoint(user="eva", server=AsteriskServer.objects.get())
    SipEndpoint.objects.filter(user="ana").delete()
    export(box)
    assert (dial(box, user="eva"), dial(box, user="ana")) == ("401>200", FAILED[driver(box)])


def test_what_is_equal_is_not_touched(box: Asterisk):
    before = [path.stat() for path in our_files(box)]
    assert "changed: no file" in export(box)
    after = [path.stat() for path in our_files(box)]
    assert [(s.st_ino, s.st_mtime_ns) for s in after] == [(s.st_ino, s.st_mtime_ns) for s in before]


def test_a_call_in_progress_survives(box: Asterisk):
    invite = Invite(username="switchhook-myext", password=make.PASSWORD, headers=OURS, talk_ms=2000)
    with (
        gateway(GATEWAY, box.gateway_port) as called,
        ringing(box.port, invite) as caller,
    ):
        assert wait_until(lambda: caller.codes() == "401>200")
        SipEndpoint.objects.filter(user="myext").update(user="renamed", username="renamed")
        export(box)
        assert "1 active call" in box.console("core show channels")
        assert caller.process.poll() is None
        caller.wait()
        called.wait()
        assert (caller.process.returncode, called.process.returncode) == (0, 0)


def test_a_file_broken_by_hand_is_seen_shown_and_repaired(box: Asterisk):
    path = next(path for path in our_files(box) if "sip" in path.name)
    good = path.read_text()
    path.write_text(good.replace("127.0.2.0/30", "0.0.0.0/0", 1).replace(make.PASSWORD, "x", 1))
    assert path.name in refused(box, "--check")
    shown = export(box, "--diff")
    assert "-permit = 0.0.0.0/0\n" in shown
    assert "+permit = 127.0.2.0/30\n" in shown
    assert make.PASSWORD not in shown
    export(box)
    assert path.read_text() == good
    assert dial(box) == "401>200"


def spoil_with_a_missing_template(box: Asterisk) -> None:
    main = box.etc / MAIN[driver(box)]
    main.write_text(main.read_text() + "\n[broken](no-such-template)\n")


def spoil_the_dialplan(box: Asterisk) -> None:
    main = box.etc / "extensions.conf"
    main.write_text(main.read_text() + "\n[broken\n")


def spoil_with_a_context_of_the_same_name(box: Asterisk) -> None:
    main = box.etc / "extensions.conf"
    rival = "[fromtwilio-call]\nexten => s,1,Dial(PJSIP/0900666@atapstn)\n"
    main.write_text(main.read_text().replace("[public]", f"{rival}[public]"))


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (spoil_with_a_missing_template, "is not as exported"),
        (spoil_the_dialplan, "is missing"),
        (spoil_with_a_context_of_the_same_name, "context fromtwilio-call: s is not as exported"),
    ],
)
def test_what_asterisk_does_not_take_is_put_back(
    box: Asterisk, spoil: Callable[[Asterisk], None], reason: str
):
    before = {path: path.read_text() for path in our_files(box)}
    spoil(box)
    SipEndpoint.objects.filter(user="myext").update(password=NEW)
    make.make_endpoint(user="eva", server=AsteriskServer.objects.get())
    said = refused(box)
    assert all(f"{path} is as it was before." in said for path in before)
    assert reason in said
    assert NEW not in said
    if spoil is spoil_with_a_missing_template:
        # Asterisk's own words for it.
        assert "no-such-template" in said
    assert {path: path.read_text() for path in our_files(box)} == before
    assert dial(box) == "401>200"


@pytest.mark.parametrize(
    ("spoil", "kept"),
    [
        (spoil_with_a_missing_template, " switchhook-ana is still there"),
        (spoil_the_dialplan, "context fromtwilio-switchhook-ana is still there"),
    ],
)
def test_what_was_deleted_and_asterisk_keeps_is_noticed(
    box: Asterisk, spoil: Callable[[Asterisk], None], kept: str
):
    spoil(box)
    SipEndpoint.objects.filter(user="ana").delete()
    assert kept in refused(box)


def test_nothing_is_reloaded_where_a_line_is_missing(box: Asterisk):
    main = box.etc / "extensions.conf"
    main.write_text(main.read_text().replace("#include", "; #include"))
    said = refused(box)
    assert "Asterisk was not reloaded" in said
    assert "extensions.conf lacks a line: #include extensions_switchhook.conf" in said


def test_what_the_box_lacks_is_said(box: Asterisk):
    SipEndpoint.objects.update(trunk="no-such-trunk")
    assert "has no trunk no-such-trunk" in export(box)


def test_without_a_running_asterisk_nothing_is_touched(box: Asterisk, tmp_path: Path):
    SipEndpoint.objects.update(password=NEW)
    before = [path.read_text() for path in our_files(box)]
    assert "No Asterisk answers at" in refused(box, "--reload", "--socket", str(tmp_path / "no"))
    assert [path.read_text() for path in our_files(box)] == before


@pytest.mark.parametrize("form", FORMS)
def test_an_asterisk_that_dies_in_the_middle_comes_up_with_the_former_files(form: str):
    version, driver, endpoints = CONFIGURED[form]
    before, after = office(form), office(form, endpoints=endpoints[:1])
    with booted(version, render_all(before), driver=driver) as box:
        texts = {path.name: path.read_text() for path in our_files(box)}

        def die(what: str, items: Iterable[T]) -> Iterable[T]:
            assert [path.read_text() for path in our_files(box)] != list(texts.values())
            box.process.kill()
            box.process.wait()
            return items

        with pytest.raises(Unreachable) as error:
            reload.apply(box.console, after, box.etc, render_all(after), die)
        said = "\n".join(error.value.__notes__)
        assert all(f"{box.etc / name} is as it was before." in said for name in texts)
        assert "Asterisk was not told to read them again" in said
        assert {path.name: path.read_text() for path in our_files(box)} == texts
        assert not list(box.etc.glob(".switchhook*"))
        box.start()
        assert wait_until(box.is_up, BOOT_S)
        assert list(differences(before, box.console, {})) == []


def test_the_other_driver_is_missed_before_anything_is_touched(box: Asterisk):
    other = {"pjsip": "chan_sip", "chan_sip": "pjsip"}[driver(box)]
    AsteriskServer.objects.update(driver=other)
    main = box.etc / MAIN[other]
    main.write_text(f"#include {main.stem}_switchhook.conf\n")
    assert "choose the server's other driver" in refused(box)
    assert not (box.etc / f"{main.stem}_switchhook.conf").exists()
    main.unlink()
