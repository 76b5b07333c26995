"""The exported text: byte for byte as it was read and approved, whatever order the rows came in."""

import os
import random
from dataclasses import replace
from pathlib import Path

import pytest

from telephony.asterisk.export import render_all
from telephony.asterisk.format import MASK, mask
from telephony.asterisk.snapshot import Endpoint, Server

GOLDEN = Path(__file__).parent / "golden"
RANGES = ("54.172.60.0/30", "177.71.206.192/30")
ACCOUNTS = ("AC0123456789abcdef0123456789abcdef",)
DIGEST = (
    Endpoint("myext", "099999999", "atapstn", "switchhook-myext", "A-password;of-32", dial_s=19),
    Endpoint("ana", "*72", "atapstn2", "switchhook-ana", ">Another--password", dial_s=44),
)
ADDRESS = tuple(replace(endpoint, username="", password="") for endpoint in DIGEST)
OFFICE = Server("office", DIGEST, RANGES, accounts=ACCOUNTS)

SERVERS = {
    "pjsip-digest": OFFICE,
    "pjsip-address": replace(OFFICE, endpoints=ADDRESS, account_check="off"),
    "pjsip-tls": replace(OFFICE, transport="tls", port=5061, secure=True, account_check="enforce"),
    "chan_sip-digest": replace(OFFICE, driver="chan_sip"),
    "chan_sip-address": replace(OFFICE, driver="chan_sip", endpoints=ADDRESS),
    "nobody": replace(OFFICE, endpoints=()),
}


@pytest.mark.parametrize("name", SERVERS)
def test_the_files_are_the_approved_ones(name: str):
    for file, text in render_all(SERVERS[name]).items():
        path = GOLDEN / name / file
        if os.environ.get("UPDATE_GOLDEN") == "1":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        assert text == path.read_text(), f"see the change with UPDATE_GOLDEN=1: {path}"


def test_the_order_of_the_rows_does_not_matter():
    many = tuple(replace(DIGEST[0], user=f"e{n}", username=f"switchhook-{n}") for n in range(50))
    shuffled = list(many)
    random.Random(7).shuffle(shuffled)
    one, other = (render_all(replace(OFFICE, endpoints=tuple(rows))) for rows in (many, shuffled))
    assert one == other


@pytest.mark.parametrize("driver", ["pjsip", "chan_sip"])
def test_a_masked_text_has_no_password(driver: str):
    for text in render_all(replace(OFFICE, driver=driver)).values():
        assert not any(endpoint.password.replace(";", "\\;") in mask(text) for endpoint in DIGEST)


@pytest.mark.parametrize(
    "line",
    ["password = x", "secret=x", "+password => x", "-  Secret = x", "md5_cred=x", "  password=x;y"],
)
def test_a_password_is_masked_however_it_was_written(line: str):
    assert mask(line).endswith(MASK)
    assert "x" not in mask(line).partition("=")[2]


def test_other_lines_are_left_as_they_are():
    assert mask("auth = a\nusername = b\n") == "auth = a\nusername = b\n"


def test_many_trunks_make_no_line_that_asterisk_would_skip():
    many = tuple(
        replace(DIGEST[0], user=f"e{n}", username=f"switchhook-{n}", trunk=f"trunk-{n}")
        for n in range(2000)
    )
    text = render_all(replace(OFFICE, endpoints=many))["extensions_switchhook.conf"]
    assert max(map(len, text.splitlines())) < 200
    assert "trunk-1999" in text.partition("[")[0]
