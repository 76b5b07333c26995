"""HTTP load over keep-alive connections: as fast as the answers come, or at a given rate."""

import selectors
import socket
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

# The requests of one call: each is sent when the one before has been answered.
Call = Sequence[bytes]


@dataclass
class Load:
    """What came back: seconds for each request in order of arrival, and answers by HTTP status."""

    elapsed_s: float = 0.0
    latencies_s: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def per_second(self) -> float:
        return len(self.latencies_s) / self.elapsed_s

    def percentile_ms(self, percent: float) -> float:
        ordered = sorted(self.latencies_s)
        return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


class Connection:
    """One keep-alive connection with at most one request under way, and the rest of its call."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._left: deque[bytes] = deque()
        self._received = b""
        self._asked_at = 0.0

    def begin(self, call: Call, due: float) -> None:
        """Begin a call; how long its first answer takes is counted from when it was due."""
        self._left.extend(call)
        self.go_on(due)

    def go_on(self, now: float) -> bool:
        """Send the next request of the call; False if there is none."""
        if not self._left:
            return False
        self._asked_at = now
        self.socket.sendall(self._left.popleft())
        return True

    def receive(self, load: Load) -> bool:
        """Take what has come, and return whether it completes an answer. Raises ConnectionError."""
        received = self.socket.recv(65536)
        if not received:
            raise ConnectionError("the server closed a connection in the middle of an answer")
        self._received += received
        status = _complete(self._received)
        if status is None:
            return False
        load.latencies_s.append(time.perf_counter() - self._asked_at)
        load.statuses[status] = load.statuses.get(status, 0) + 1
        self._received = b""
        return True


def run(
    port: int,
    calls: Iterator[Call],
    *,
    connections: int,
    seconds: float,
    calls_a_second: float | None = None,
) -> Load:
    """Play `calls` until they or the seconds run out, and wait for the last answers.

    With a rate, calls begin evenly spaced, whether or not earlier ones have been answered: one that
    finds no free connection waits for it, and that time counts.
    """
    load, selector = Load(), selectors.DefaultSelector()
    idle: deque[Connection] = deque()
    for _ in range(connections):
        connection = Connection(port)
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        idle.append(connection)
    begin, begun, busy = time.perf_counter(), 0, 0
    is_over = False
    while busy or not is_over:
        now = time.perf_counter()
        while idle and not is_over:
            due = begin + begun / calls_a_second if calls_a_second else now
            if due > now:
                break
            call = next(calls, None) if due - begin < seconds else None
            is_over = call is None
            if call is not None:
                connection = idle.popleft()
                connection.begin(call, due)
                begun, busy = begun + 1, busy + 1
        if not busy and is_over:
            break
        # Without anything under way only the clock is waited for.
        wait_s = max(due - now, 0) if idle and not is_over else 10
        ready = selector.select(wait_s)
        if not ready and wait_s == 10:
            raise TimeoutError("the server has not answered for 10 seconds")
        for key, _ in ready:
            connection = key.data
            if connection.receive(load) and not connection.go_on(time.perf_counter()):
                idle.append(connection)
                busy -= 1
    load.elapsed_s = time.perf_counter() - begin
    for key in list(selector.get_map().values()):
        key.data.socket.close()
    return load


def _complete(data: bytes) -> int | None:
    """The status of a whole response, or None while some of it is missing."""
    head, separator, body = data.partition(b"\r\n\r\n")
    if not separator:
        return None
    lengths = [
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    ]
    if not lengths or len(body) < lengths[0]:
        return None
    return int(head.split(b" ", 2)[1])
