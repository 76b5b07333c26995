"""Every final SIP answer means alive, and nothing else does; no probe outlives its deadline."""

import os
import re
import shutil
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from telephony.health.probe import Target, probe, probe_all
from tests.health.elsewhere import ask_elsewhere
from tests.health.servers import HERE, answer, certificate, tcp, tls, udp

# Shorter than in production, and longer than the second packet waits.
TIMEOUT_S = 0.7
# Seconds by which a busy machine may be late.
SLACK_S = 1.5


def ask(port: int, transport: str = "udp", host: str = HERE, timeout_s: float = TIMEOUT_S):
    began = time.monotonic()
    result = probe(Target(host, port, transport), timeout_s)
    assert time.monotonic() - began < timeout_s + SLACK_S
    return result


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(type=kind) as finder:
        finder.bind((HERE, 0))
        return finder.getsockname()[1]


@pytest.mark.parametrize("status", [200, 401, 403, 404, 484, 503, 603])
def test_any_final_answer_means_alive(status: int) -> None:
    with udp(lambda _, request, reply: reply(answer(request, f"{status} So"))) as port:
        result = ask(port)
    assert (result.is_alive, result.status, result.reason) == (True, status, "")
    assert 1 <= result.latency_ms < TIMEOUT_S * 1000


def test_a_lost_packet_is_sent_again() -> None:
    seen: list[bytes] = []

    def second(count: int, request: bytes, reply: Callable) -> None:
        seen.append(request)
        if count == 2:
            reply(answer(request))

    with udp(second) as port:
        result = ask(port)
    assert result.is_alive
    assert result.latency_ms >= 500
    # The same transaction: a server that had taken the first would only repeat its answer.
    assert seen[0] == seen[1]


def test_three_packets_are_sent_in_all() -> None:
    seen: list[float] = []
    with udp(lambda *_: seen.append(time.monotonic())) as port:
        result = ask(port, timeout_s=1.9)
    assert result.reason == "no SIP answer within 1.9 s"
    assert [round(at - seen[0], 1) for at in seen] == pytest.approx([0, 0.5, 1.5], abs=0.3)


def test_a_late_answer_counts_and_a_second_one_does_no_harm() -> None:
    def late(count: int, request: bytes, reply: Callable) -> None:
        if count == 1:
            time.sleep(0.3)
            reply(answer(request))
            reply(answer(request))

    with udp(late) as port:
        assert ask(port).latency_ms >= 300
        assert not ask(port).is_alive, "the answer to another probe was taken"


@pytest.mark.parametrize(
    "reply_to",
    [
        lambda request: b"\xff\x00" * 500,
        lambda request: b"",
        lambda request: b"SIP/2.0 200 OK\r\n\r\n",
        lambda request: request,
        lambda request: answer(request, "100 Trying"),
        lambda request: answer(request.replace(b"Call-ID: ", b"Call-ID: x")),
        lambda request: answer(request.replace(b"z9hG4bK", b"z9hG4bKx")),
    ],
)
def test_garbage_and_other_peoples_answers_are_no_answer(
    reply_to: Callable[[bytes], bytes],
) -> None:
    with udp(lambda _, request, reply: reply(reply_to(request))) as port:
        assert ask(port).reason == "no SIP answer within 0.7 s"


def test_what_comes_before_the_answer_is_passed_over() -> None:
    def chatty(_: int, request: bytes, reply: Callable) -> None:
        for text in (b"garbage", answer(request, "100 Trying"), answer(request, "404 No")):
            reply(text)

    with udp(chatty) as port:
        assert ask(port).status == 404


def test_an_answer_from_another_address_is_not_the_servers() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.2", 0))

        def elsewhere(_: int, request: bytes, reply: Callable) -> None:
            port = re.search(rb"Via: SIP/2.0/UDP 127.0.0.1:([0-9]+);", request)[1]
            other.sendto(answer(request), (HERE, int(port)))

        with udp(elsewhere) as port:
            assert not ask(port).is_alive


def test_a_flood_does_not_keep_a_probe_from_ending() -> None:
    def flood(_: int, request: bytes, reply: Callable) -> None:
        end = time.monotonic() + 1.2
        while time.monotonic() < end:
            reply(b"x" * 1000)

    with udp(flood) as port:
        assert not ask(port).is_alive


def test_a_closed_port_is_told_by_its_reason() -> None:
    assert ask(free_port(socket.SOCK_DGRAM)).reason == "no SIP answer: Connection refused"
    closed = free_port(socket.SOCK_STREAM)
    assert ask(closed, "tcp").reason == "no connection: Connection refused"
    assert ask(closed, "tls").reason == "no connection: Connection refused"


def test_a_server_that_starts_meanwhile_is_alive() -> None:
    port = free_port(socket.SOCK_DGRAM)
    began = time.monotonic()
    with socket.socket(type=socket.SOCK_DGRAM) as server:
        results = []
        asking = threading.Thread(target=lambda: results.append(ask(port)))
        asking.start()
        time.sleep(0.2)
        server.bind((HERE, port))
        server.settimeout(5)
        request, sender = server.recvfrom(65_535)
        server.sendto(answer(request), sender)
        asking.join()
    assert results[0].is_alive
    assert time.monotonic() - began >= 0.4


def test_ipv6_is_asked_too() -> None:
    with udp(lambda _, request, reply: reply(answer(request)), "::1") as port:
        assert ask(port, host="::1").status == 200


@pytest.mark.parametrize("host", ["localhost.invalid", f"localhost{'x' * 70}.invalid"])
def test_a_name_that_does_not_resolve_is_told(host: str) -> None:
    assert ask(5060, host=host, timeout_s=10).reason.startswith(f"{host} does not resolve: ")


def with_own(file: Path, place: str) -> list[str]:
    """A command that runs another one where `file` lies in `place`."""
    mount = f'mount --bind {file} {place} && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", mount, "sh"]


needs_root = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("unshare") is None,
    reason="names of one's own need root and unshare",
)


@needs_root
def test_a_resolver_that_is_silent_does_not_hold_up_a_probe(tmp_path: Path) -> None:
    file = tmp_path / "resolv.conf"
    file.write_text("nameserver 127.0.53.53\n")
    with socket.socket(type=socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.53.53", 53))
        began = time.monotonic()
        told = ask_elsewhere(with_own(file, "/etc/resolv.conf"), {}, host="pbx.example.com")
        assert silent.recv(512), "the resolver was not asked"
    assert "pbx.example.com does not resolve within 1 s" in told
    # The resolver gives up after 5 s or more: nobody waits for its thread, not even the exit.
    assert time.monotonic() - began < 4.5


@needs_root
def test_a_name_of_both_families_is_asked_by_ipv4_as_twilio_does(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text("::1 both.example.com\n127.0.0.1 both.example.com\n")
    with udp(lambda _, request, reply: reply(answer(request))) as port:
        told = ask_elsewhere(with_own(file, "/etc/hosts"), {}, host="both.example.com", port=port)
    assert "status=200" in told


def test_an_answer_by_tcp_may_come_in_pieces_and_after_another() -> None:
    def piecemeal(connection: socket.socket) -> None:
        request = connection.recv(65_535)
        reply = answer(request, "100 Trying") + answer(request, "401 Unauthorized")
        for place in range(0, len(reply), 40):
            connection.sendall(reply[place : place + 40])
            time.sleep(0.01)

    with tcp(piecemeal) as port:
        assert ask(port, "tcp").status == 401


def test_a_server_that_only_accepts_is_dead() -> None:
    with tcp(lambda connection: time.sleep(0)) as port:
        assert ask(port, "tcp").reason == "no SIP answer within 0.7 s"
        assert ask(port, "tls").reason == "no TLS within 0.7 s"


def test_a_server_that_trickles_for_ever_is_dead_at_the_deadline() -> None:
    def trickle(connection: socket.socket) -> None:
        while True:
            connection.sendall(b"x")
            time.sleep(0.05)

    with tcp(trickle) as port:
        assert ask(port, "tcp").reason == "no SIP answer within 0.7 s"


def test_a_server_that_closes_is_dead() -> None:
    def close(connection: socket.socket) -> None:
        connection.recv(65_535)
        connection.shutdown(socket.SHUT_RDWR)

    with tcp(close) as port:
        assert ask(port, "tcp").reason == "no SIP answer: the server closed the connection"
        assert ask(port, "tls").reason.startswith("no TLS: ")


def test_a_server_that_talks_of_something_else_is_dead_before_the_deadline() -> None:
    with tcp(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad\r\n\r\n" * 2000)) as port:
        assert "bytes came that are none" in ask(port, "tcp", timeout_s=20).reason


def test_what_is_not_tls_is_dead() -> None:
    with tcp(lambda connection: connection.sendall(b"SSH-2.0-OpenSSH\r\n")) as port:
        assert ask(port, "tls").reason == "no TLS: wrong version number"


def test_a_certificate_that_twilio_refuses_is_a_warning(tmp_path: Path) -> None:
    with tls(certificate(tmp_path, "localhost")) as port:
        result = ask(port, "tls", "localhost", timeout_s=5)
    assert result.status == 200
    assert result.warning == "Twilio would refuse the certificate: self-signed certificate"


def test_a_certificate_is_checked_against_the_machines_authorities_and_the_name(
    tmp_path: Path,
) -> None:
    chain = certificate(tmp_path, "localhost")
    with tls(chain) as port:
        trusted = {"SSL_CERT_FILE": str(chain)}
        target = {"port": port, "transport": "tls", "timeout_s": 5}
        right = ask_elsewhere([], trusted, host="localhost", **target)
        other = ask_elsewhere([], trusted, host=HERE, **target)
    assert "status=200" in right and "warning=''" in right
    assert "status=200" in other
    assert "certificate is not valid for '127.0.0.1'" in other


def test_a_dead_server_delays_no_other() -> None:
    with (
        udp(lambda *_: None) as dead,
        udp(lambda _, request, reply: reply(answer(request))) as port,
    ):
        targets = [Target(HERE, dead, "udp")] * 20 + [Target(HERE, port, "udp")] * 100
        began = time.monotonic()
        results = probe_all(targets, 2)
        assert time.monotonic() - began < 2 * 2
    assert [result.is_alive for result in results] == [False] * 20 + [True] * 100
    assert max(result.latency_ms for result in results[20:]) < 1900


def test_nobody_is_asked_where_there_are_no_servers() -> None:
    assert probe_all([]) == []
