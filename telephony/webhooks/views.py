"""The guard on every webhook, and the HTTP answers; docs/webhooks.md has them in a table."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseTrouble

from telephony.records.events import storable
from telephony.webhooks.answer import answer
from telephony.webhooks.callbacks import (
    BODY_BYTES_AT_MOST,
    Kind,
    first,
    parse_callback,
    parse_form,
)
from telephony.webhooks.signature import is_genuine

logger = logging.getLogger(__name__)

FORM = "application/x-www-form-urlencoded"
Environ = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer, in neither Django's form nor WSGI's."""

    status: int
    text: str
    content_type: str = "text/plain"

    @property
    def headers(self) -> dict[str, str]:
        return {"Allow": "POST"} if self.status == 405 else {}


def reply_to(
    environ: Environ,
    read: Callable[[int], bytes],
    kind: Kind,
    position: int | None = None,
    index: int | None = None,
) -> Reply:
    """Answer a webhook of Twilio's, and nobody else's; `read` returns so many bytes of the body."""
    if environ["REQUEST_METHOD"].upper() != "POST":
        # Twilio may be told to use GET, whose answers it may cache; its signature is fragile too.
        return Reply(405, "Switch the webhook's method to POST.\n")
    try:
        body = _body(environ, read)
        params = parse_form(body) if _is_form(environ) else {}
    except ValueError as error:
        return _malformed(environ, str(error))
    if not _is_from_twilio(environ, params, body):
        return Reply(403, "The signature is missing or wrong.\n")
    try:
        # Cleaned only now: the signature is over what was posted.
        callback = parse_callback(kind, storable(params), position, index)
    except ValueError as error:
        return _malformed(environ, str(error))
    try:
        twiml = answer(callback, datetime.now(UTC))
    except DatabaseTrouble as error:
        # 503 sends Twilio to the number's fallback URL; a 200 would end the call.
        logger.error("call %s cannot be answered: %s", callback.call.call_sid, error)
        return Reply(503, "The panel cannot answer now.\n")
    return Reply(200, twiml, "text/xml; charset=utf-8")


def _body(environ: Environ, read: Callable[[int], bytes]) -> bytes:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if not 0 <= length <= BODY_BYTES_AT_MOST:
        raise ValueError(f"the body is larger than {BODY_BYTES_AT_MOST} bytes")
    try:
        return read(length)
    except OSError as error:
        raise ValueError("the body ended before its announced length") from error


def _is_form(environ: Environ) -> bool:
    content_type: str = environ.get("CONTENT_TYPE", "")
    return content_type.partition(";")[0].strip().lower() == FORM


def _is_from_twilio(environ: Environ, params: dict[str, list[str]], body: bytes) -> bool:
    url = settings.PUBLIC_BASE_URL + environ["PATH_INFO"]
    query = environ.get("QUERY_STRING")
    url += f"?{query}" if query else ""
    account_sid = first(params, "AccountSid")
    tokens = settings.TWILIO_TOKENS.get(account_sid, ())
    signature = environ.get("HTTP_X_TWILIO_SIGNATURE")
    if is_genuine(url, params, body, signature, tokens):
        return True
    why = "no signature" if not signature else "no token is set for its account"
    if signature and tokens:
        why = "signed with another token, or for another address than PUBLIC_BASE_URL"
    logger.warning("refused a webhook for %r, account %r: %s", url[:200], account_sid[:40], why)
    return False


def _malformed(environ: Environ, reason: str) -> Reply:
    logger.warning("malformed webhook for %r: %s", environ["PATH_INFO"][:200], reason)
    return Reply(400, f"Malformed: {reason}.\n", "text/plain; charset=utf-8")
