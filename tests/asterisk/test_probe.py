"""Probes of real Asterisks: started, stopped, frozen, and behind a firewall."""

import re
import signal
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from telephony.asterisk.export import render_all
from telephony.asterisk.firewall import render
from telephony.health.probe import Result, Target, probe
from tests.asterisk import networks
from tests.asterisk.conftest import booted, office, root_of
from tests.asterisk.lab import PBX, Asterisk
from tests.health.elsewhere import ask_elsewhere
from tests.health.servers import certificate
from tests.live.conftest import ROOT, free_port, wait_until

pytestmark = pytest.mark.asterisk

PAGE = (ROOT / "docs/probes.md").read_text()
INCLUDE = "#include pjsip_switchhook.conf"
DEADLINE_S = 3.0
TRANSPORTS = """
[tcp]
type=transport
protocol=tcp
bind={address}:{tcp}
[tls]
type=transport
protocol=tls
bind={address}:{tls}
cert_file={chain}
priv_key_file={chain}
method=tlsv1_2
"""


@dataclass
class Box:
    asterisk: Asterisk
    ports: dict[str, int]

    def ask(self, transport: str = "udp") -> Result:
        began = time.monotonic()
        result = probe(Target(PBX, self.ports[transport], transport), DEADLINE_S)
        assert time.monotonic() - began < DEADLINE_S + 1
        return result


@contextmanager
def with_transports(folder: Path, address: str, **options: object) -> Iterator[Box]:
    """Asterisk 22 with the export and, of the sysadmin's own, transports for TCP and TLS."""
    chain = certificate(folder, "pbx.example.com")
    inside = Path(f"/tmp/{uuid.uuid4().hex}.pem")
    ports = {"tcp": free_port(), "tls": free_port()}
    files = dict(render_all(office()))
    files["pjsip_switchhook.conf"] += TRANSPORTS.format(address=address, chain=inside, **ports)
    kept = root_of(22) / inside.relative_to("/")
    kept.write_text(chain.read_text())
    try:
        with booted(22, files, address=address, **options) as asterisk:
            yield Box(asterisk, {"udp": asterisk.port, **ports})
    finally:
        kept.unlink()


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    with with_transports(tmp_path_factory.mktemp("box"), PBX) as box:
        yield box


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_a_running_asterisk_is_alive_and_asks_a_stranger_for_a_password(
    box: Box, transport: str
) -> None:
    result = box.ask(transport)
    assert (result.status, result.reason) == (401, "")
    assert ("self-signed certificate" in result.warning) == (transport == "tls")


def test_asterisk_16_is_alive_too() -> None:
    with booted(16, render_all(office())) as asterisk:
        assert Box(asterisk, {"udp": asterisk.port}).ask().status == 401


def test_a_stopped_asterisk_is_dead_and_alive_once_it_is_back(box: Box) -> None:
    box.asterisk.stop()
    try:
        assert box.ask("udp").reason == "no SIP answer: Connection refused"
        for transport in ("tcp", "tls"):
            assert box.ask(transport).reason == "no connection: Connection refused"
    finally:
        box.asterisk.start()
    # No wait: the packets that are sent again reach an Asterisk that has started meanwhile.
    assert wait_until(lambda: box.ask().is_alive)
    assert wait_until(box.asterisk.is_up)


def test_a_frozen_asterisk_is_dead_within_the_deadline_and_alive_once_it_is_thawed(
    box: Box,
) -> None:
    box.asterisk.process.send_signal(signal.SIGSTOP)
    try:
        told = {transport: box.ask(transport).reason for transport in ("udp", "tcp", "tls")}
    finally:
        box.asterisk.process.send_signal(signal.SIGCONT)
    # The kernel accepts connections for a frozen program.
    assert told == {
        "udp": "no SIP answer within 3 s",
        "tcp": "no SIP answer within 3 s",
        "tls": "no TLS within 3 s",
    }
    assert wait_until(lambda: all(box.ask(each).is_alive for each in ("udp", "tcp", "tls")))


def documented() -> str:
    """The panel's endpoint as the page has it, on the loopback network."""
    block = re.search(r"((?:^ {4}.*\n)+)", PAGE.split("above the line that includes our")[1], re.M)
    text = re.sub(r"^ {4}", "", block[1], flags=re.M)
    assert "192.0.2.20" in text
    return text.replace("192.0.2.20", PBX)


@pytest.mark.parametrize("version", [22, 16])
def test_a_panel_that_is_introduced_gets_200_and_leaves_no_notice(version: int) -> None:
    with booted(version, render_all(office())) as asterisk:
        pjsip = asterisk.etc / "pjsip.conf"
        ordered = pjsip.read_text()
        # Asterisk's own order of identifiers, in which every stranger is noted.
        stock = re.sub("^endpoint_identifier_order=.*\n", "", ordered, flags=re.M)
        introduced = stock.replace(INCLUDE, f"{documented()}{INCLUDE}")
        found = []
        for text in (stock, introduced, ordered):
            pjsip.write_text(text)
            asterisk.console("module reload res_pjsip.so")
            found.append(noted(Box(asterisk, {"udp": asterisk.port})))
    assert found == [(401, 1), (200, 0), (401, 0)]


def test_chan_sip_leaves_no_notice_of_a_stranger() -> None:
    with booted(16, render_all(office("chan_sip digest")), driver="chan_sip") as asterisk:
        assert noted(Box(asterisk, {"udp": asterisk.port})) == (404, 0)


def noted(box: Box) -> tuple[int | None, int]:
    """Probe once: the answer, and how many notices of it are in Asterisk's log."""
    begin, end = uuid.uuid4().hex, uuid.uuid4().hex
    mark(box, begin)
    status = box.ask().status
    mark(box, end)
    between = box.asterisk.log().split(begin)[1].split(end)[0]
    return status, between.count("NOTICE")


def mark(box: Box, word: str) -> None:
    """Have a word logged, and wait for it: Asterisk writes its log in a thread, but in order."""
    box.asterisk.console(f"dialplan set global MARK {word}")
    assert wait_until(lambda: word in box.asterisk.log())


class Wall:
    """Asterisk on one machine, and probes from another."""

    def __init__(self, cable: networks.Cable, box: Box) -> None:
        self.cable, self.box = cable, box

    def ask(self, transport: str = "udp") -> str:
        where = {"host": networks.OFFICE, "port": self.box.ports[transport]}
        told = ask_elsewhere(self.cable.panel, {}, transport=transport, timeout_s=2, **where)
        status, reason = re.search(r"status=(\w+),.* reason='([^']*)'", told).groups()
        return reason or status

    def rule(self, verdict: str) -> str:
        ports = ", ".join(str(port) for port in self.box.ports.values())
        return (
            "table inet trial {\n chain input {\n type filter hook input priority filter;\n"
            f"meta l4proto {{ tcp, udp }} th dport {{ {ports} }} {verdict}\n }}\n}}\n"
        )


@pytest.fixture(scope="module")
def wall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wall]:
    with (
        networks.cable() as cable,
        with_transports(tmp_path_factory.mktemp("wall"), "0.0.0.0", within=cable.office) as box,
    ):
        yield Wall(cable, box)


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_a_firewall_makes_a_server_dead(wall: Wall, transport: str) -> None:
    assert wall.ask(transport) == "401"
    silent = "no SIP answer" if transport == "udp" else "no connection"
    with wall.cable.firewall(wall.rule("drop")):
        assert wall.ask(transport) == f"{silent} within 2 s"
    with wall.cable.firewall(wall.rule("reject")):
        assert wall.ask(transport) == f"{silent}: Connection refused"
    assert wall.ask(transport) == "401"


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_the_exported_firewall_lets_a_probe_in_once_the_panel_is_in_its_set_own(
    wall: Wall, transport: str
) -> None:
    silent = "no SIP answer" if transport == "udp" else "no connection"
    port = wall.box.ports[transport]
    server = office(transport=transport, port=port, media=("168.86.128.0/18",))
    with wall.cable.firewall(render(server)):
        assert wall.ask(transport) == f"{silent} within 2 s"
        wall.cable.nft(f"add element inet switchhook own {{ {networks.PANEL} }}\n")
        assert wall.ask(transport) == "401"
