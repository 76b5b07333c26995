"""Twilio's side of the wire: requests that Twilio's own library has signed."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from telephony.webhooks import guard, server
from tests.environment import AUTH_TOKEN
from tests.twiml.judge import judged

PUBLIC = "https://panel.example.com"
FORM = "application/x-www-form-urlencoded"

Fields = Mapping[str, str | list[str]]


@dataclass(frozen=True)
class Request:
    """What Twilio posts. `path` has its query."""

    path: str
    body: bytes
    signature: str | None
    content_type: str = FORM
    headers: tuple[tuple[str, str], ...] = ()
    method: str = "POST"

    def received(self) -> guard.Request:
        """The request as the server hands it over."""
        path, _, query = self.path.partition("?")
        given = {"x-twilio-signature": self.signature} if self.signature is not None else {}
        given |= {name.lower(): value for name, value in self.headers}
        headers = {"content-type": self.content_type, **given}
        return guard.Request(self.method, path, query, headers, self.body)


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


def ask(request: Request) -> Answer:
    """Pass a request through the server's entry and return its answer; its TwiML is judged."""
    reply = server.answer(request.received())
    if reply.safe is not None:
        reply.safe.result(10)
    if reply.content_type.startswith("text/xml"):
        judged(reply.text, is_screening=is_screening(request.path))
    return Answer(reply.status, dict(reply.headers), reply.text)


def is_screening(path: str) -> bool:
    """Whether a document is played to whoever picked up: there Twilio takes fewer verbs."""
    return path.startswith("/twilio/screen/")
