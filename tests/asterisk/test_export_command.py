"""`export_asterisk` without an Asterisk: what it prints, writes, compares and refuses."""

import io
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from telephony.models import AsteriskServer, CarrierNetwork, SipEndpoint
from telephony.snapshots.asterisk import load_asterisk
from tests import make

pytestmark = pytest.mark.django_db

NAMES = ["extensions_switchhook.conf", "pjsip_switchhook.conf"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def export(*words: str, to: io.StringIO | None = None) -> str:
    said = to or io.StringIO()
    call_command("export_asterisk", *words, stdout=said, no_color=True)
    return said.getvalue()


def refused(*words: str) -> str:
    with pytest.raises(CommandError) as error:
        export(*words)
    return str(error.value)


def test_printed_to_a_file_passwords_are_whole_and_on_a_terminal_masked():
    make.make_story()
    assert f"password = {make.PASSWORD}" in export()
    shown = export(to=Terminal())
    assert make.PASSWORD not in shown
    assert "password = ********" in shown


def test_files_are_written_and_the_missing_lines_named(tmp_path: Path):
    make.make_story()
    (tmp_path / "pjsip.conf").write_text("#include pjsip_switchhook.conf\n")
    said = export("--output", str(tmp_path))
    assert sorted(path.name for path in tmp_path.glob("*_*")) == NAMES
    assert "extensions.conf lacks a line: #include extensions_switchhook.conf" in said
    assert "pjsip.conf lacks" not in said
    assert (tmp_path / "pjsip.conf").read_text() == "#include pjsip_switchhook.conf\n"


@pytest.mark.parametrize("how", ["--check", "--diff"])
def test_comparing_writes_nothing(tmp_path: Path, how: str):
    make.make_story()
    if how == "--check":
        assert "pjsip_switchhook.conf. See --diff." in refused("--output", str(tmp_path), how)
    else:
        assert "+[office-twilio](!)" in export("--output", str(tmp_path), how)
    assert not list(tmp_path.iterdir())


def test_what_was_exported_is_as_the_panel_has_it(tmp_path: Path):
    make.make_story()
    export("--output", str(tmp_path))
    assert "are as the panel has them" in export("--output", str(tmp_path), "--check")


def test_a_value_that_was_never_checked_is_refused_and_nothing_is_written(tmp_path: Path):
    make.make_story()
    export("--output", str(tmp_path))
    before = {path: path.read_text() for path in tmp_path.iterdir()}
    # Bypassing every form, as SQL does.
    SipEndpoint.objects.update(dialled_number="1&PJSIP/0900666", trunk="x\n[evil]")
    said = refused("--output", str(tmp_path))
    assert "endpoint 'myext', dialled_number: Use 1 to 32 digits" in said
    assert "endpoint 'myext', trunk: Use 1 to 64 letters" in said
    assert {path: path.read_text() for path in tmp_path.iterdir()} == before


def test_without_a_name_one_server_is_enough():
    make.make_endpoint()
    make.make_server(name="home", host="home.example.com")
    assert refused() == "Say which server with --server NAME. There are: home, office"
    assert refused("--server", "shop") == "There is no server 'shop'. There are: home, office"
    assert "[office-twilio]" in export("--server", "office")
    assert "[office-twilio]" not in export("--server", "home")


@pytest.mark.parametrize("how", ["--check", "--diff", "--reload"])
def test_a_folder_is_needed_to_compare(how: str):
    make.make_story()
    assert refused(how) == "Say where the files are: --output /etc/asterisk"


def test_a_folder_that_is_not_there_is_named():
    make.make_story()
    assert refused("--output", "/no/such") == "--output: there is no folder '/no/such'"


def test_asterisk_gives_up_before_twilio_does():
    number = make.make_story()
    number.steps.update(ring_s=45)
    assert load_asterisk(AsteriskServer.objects.get()).endpoints[0].dial_s == 44


def test_the_accounts_are_those_of_our_numbers_and_the_default(settings):
    make.make_number(make.make_endpoint(), account_sid="AC" + "1" * 32)
    accounts = load_asterisk(AsteriskServer.objects.get()).accounts
    assert accounts == (settings.TWILIO_ACCOUNT_SID, "AC" + "1" * 32)


def test_the_number_of_queries_does_not_grow():
    counts = []
    for user in ("a", "b", "c"):
        make.make_endpoint(user=user)
        with CaptureQueriesContext(connection) as queries:
            load_asterisk(AsteriskServer.objects.get())
        counts.append(len(queries))
    assert len(set(counts)) == 1


def test_the_firewall_has_every_range_and_no_other():
    make.make_story()
    said = export("--firewall")
    for network in CarrierNetwork.objects.all():
        assert network.cidr in said
    assert "udp dport 5060 ip saddr @twilio_signalling accept" in said


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("nft"), reason="nft is not installed, or wants root"
)
def test_the_firewall_is_one_that_nft_takes():
    make.make_story()
    command = ["nft", "--check", "--file", "-"]
    done = subprocess.run(command, input=export("--firewall"), text=True, capture_output=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_without_media_ranges_there_is_no_firewall():
    make.make_story()
    CarrierNetwork.objects.filter(kind="rtp-media").delete()
    assert "of both kinds" in refused("--firewall")
