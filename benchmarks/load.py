"""A closed-loop HTTP load: a fixed number of keep-alive connections, each with one request under way."""

import selectors
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field


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


def run(port: int, requests: Iterator[bytes], *, connections: int, seconds: float) -> Load:
    """Send `requests` until they or the seconds run out, and wait for the last answers."""
    load, selector = Load(), selectors.DefaultSelector()
    sent_at: dict[socket.socket, float] = {}
    buffers: dict[socket.socket, bytes] = {}
    begin = time.perf_counter()
    for _ in range(connections):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection, selectors.EVENT_READ)
        buffers[connection] = b""
        sent_at[connection] = time.perf_counter()
        connection.sendall(next(requests))
    while sent_at:
        ready = selector.select(10)
        if not ready:
            raise TimeoutError("the server has not answered for 10 seconds")
        for key, _ in ready:
            connection = key.fileobj
            assert isinstance(connection, socket.socket)
            received = connection.recv(65536)
            if not received:
                raise ConnectionError("the server closed a connection in the middle of an answer")
            buffers[connection] += received
            status = _complete(buffers[connection])
            if status is None:
                continue
            now = time.perf_counter()
            load.latencies_s.append(now - sent_at.pop(connection))
            load.statuses[status] = load.statuses.get(status, 0) + 1
            buffers[connection] = b""
            request = next(requests, None) if now - begin < seconds else None
            if request is None:
                selector.unregister(connection)
                connection.close()
            else:
                sent_at[connection] = now
                connection.sendall(request)
    load.elapsed_s = time.perf_counter() - begin
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
