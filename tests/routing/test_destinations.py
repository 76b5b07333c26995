import pytest

from telephony.routing.destinations import find_problem, host_problem, unreachable_host
from tests import make


@pytest.mark.parametrize(
    ("fields", "uri"),
    [
        ({}, "sip:myext@pbx.example.com:5060;transport=udp"),
        ({"port": 5080, "transport": "tcp"}, "sip:myext@pbx.example.com:5080;transport=tcp"),
        (
            {"port": 5061, "transport": "tls", "secure": True},
            "sip:myext@pbx.example.com:5061;transport=tls;secure=true",
        ),
        (
            {"host": "192.0.2.7", "edge": "sao-paulo"},
            "sip:myext@192.0.2.7:5060;transport=udp;edge=sao-paulo",
        ),
    ],
)
def test_sip_uri_carries_port_transport_encryption_and_edge(fields, uri):
    assert make.sip(**fields).uri == uri


@pytest.mark.parametrize("user", ["myext", "100", "+59899999999", "ana.desk", "a_b", "x" * 64])
def test_a_plain_user_can_be_dialled(user):
    assert find_problem(make.sip(user)) is None


@pytest.mark.parametrize(
    "destination",
    [
        make.sip(""),
        make.sip("my ext"),
        make.sip("myext\n"),
        make.sip("my@ext"),
        make.sip("my;ext"),
        make.sip("my?X-A=1"),
        make.sip("ñandú"),
        make.sip("x" * 65),
        make.sip(host=""),
        make.sip(host="my_pbx.example.com"),
        make.sip(host="pbx.example.com:5060"),
        make.sip(host="pbx.example.com\n"),
        make.sip(host="-pbx.example.com"),
        make.sip(host="192.0.2.300"),
        make.sip(host="::1"),
        make.sip(host=f"{'a' * 63}.{'b' * 63}.{'c' * 63}.{'d' * 40}.uy"),
        make.sip(port=0),
        make.sip(port=65536),
        make.sip(transport="sctp"),
        make.sip(transport="udp\x00"),
        make.sip(edge="sao paulo"),
        make.sip(edge="x;y"),
        make.sip(username="ana"),
        make.sip(password="secret"),
        make.sip(username="ana", password="two words"),
        make.sip(username="ana", password="pass\x00word"),
        make.sip(username="añá", password="password"),
        make.mobile("099999999"),
        make.mobile("+598 99"),
        make.mobile("+59899999999\n"),
        make.mobile("+0598999999"),
    ],
)
def test_what_twiml_cannot_carry_has_a_problem(destination):
    assert find_problem(destination)


def test_a_problem_never_tells_the_password():
    assert "sécret" not in (find_problem(make.sip(username="ana", password="sécret")) or "")
    assert "secret-word" not in repr(make.sip(username="ana", password="secret-word"))


@pytest.mark.parametrize("host", ["pbx.example.com", "PBX.example.com", "8.8.8.8", "xn--nda.uy"])
def test_a_public_host_is_taken(host):
    assert host_problem(host) is None
    assert unreachable_host(host) is None


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("pbx", "Twilio resolves names in the public DNS only; use the full public name."),
        ("pbx.local", "Twilio resolves names in the public DNS only; use the full public name."),
        ("PBX.LAN", "Twilio resolves names in the public DNS only; use the full public name."),
        ("10.0.0.5", "Twilio dials public addresses only; use the public address of your Asterisk."),
        ("127.0.0.1", "Twilio dials public addresses only; use the public address of your Asterisk."),
        ("192.168.1.9", "Twilio dials public addresses only; use the public address of your Asterisk."),
        ("me.sip.twilio.com", "Twilio refuses to dial its own hosts; use the address of your Asterisk."),
        ("Twilio.com", "Twilio refuses to dial its own hosts; use the address of your Asterisk."),
    ],
)  # fmt: skip
def test_a_host_that_twilio_cannot_reach_is_refused(host, reason):
    assert unreachable_host(host) == reason


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("1.2.3", "This is neither an IPv4 address nor a host name."),
        ("1.2.3.4.5", "This is neither an IPv4 address nor a host name."),
        ("my_pbx.example.com", "Use a host name (letters, digits, hyphens, dots) or an IPv4 address."),
        ("pbx..example.com", "Use a host name (letters, digits, hyphens, dots) or an IPv4 address."),
        ("pbx.example.com.", "Use a host name (letters, digits, hyphens, dots) or an IPv4 address."),
        ("[2001:db8::1]", "Use a host name (letters, digits, hyphens, dots) or an IPv4 address."),
        ("a" * 64, "Use a host name (letters, digits, hyphens, dots) or an IPv4 address."),
    ],
)  # fmt: skip
def test_a_malformed_host_is_refused(host, reason):
    assert host_problem(host) == reason
