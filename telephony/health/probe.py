"""Asks Asterisk servers by SIP whether they are there: plain sockets, and one deadline for all of it."""

import math
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from queue import Empty, SimpleQueue
from typing import Any

from telephony.health.options import Options

# Seconds for everything together: the name, the connection, TLS and the answer.
TIMEOUT_S = 3.0
# Seconds after the first packet at which the same is sent again by UDP, which loses some.
AGAIN_S = (0.5, 1.5)
# Servers that are asked at the same time. A dead one takes a thread for the whole of its time.
AT_ONCE = 32
# An answer of Asterisk's has about 1 kB; what goes on longer than this by TCP is none.
BYTES_AT_MOST = 16_384


@dataclass(frozen=True, slots=True)
class Target:
    """`transport` is udp, tcp or tls."""

    host: str
    port: int
    transport: str

    def __str__(self) -> str:
        return f"{self.transport}:{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Result:
    """The status of the answer and the milliseconds it took, or the reason why none came.

    `warning` is what Twilio would refuse although an answer came.
    """

    status: int | None = None
    latency_ms: int | None = None
    reason: str = ""
    warning: str = ""

    @property
    def is_alive(self) -> bool:
        """Any answer will do, a refusal too: somebody is there who speaks SIP."""
        return self.status is not None


class DeadError(Exception):
    """No answer came; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Deadline:
    seconds: float
    at: float

    def left(self) -> float:
        """Return the seconds that are left. Raises TimeoutError if there are none."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    @contextmanager
    def during(self, failure: str) -> Iterator[None]:
        """Put whatever goes wrong in the block into words that begin with `failure`."""
        try:
            yield
        except TimeoutError as error:
            raise DeadError(f"{failure} within {self.seconds:g} s") from error
        except ssl.SSLError as error:
            told = (error.reason or str(error)).lower().replace("_", " ")
            raise DeadError(f"{failure}: {told}") from error
        except (OSError, ValueError) as error:
            told = getattr(error, "strerror", None) or str(error)
            raise DeadError(f"{failure}: {told}") from error


def probe(target: Target, timeout_s: float = TIMEOUT_S) -> Result:
    """Ask once whether a server is there; it takes `timeout_s` at most."""
    deadline = Deadline(timeout_s, time.monotonic() + timeout_s)
    try:
        family, address = _resolve(target, deadline)
        if target.transport == "udp":
            return _ask_by_udp(target, family, address, deadline)
        connection, warning = _open(target, family, address, deadline)
        with connection:
            return _ask_by_stream(target, connection, warning, deadline)
    except DeadError as dead:
        return Result(reason=str(dead))


def probe_all(targets: Iterable[Target], timeout_s: float = TIMEOUT_S) -> list[Result]:
    """Probe many at once, so that a dead one delays no other; the results are in their order."""
    waiting: SimpleQueue[tuple[Target, Future[Result]]] = SimpleQueue()
    results = []
    for target in targets:
        results.append(Future[Result]())
        waiting.put((target, results[-1]))

    def work() -> None:
        while True:
            try:
                target, result = waiting.get_nowait()
            except Empty:
                return
            _settle(result, probe, target, timeout_s)

    # Daemons: whoever ends the process need not wait for a dead server.
    for _ in range(min(AT_ONCE, len(results))):
        threading.Thread(target=work, name="probe", daemon=True).start()
    return [result.result() for result in results]


def _settle(future: Future[Any], call: Any, *args: Any) -> None:
    try:
        future.set_result(call(*args))
    except BaseException as error:  # whoever waits for the future gets it
        future.set_exception(error)


def _resolve(target: Target, deadline: Deadline) -> tuple[int, Any]:
    """Return family and address, of IPv4 if there is one: Twilio connects by that only.

    The system's resolver takes no deadline. It is asked in a thread, which is left behind if it
    takes longer.
    """
    kind = socket.SOCK_DGRAM if target.transport == "udp" else socket.SOCK_STREAM
    found: Future[list[Any]] = Future()
    words = (target.host, target.port, socket.AF_UNSPEC, kind)
    args = (found, socket.getaddrinfo, *words)
    threading.Thread(target=_settle, args=args, name="resolve", daemon=True).start()
    with deadline.during(f"{target.host} does not resolve"):
        addresses = found.result(deadline.left())
        family, _, _, _, address = min(addresses, key=lambda each: each[0] != socket.AF_INET)
    return family, address


def _ask_by_udp(target: Target, family: int, address: Any, deadline: Deadline) -> Result:
    with socket.socket(family, socket.SOCK_DGRAM) as connection:
        with deadline.during("no connection"):
            # From then on the kernel drops what comes from any other address.
            connection.connect(address)
        options = _options(target, connection)
        with deadline.during("no SIP answer"):
            return _exchange(options, connection, deadline)


def _exchange(options: Options, connection: socket.socket, deadline: Deadline) -> Result:
    """Send by UDP, and again, until the answer comes. Raises OSError, TimeoutError."""
    began = time.monotonic()
    due = [began, *(began + seconds for seconds in AGAIN_S)]
    refused: OSError | None = None
    while True:
        try:
            if due and time.monotonic() >= due[0]:
                due.pop(0)
                connection.send(options.render())
            until_due = due[0] - time.monotonic() if due else math.inf
            connection.settimeout(min(deadline.left(), max(until_due, 0.001)))
            status = options.read_answer(connection.recv(65_535))
        except TimeoutError as late:
            if time.monotonic() >= deadline.at:
                raise (refused or late) from None
        except OSError as error:
            # Asterisk may be about to start: what refuses now may answer the next packet.
            refused = error
        else:
            if status is not None:
                return Result(status, _ms_since(began))


def _open(
    target: Target, family: int, address: Any, deadline: Deadline
) -> tuple[socket.socket, str]:
    """Return a connection, and what Twilio would refuse about it."""
    connection = _connect(family, address, deadline)
    if target.transport != "tls":
        return connection, ""
    with deadline.during("no TLS"):
        try:
            return _secure(connection, verifying(), target, deadline), ""
        except ssl.SSLCertVerificationError as error:
            warning = f"Twilio would refuse the certificate: {error.verify_message}"
    # A server with a bad certificate is a server all the same.
    connection = _connect(family, address, deadline)
    with deadline.during("no TLS"):
        return _secure(connection, unverifying(), target, deadline), warning


def _connect(family: int, address: Any, deadline: Deadline) -> socket.socket:
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        with deadline.during("no connection"):
            connection.settimeout(deadline.left())
            connection.connect(address)
    except BaseException:
        connection.close()
        raise
    return connection


def _secure(
    connection: socket.socket, context: ssl.SSLContext, target: Target, deadline: Deadline
) -> ssl.SSLSocket:
    """Return the connection with TLS around it; it is closed if that fails."""
    try:
        connection.settimeout(deadline.left())
        return context.wrap_socket(connection, server_hostname=target.host)
    except BaseException:
        connection.close()
        raise


# Reading the machine's authorities takes some 30 ms each time.
@cache
def verifying() -> ssl.SSLContext:
    return ssl.create_default_context()


@cache
def unverifying() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _ask_by_stream(
    target: Target, connection: socket.socket, warning: str, deadline: Deadline
) -> Result:
    options = _options(target, connection)
    received = b""
    began = time.monotonic()
    with deadline.during("no SIP answer"):
        connection.settimeout(deadline.left())
        connection.sendall(options.render())
        while len(received) < BYTES_AT_MOST:
            connection.settimeout(deadline.left())
            more = connection.recv(BYTES_AT_MOST)
            received += more
            status = options.read_answers(received)
            if status is not None:
                return Result(status, _ms_since(began), warning=warning)
            if not more:
                raise DeadError("no SIP answer: the server closed the connection")
    raise DeadError(f"no SIP answer: {len(received)} bytes came that are none")


def _options(target: Target, connection: socket.socket) -> Options:
    own_host, own_port = connection.getsockname()[:2]
    token = secrets.token_hex(16)
    return Options(target.host, target.port, target.transport, own_host, own_port, token)


def _ms_since(began: float) -> int:
    return math.ceil((time.monotonic() - began) * 1000)
