"""Guards every webhook and chooses the HTTP answer; docs/webhooks.md has the table."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseTrouble

from telephony.webhooks.answer import answer
from telephony.wire.callbacks import parse_callback
from telephony.wire.forms import BODY_BYTES_AT_MOST, Params, clean, first, parse_form
from telephony.wire.paths import Address
from telephony.wire.signature import (
    ALGORITHMS,
    SignatureSettings,
    is_genuine,
    parse_settings,
)

logger = logging.getLogger(__name__)

FORM = "application/x-www-form-urlencoded"
Environ = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer that knows neither Django nor WSGI."""

    status: int
    text: str
    content_type: str = "text/plain"

    @property
    def headers(self) -> dict[str, str]:
        return {"Allow": "POST"} if self.status == 405 else {}


def reply_to(environ: Environ, address: Address) -> Reply:
    """Answer a webhook from Twilio, and from nobody else. `environ` is WSGI's."""
    if environ["REQUEST_METHOD"].upper() != "POST":
        # Twilio can be set to use GET, but it may cache the answers, and the signature breaks easily.
        return Reply(405, "Switch the webhook's method to POST.\n")
    try:
        body = _read_body(environ)
        params = parse_form(body) if _is_form(environ) else {}
    except ValueError as error:
        return _malformed(environ, str(error))
    if not _is_from_twilio(environ, params, body):
        return Reply(403, "The signature is missing or wrong.\n")
    try:
        # Cleaned only now, because the signature covers what was posted.
        callback = parse_callback(address, clean(params))
    except ValueError as error:
        return _malformed(environ, str(error))
    try:
        twiml = answer(callback, datetime.now(UTC))
    except DatabaseTrouble as error:
        # 503 sends Twilio to the number's fallback URL; a 200 would end the call.
        logger.error("call %s cannot be answered: %s", callback.call.call_sid, error)
        return Reply(503, "The panel cannot answer now.\n")
    return Reply(200, twiml, "text/xml; charset=utf-8")


def _read_body(environ: Environ) -> bytes:
    """Return the body, also a chunked one. Raises ValueError where it is too large or incomplete."""
    announced = environ.get("CONTENT_LENGTH") or "0"
    if not announced.isdecimal():
        raise ValueError("Content-Length is no number")
    is_chunked = "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()
    # Of a chunked body one byte more than is allowed, to see that it is too large.
    wanted = BODY_BYTES_AT_MOST + 1 if is_chunked else int(announced)
    too_large = ValueError(f"the body is larger than {BODY_BYTES_AT_MOST} bytes")
    if not is_chunked and wanted > BODY_BYTES_AT_MOST:
        raise too_large
    try:
        body: bytes = environ["wsgi.input"].read(wanted)
    except OSError as error:
        raise ValueError("the body ended before its announced length") from error
    if len(body) > BODY_BYTES_AT_MOST:
        raise too_large
    return body


def _is_form(environ: Environ) -> bool:
    content_type: str = environ.get("CONTENT_TYPE", "")
    return content_type.partition(";")[0].strip().lower() == FORM


def _is_from_twilio(environ: Environ, params: Params, body: bytes) -> bool:
    url = settings.PUBLIC_BASE_URL + environ["PATH_INFO"]
    query = environ.get("QUERY_STRING")
    url += f"?{query}" if query else ""
    account_sid = first(params, "AccountSid")
    how = parse_settings(environ.get("HTTP_X_TWILIO_WEBHOOKS_SIGNATURE_SETTINGS"))
    secrets = _secrets_of(account_sid, how.key)
    signature = environ.get("HTTP_X_TWILIO_SIGNATURE")
    if is_genuine(url, params, body, signature, secrets, how.algorithm):
        return True
    why = _why_not_genuine(how, signature, secrets)
    logger.warning("refused a webhook for %r, account %r: %s", url[:200], account_sid[:40], why)
    return False


def _secrets_of(account_sid: str, key: str) -> tuple[str, ...]:
    """Return the secrets that may have signed for an account: those of the named key, or its tokens."""
    secrets: tuple[str, ...] = (
        settings.TWILIO_SHARED_KEYS.get((account_sid, key), ())
        if key
        else settings.TWILIO_TOKENS.get(account_sid, ())
    )
    return secrets


def _why_not_genuine(
    how: SignatureSettings, signature: str | None, secrets: tuple[str, ...]
) -> str:
    if not signature:
        return "no signature"
    if how.algorithm not in ALGORITHMS:
        return f"the signature algorithm {how.algorithm[:40]!r} is unknown; update the panel"
    if not secrets and how.key:
        return f"the shared key {how.key[:80]!r} is not in TWILIO_SHARED_KEYS for its account"
    if not secrets:
        return "no token is set for its account"
    signer = "shared key" if how.key else "token"
    return f"signed with another {signer}, or for another address than PUBLIC_BASE_URL"


def _malformed(environ: Environ, reason: str) -> Reply:
    logger.warning("malformed webhook for %r: %s", environ["PATH_INFO"][:200], reason)
    return Reply(400, f"Malformed: {reason}.\n", "text/plain; charset=utf-8")
