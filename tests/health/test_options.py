"""The request is one that every SIP server takes; of all bytes that may come, only its answer is read."""

import re
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from telephony.health.options import Options

TOKEN = "0123456789abcdef"
ASKED = Options("pbx.example.com", 5060, "udp", "192.0.2.7", 40000, TOKEN)
ANSWER = (
    "SIP/2.0 401 Unauthorized\r\n"
    "Via: SIP/2.0/UDP 192.0.2.7:40000;rport=40000;received=192.0.2.7;branch=z9hG4bK0123456789abcdef\r\n"
    "Call-ID: 0123456789abcdef@192.0.2.7\r\n"
    "From: <sip:switchhook-probe@192.0.2.7>;tag=0123456789abcdef\r\nTo: <sip:pbx.example.com:5060>;tag=z9hG4bK0\r\n"
    'CSeq: 1 OPTIONS\r\nWWW-Authenticate: Digest realm="asterisk",nonce="1"\r\nContent-Length:  0\r\n\r\n'
)


def test_the_request_has_all_that_the_rfc_asks_for() -> None:
    head, _, body = ASKED.render().decode().partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    assert (first, body) == ("OPTIONS sip:pbx.example.com:5060 SIP/2.0", "")
    assert dict(line.split(": ", 1) for line in lines) == {
        "Via": f"SIP/2.0/UDP 192.0.2.7:40000;branch=z9hG4bK{TOKEN};rport",
        "Max-Forwards": "70",
        "From": f"<sip:switchhook-probe@192.0.2.7>;tag={TOKEN}",
        "To": "<sip:pbx.example.com:5060>",
        "Call-ID": f"{TOKEN}@192.0.2.7",
        "CSeq": "1 OPTIONS",
        "Contact": "<sip:switchhook-probe@192.0.2.7:40000;transport=udp>",
        "Accept": "application/sdp",
        "User-Agent": "Switchhook",
        "Content-Length": "0",
    }


def test_ipv6_stands_in_brackets() -> None:
    asked = replace(ASKED, host="2001:db8::1", own_host="fe80::2%eth0", transport="tls")
    text = asked.render().decode()
    assert "OPTIONS sip:[2001:db8::1]:5060 SIP/2.0" in text
    assert "Via: SIP/2.0/TLS [fe80::2]:40000;" in text
    assert not re.search(r"(?<![\[\w:])(2001|fe80):", text)
    assert asked.read_answer(ANSWER.replace("@192.0.2.7\r", "@[fe80::2]\r").encode()) == 401


@pytest.mark.parametrize(
    "status", ["200 OK", "401", "403 Forbidden", "404", "484", "503 ", "603 No"]
)
def test_every_final_answer_counts(status: str) -> None:
    text = ANSWER.replace("401 Unauthorized", status)
    assert ASKED.read_answer(text.encode()) == int(status[:3])


@pytest.mark.parametrize(
    ("found", "instead"),
    [
        ("401 Unauthorized", "100 Trying"),
        ("401 Unauthorized", "180 Ringing"),
        ("401 Unauthorized", "701 Nothing"),
        ("401 Unauthorized", "4010 Nothing"),
        ("401 Unauthorized", "401Unauthorized"),
        ("SIP/2.0 401", "HTTP/1.1 401"),
        ("SIP/2.0 401 Unauthorized", "OPTIONS sip:pbx.example.com SIP/2.0"),
        ("branch=z9hG4bK0123456789abcdef", "branch=z9hG4bK0123456789abcdee"),
        ("branch=z9hG4bK0123456789abcdef", "branch=0123456789abcdef"),
        ("Via: ", "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKother\r\nVia: "),
        ("Via: ", "Via: SIP/2.0/UDP 192.0.2.9, "),
        ("Via: ", "X-Via: "),
        ("Call-ID: 0", "Call-ID: 1"),
        ("Call-ID: ", "X-Call-ID: "),
        ("1 OPTIONS", "2 OPTIONS"),
        ("1 OPTIONS", "1 INVITE"),
        ("1 OPTIONS", "OPTIONS"),
        ("CSeq: ", "X-CSeq: "),
    ],
)
def test_whatever_is_not_a_final_answer_to_this_request_is_ignored(
    found: str, instead: str
) -> None:
    assert found in ANSWER
    assert ASKED.read_answer(ANSWER.replace(found, instead, 1).encode()) is None


@pytest.mark.parametrize(
    ("found", "instead"),
    [
        ("Via: ", "v:"),
        ("Call-ID: ", "i : "),
        ("CSeq: 1 OPTIONS", "cseq:\t01  OPTIONS"),
        (";rport=40000", "\r\n ;rport=40000"),
        (";branch=", " ; Branch = "),
        ("\r\n", "\n"),
    ],
)
def test_the_same_may_be_written_in_other_ways(found: str, instead: str) -> None:
    assert ASKED.read_answer(ANSWER.replace(found, instead).encode()) == 401


def test_the_head_alone_is_read() -> None:
    headers = ANSWER.partition("\r\n")[2]
    assert ASKED.read_answer(f"SIP/2.0 200 OK\r\n\r\n{headers}".encode()) is None


def test_a_connection_brings_several_messages_in_pieces() -> None:
    trying = ANSWER.replace("401 Unauthorized", "100 Trying")
    other = ANSWER.replace("Call-ID: 0", "Call-ID: 1").replace(":  0", ": 4") + "\r\n\r\n"
    stream = f"{trying}{other}\r\n{ANSWER}".encode()
    for end in range(len(stream)):
        assert ASKED.read_answers(stream[:end]) is None
    assert ASKED.read_answers(stream) == 401


def test_a_body_is_not_read_as_a_message() -> None:
    other = ANSWER.replace("Call-ID: 0", "Call-ID: 1")
    wrapped = other.replace("Content-Length:  0", f"l: {len(ANSWER)}") + ANSWER
    assert ASKED.read_answers(wrapped.encode()) is None


@pytest.mark.parametrize("length", ["-1", "9" * 5000, "0x10", "", "\N{ARABIC-INDIC DIGIT FOUR}"])
def test_a_length_that_is_none_counts_as_nothing(length: str) -> None:
    first = ANSWER.replace("401", "100").replace(":  0", f": {length}")
    assert ASKED.read_answers((first + ANSWER).encode()) == 401


PIECES = st.sampled_from(
    [
        *(line.encode() for line in re.split(r"(\r\n|;|=|: | )", ANSWER)),
        *(
            b"SIP/2.0 ",
            b"\xff",
            b"\x00",
            b"\r",
            b"\n",
            b"\t",
            b"CSeq:",
            b"9" * 5000,
            b"Via",
            b"l: -5",
        ),
    ]
)


@given(st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=60).map(b"".join)))
@example(b"SIP/2.0 200 OK")
@example(b"\r\n\r\n\r\n\r\n")
def test_hostile_bytes_are_no_answer_and_raise_nothing(data: bytes) -> None:
    for status in (ASKED.read_answer(data), ASKED.read_answers(data)):
        # Whoever does not know the token cannot answer.
        assert status is None or TOKEN.encode() in data


@given(st.integers(0, len(ANSWER) - 1), st.integers(0, 255))
def test_a_damaged_answer_is_read_the_same_or_not_at_all(place: int, byte: int) -> None:
    data = bytearray(ANSWER.encode())
    data[place] = byte
    allowed = {None, 401} | ({int(data[8:11])} if data[8:11].isdigit() else set())
    assert ASKED.read_answer(bytes(data)) in allowed
    ASKED.read_answers(bytes(data))
