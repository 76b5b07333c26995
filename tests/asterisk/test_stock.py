"""The files that Debian ships, with the lines that docs/asterisk.md adds to them, and nothing else."""

import re
from pathlib import Path

import pytest

from telephony.asterisk.export import render_all
from tests.asterisk import lab, roots
from tests.asterisk.conftest import booted, office
from tests.asterisk.test_who_is_let_in import CALLERS, EXPECTED, call_all

pytestmark = pytest.mark.asterisk

DOCS = Path(__file__).parents[2] / "docs" / "asterisk.md"


def documented() -> str:
    """What the page says to put into pjsip.conf, on the loopback network."""
    block = re.search(r"((?:^ {4}.*\n|^\n)+)", DOCS.read_text().split("Ours comes last:")[1], re.M)
    return re.sub(r"^ {4}", "", block[1], flags=re.M)


def test_a_stock_asterisk_with_the_documented_lines_does_what_the_table_says():
    pjsip = documented()
    for found, ours in (
        ("0.0.0.0:5060", "{pbx}:{port}"),
        ("192.0.2.10:5060", "{gateway}:{gateway_port}"),
    ):
        assert found in pjsip
        pjsip = pjsip.replace(found, ours)
    with booted(22, render_all(office())) as box:
        etc = roots.find_root(22) / "etc" / "asterisk"
        ports = {"pbx": lab.PBX, "port": box.port, "gateway": lab.GATEWAY}
        text = pjsip.format(**ports, gateway_port=box.gateway_port)
        (box.etc / "pjsip.conf").write_text((etc / "pjsip.conf").read_text() + text)
        stock = (etc / "extensions.conf").read_text()
        (box.etc / "extensions.conf").write_text(f"{stock}\n#include extensions_switchhook.conf\n")
        for command in ("dialplan reload", "module reload res_pjsip.so"):
            box.console(command)
        told = call_all(box, CALLERS)
    assert told == {caller: codes["pjsip digest"] for caller, codes in EXPECTED.items()}
