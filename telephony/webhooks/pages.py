"""Runs Django's pages, a WSGI application, in a limited number of threads beside the event loop."""

import asyncio
import io
import logging
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from telephony.webhooks.bodies import BodyError, read_body
from telephony.webhooks.streams import Stream

logger = logging.getLogger(__name__)

WsgiApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

# Seconds in which a form must come, over a slow line too.
FORM_WITHIN_S = 30.0
# Requests that may wait for a thread; whoever comes then is told to try again.
WAITING_AT_MOST = 200
# As strict as project/headers.py, which Django's answers pass through and these do not.
PLAIN = [
    ("content-type", "text/plain; charset=utf-8"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    ("x-content-type-options", "nosniff"),
]


class Pages:
    """`form_bytes` is the size of the largest form."""

    def __init__(self, django: WsgiApplication, threads: int, form_bytes: int) -> None:
        self._django = django
        self._form_bytes = form_bytes
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="page")
        self._waiting = 0

    async def serve(self, scope: Any, protocol: Any) -> None:
        """Answer one request, when a thread is free."""
        if self._waiting >= WAITING_AT_MOST:
            protocol.response_str(503, PLAIN, "Too many requests are waiting. Try again soon.\n")
            return
        self._waiting += 1
        try:
            body = await read_body(scope, protocol, self._form_bytes, FORM_WITHIN_S)
            environ = make_environ(scope, body)
            loop = asyncio.get_running_loop()
            stream = Stream(protocol, loop)
            answer = await loop.run_in_executor(self._threads, run, self._django, environ, stream)
        except BodyError as error:
            protocol.response_str(error.status, PLAIN, f"Malformed: {error}.\n")
        else:
            if answer is not None:
                protocol.response_bytes(*answer)
        finally:
            self._waiting -= 1


def run(
    django: WsgiApplication, environ: dict[str, Any], stream: Stream
) -> tuple[int, list[Any], bytes] | None:
    """Return status, headers and body of Django's answer, or None if it has been sent already."""
    begun: list[Any] = []
    chunks = django(environ, lambda status, headers, *_: begun.extend((status, headers)))
    try:
        status, headers = int(begun[0][:3]), [(name.lower(), value) for name, value in begun[1]]
        if getattr(chunks, "streaming", False) and not hasattr(chunks, "file_to_stream"):
            stream.send(status, headers, chunks)
            return None
        return status, headers, b"".join(chunks)
    finally:
        # Django closes its database connection here.
        if close := getattr(chunks, "close", None):
            close()


def make_environ(scope: Any, body: bytes) -> dict[str, Any]:
    """Return the request as WSGI has it (PEP 3333)."""
    host, _, port = scope.server.rpartition(":")
    environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        # WSGI's strings hold bytes.
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host.strip("[]"),
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        key = name.upper().replace("-", "_")
        # A name with an underscore would pose as one with a hyphen.
        if "_" in name or key == "CONTENT_LENGTH":
            continue
        key = key if key == "CONTENT_TYPE" else f"HTTP_{key}"
        if key in environ:
            value = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{value}"
        environ[key] = value
    return environ
