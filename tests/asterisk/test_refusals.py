"""What is not exported, and the reason that is given."""

from dataclasses import replace
from typing import Any

import pytest

from telephony.asterisk.export import Refused, render_all
from telephony.asterisk.format import escape, text_of
from tests.asterisk.test_rendering import ADDRESS, DIGEST, OFFICE

LINE = "x\n[evil]\ntype = endpoint"
LONG = (replace(DIGEST[0], username="u" * 64),)

ENDPOINT = [
    ({"user": "my-ext"}, "'my-ext', user: Use 1 to 64 letters"),
    ({"user": "_X."}, "user: Use 1 to 64"),
    ({"user": "h"}, "Asterisk keeps the extension 'h' for itself"),
    ({"user": LINE}, "user: Use 1 to 64"),
    ({"dialled_number": "${SHELL(id)}"}, "dialled_number: Use 1 to 32 digits"),
    ({"dialled_number": "1&PJSIP/0900666"}, "dialled_number: Use 1 to 32 digits"),
    ({"dialled_number": "1@other,60,g"}, "dialled_number: Use 1 to 32 digits"),
    ({"trunk": "atapstn,60,g"}, "trunk: Use 1 to 64 letters"),
    ({"trunk": "switchhook-myext"}, "The trunk has the same name"),
    ({"username": "general"}, "Asterisk keeps the name 'general' for itself"),
    ({"username": "a](!)"}, "username: Use 1 to 64"),
    ({"username": "x" * 64 + "\n"}, "username: Use 1 to 64"),
    ({"username": "office-auth"}, "There would be 2 sections named 'office-auth'"),
    ({"username": "office-twilio"}, "There would be 2 sections named 'office-twilio'"),
    ({"username": "call"}, "There would be 2 contexts named 'fromtwilio-call'"),
    ({"username": "switchhook-ana"}, "There would be 2 sections named 'switchhook-ana'"),
    ({"username": "atapstn2"}, "'atapstn2' is a username and a trunk"),
    ({"password": ""}, "password: Use 12 to 64"),
    ({"password": "short"}, "password: Use 12 to 64"),
    ({"password": "no-line\nbreaks-1"}, "password: Use 12 to 64"),
    ({"password": 'a-quote-"-in-it'}, "password: Asterisk cannot safely be given"),
    ({"user": "ana"}, "There would be 2 endpoints named 'ana'"),
    ({"dial_s": 0}, "ring time: Use 1 to 600 seconds"),
    ({"username": "", "password": ""}, "1 of 2 endpoints have a password"),
]
SERVER = [
    ({"name": "of fice"}, "server, name: Use 1 to 64 letters"),
    ({"name": LINE}, "server, name: Use 1 to 64 letters"),
    ({"context": "globals"}, "server, context: Asterisk keeps the name 'globals'"),
    ({"context": "c" * 64}, "Asterisk cuts names at 79 characters"),
    ({"context": "from-twilio-at-home", "endpoints": LONG}, "Asterisk cuts names at 79"),
    ({"signalling": ()}, "There is no signalling network"),
    ({"signalling": ("0.0.0.0/33",)}, "network '0.0.0.0/33': Write an IPv4 network"),
    ({"signalling": (f"1.2.3.4/32\n{LINE}",)}, "Write an IPv4 network"),
    ({"signalling": ("1.2.3.0/255.255.255.0",)}, "Write the network as 1.2.3.0/24"),
    ({"accounts": ('" = "',)}, "A Twilio account SID is AC and 32"),
    ({"accounts": (), "account_check": "enforce"}, "no account is known, so all calls"),
    ({"driver": "chan_sip", "transport": "tls"}, "TLS is supported only with the driver PJSIP"),
    (
        {"driver": "chan_sip", "endpoints": ADDRESS, "signalling": ("10.0.0.0/16",)},
        "a section for each of 65536 addresses",
    ),
]


def refusal(**fields: Any) -> str:
    with pytest.raises(Refused) as refused:
        render_all(replace(OFFICE, **fields))
    return str(refused.value)


@pytest.mark.parametrize(("fields", "reason"), ENDPOINT)
def test_an_endpoint_that_cannot_be_written_safely(fields: dict[str, Any], reason: str):
    first, *others = DIGEST
    assert reason in refusal(endpoints=(replace(first, **fields), *others))


@pytest.mark.parametrize(("fields", "reason"), SERVER)
def test_a_server_that_cannot_be_written_safely(fields: dict[str, Any], reason: str):
    assert reason in refusal(**fields)


def test_a_password_is_never_in_the_reason():
    first, *others = DIGEST
    found = refusal(endpoints=(replace(first, password='secret-"-quoted'), *others))
    assert "secret-" not in found


def test_no_more_reasons_than_a_person_reads():
    many = tuple(replace(DIGEST[0], user=f"my-ext{n}") for n in range(100))
    assert len(refusal(endpoints=many).splitlines()) == 21


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\0b", "a\tb", "é", " a", "a ", "\x7f"])
def test_the_file_format_refuses_what_no_file_can_hold(value: str):
    with pytest.raises(ValueError, match=r"hold|blank"):
        escape(value)


def test_a_semicolon_is_escaped():
    assert escape("a;--b;c") == "a\\;--b\\;c"


def test_a_line_that_asterisk_would_skip_is_refused():
    with pytest.raises(ValueError, match="more than 8190 bytes"):
        text_of(["x" * 8191])
