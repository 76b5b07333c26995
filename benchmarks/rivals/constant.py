"""The floor: a WSGI application that reads nothing and always gives the same answer."""

from collections.abc import Callable, Iterable
from typing import Any

BODY = (
    b'<?xml version="1.0" encoding="UTF-8"?><Response><Dial timeout="20">'
    b"<Sip>sip:myext@pbx.example.com</Sip></Dial></Response>"
)
HEADERS = [("Content-Type", "text/xml"), ("Content-Length", str(len(BODY)))]


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", HEADERS)
    return [BODY]
