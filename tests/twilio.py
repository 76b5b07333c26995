"""Twilio's side of the wire: requests that Twilio's own library has signed."""

import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from tests.environment import AUTH_TOKEN
from tests.twiml.judge import judged

PUBLIC = "https://panel.example.com"
FORM = "application/x-www-form-urlencoded"

Fields = Mapping[str, str | list[str]]
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True)
class Request:
    """What Twilio posts. `path` has its query."""

    path: str
    body: bytes
    signature: str | None
    content_type: str = FORM
    headers: tuple[tuple[str, str], ...] = ()

    def environ(self) -> dict[str, Any]:
        """The request as a WSGI server hands it over."""
        path, _, query = self.path.partition("?")
        given = {"HTTP_X_TWILIO_SIGNATURE": self.signature} if self.signature is not None else {}
        given |= {f"HTTP_{n.upper().replace('-', '_')}": value for n, value in self.headers}
        return {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.content_type,
            "CONTENT_LENGTH": str(len(self.body)),
            "wsgi.input": io.BytesIO(self.body),
            **given,
        }


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str


def sign(path: str, fields: Fields, token: str = AUTH_TOKEN) -> Request:
    """Return a signed post of these fields to the public address; a list posts its field once per value."""
    params = {n: value if isinstance(value, list) else [value] for n, value in fields.items()}
    signature = RequestValidator(token).compute_signature(PUBLIC + path, _Repeated(params))
    return Request(path, encode(params), signature)


def sign_shared(fields: Fields, key: str, secret: str, algorithm: str = "HMAC_SHA256") -> Request:
    """Return the post of a new call, signed with a shared key; the header says with which, and how."""
    path = "/twilio/voice/"
    try:
        signature = RequestValidator(secret).compute_signature(PUBLIC + path, fields, algorithm)
    except ValueError:
        # An unknown algorithm cannot be computed either.
        signature = "unknown"
    settings = f"key={key},algorithm={algorithm}" if key else f"algorithm={algorithm}"
    headers = (("X-Twilio-Webhooks-Signature-Settings", settings),)
    return Request(path, encode(fields), signature, headers=headers)


def encode(fields: Fields) -> bytes:
    return urlencode(fields, doseq=True, errors="surrogateescape").encode()


class _Repeated(dict[str, list[str]]):
    """Repeated fields in the form that Twilio's library knows from web frameworks."""

    def getall(self, name: str) -> list[str]:
        return self[name]


def ask(application: Application, environ: dict[str, Any]) -> Answer:
    """Pass a request through the server's entry and return its answer; its TwiML is judged."""
    begun: list[Any] = []
    body = b"".join(application(environ, lambda status, headers: begun.extend((status, headers))))
    status, headers = begun
    answer = Answer(int(status.split()[0]), dict(headers), body.decode())
    if answer.headers["Content-Type"].startswith("text/xml"):
        judged(answer.text, is_screening=is_screening(environ["PATH_INFO"]))
    return answer


def is_screening(path: str) -> bool:
    """Whether a document is played to whoever picked up: there Twilio takes fewer verbs."""
    return path.startswith("/twilio/screen/")
