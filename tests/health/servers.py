"""Servers that answer a probe well, badly or not at all, on real sockets of this machine."""

import re
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

HERE = "127.0.0.1"


def answer(request: bytes, status: str = "200 OK") -> bytes:
    """What a SIP server answers: the request's own headers come back."""
    kept = re.findall(rb"^(?:Via|From|To|Call-ID|CSeq): .*\r\n", request, re.MULTILINE)
    return f"SIP/2.0 {status}\r\n".encode() + b"".join(kept) + b"Content-Length: 0\r\n\r\n"


# What a UDP server does with a packet: its number from 1, its bytes, and how to send some back.
Packet = Callable[[int, bytes, Callable[[bytes], object]], object]


@contextmanager
def udp(handle: Packet, host: str = HERE) -> Iterator[int]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as server:
        server.bind((host, 0))
        server.settimeout(0.05)
        ended = threading.Event()

        def serve() -> None:
            count = 0
            while not ended.is_set():
                with suppress(TimeoutError):
                    data, sender = server.recvfrom(65_535)
                    count += 1
                    handle(count, data, lambda reply, to=sender: server.sendto(reply, to))

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            ended.set()
            thread.join()


@contextmanager
def tcp(handle: Callable[[socket.socket], object]) -> Iterator[int]:
    """Pass each connection to `handle`, in a thread of its own; all are closed at the end."""
    with socket.create_server((HERE, 0)) as listener:
        taken: list[tuple[socket.socket, threading.Thread]] = []

        def run(connection: socket.socket) -> None:
            with suppress(OSError):
                handle(connection)

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    thread = threading.Thread(target=run, args=(connection,))
                    taken.append((connection, thread))
                    thread.start()

        accepting = threading.Thread(target=serve)
        accepting.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for connection, thread in taken:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
                thread.join()
                connection.close()


def certificate(folder: Path, name: str, *options: str) -> Path:
    """A certificate for a name, signed by itself, with its key in the same file."""
    path = folder / f"{name}.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", path),
            *("-out", folder / "part", "-subj", f"/CN={name}", "-days", "2"),
            *("-addext", f"subjectAltName=DNS:{name}", *options),
        ],
        check=True,
        capture_output=True,
    )
    path.write_text(path.read_text() + (folder / "part").read_text())
    return path


@contextmanager
def tls(chain: Path) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)

    def handle(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.sendall(answer(secured.recv(65_535)))
            secured.recv(1)

    with tcp(handle) as port:
        yield port
