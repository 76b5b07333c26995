"""A real mail server and a real receiver of posts, which checks signatures as docs/alerts.md says."""

import asyncio
import email
import email.policy
import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.floors import ROOT

KEY = "a-key-of-the-test-suite"
DOCUMENTED = re.search(r"```python\n(.*?)```", (ROOT / "docs/alerts.md").read_text(), re.DOTALL)[1]


def is_genuine(header: str, body: bytes, key: str = KEY) -> bool:
    """The check that the document tells receivers to make."""
    names: dict[str, Any] = {}
    exec(DOCUMENTED, names)
    return bool(names["is_genuine"](key, header, body))


@dataclass
class Mailbox:
    """Answers DATA with `answer`, after `delay_s`."""

    port: int = 0
    answer: str = "250 OK"
    delay_s: float = 0
    mails: list[EmailMessage] = field(default_factory=list)
    tries: int = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.tries += 1
        await asyncio.sleep(self.delay_s)
        if self.answer.startswith("250"):
            parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
            self.mails.append(parsed)
        return self.answer

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox(port=free_port())
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


@dataclass
class Receiver:
    """Answers each post with `status`; "hang", "trickle" and "close" are no answers."""

    port: int = 0
    status: int | str = 200
    posts: list[dict[str, Any]] = field(default_factory=list)
    tries: int = 0
    paths: list[str] = field(default_factory=list)
    ended: Event = field(default_factory=Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?token=secret"


@contextmanager
def receiver() -> Iterator[Receiver]:
    box = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            box.paths.append(f"GET {self.path}")
            self.send_response(200)
            self.end_headers()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            box.tries += 1
            box.paths.append(self.path)
            if not is_genuine(self.headers["Switchhook-Signature"], body):
                self.send_error(403)
            elif box.status == "hang":
                box.ended.wait(30)
            elif box.status == "trickle":
                self._trickle()
            elif box.status == "close":
                self.connection.shutdown(socket.SHUT_RDWR)
            else:
                self._answer(int(box.status), body)

        def _answer(self, status: int, body: bytes) -> None:
            if 200 <= status < 300:
                box.posts.append(json.loads(body))
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"http://127.0.0.1:{box.port}/elsewhere")
            self.end_headers()

        def _trickle(self) -> None:
            """A header line that never ends, a byte at a time."""
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
            while not box.ended.wait(0.2):
                self.wfile.write(b"x")

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *args: object) -> None:
            """Whoever gave up has closed the connection."""

    server = Server(("127.0.0.1", 0), Handler)
    box.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield box
    finally:
        box.ended.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


def text_of(mail: EmailMessage) -> str:
    return str(mail.get_content()).replace("\r\n", "\n")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
