"""Guards every webhook and chooses the HTTP answer; docs/webhooks.md has the table."""

import logging
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from django.conf import settings

from telephony.records.refusals import refusals
from telephony.snapshots.live import NoRoutesError, live_directory
from telephony.webhooks.answer import answer
from telephony.wire.callbacks import parse_callback
from telephony.wire.forms import Params, clean, first, parse_form
from telephony.wire.paths import Address
from telephony.wire.signature import (
    ALGORITHMS,
    SignatureSettings,
    is_genuine,
    looks_signed,
    parse_settings,
)

logger = logging.getLogger(__name__)

TWIML = "text/xml; charset=utf-8"
FORM = "application/x-www-form-urlencoded"


class Headers(Protocol):
    """Header names are in lower case."""

    def get(self, name: str, /) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Request:
    """A whole HTTP request that knows neither Django nor the server; `path` is decoded."""

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer that knows neither Django nor the server, to be given once `safe` is done."""

    status: int
    text: str
    content_type: str = "text/plain"
    safe: Future[None] | None = None

    @property
    def headers(self) -> list[tuple[str, str]]:
        allowed = [("allow", "POST")] if self.status == 405 else []
        return [("content-type", self.content_type), *allowed]


def reply_to(request: Request, address: Address) -> Reply:
    """Answer a webhook from Twilio, and from nobody else."""
    if request.method != "POST":
        # Twilio can be set to use GET, but it may cache the answers, and the signature breaks easily.
        return Reply(405, "Switch the webhook's method to POST.\n")
    try:
        params = parse_form(request.body) if _is_form(request) else {}
    except ValueError as error:
        return malformed(request.path, str(error))
    if not _is_from_twilio(request, params):
        return Reply(403, "The signature is missing or wrong.\n")
    try:
        # Cleaned only now, because the signature covers what was posted.
        callback = parse_callback(address, clean(params))
    except ValueError as error:
        return malformed(request.path, str(error))
    try:
        answered = answer(callback, datetime.now(UTC))
    except NoRoutesError as error:
        # 503 sends Twilio to the number's fallback URL; a 200 would end the call.
        logger.error("call %s cannot be answered: %s", callback.call.call_sid, error)
        return Reply(503, "The panel cannot answer now.\n")
    return Reply(200, answered.twiml, TWIML, answered.safe)


def malformed(path: str, reason: str, status: int = 400) -> Reply:
    """Return the refusal of a request that no server of Twilio's sends, and say so in the log."""
    logger.warning("malformed webhook for %r: %s", path[:200], reason)
    return Reply(status, f"Malformed: {reason}.\n", "text/plain; charset=utf-8")


def _is_form(request: Request) -> bool:
    content_type = request.headers.get("content-type") or ""
    return content_type.partition(";")[0].strip().lower() == FORM


def _is_from_twilio(request: Request, params: Params) -> bool:
    url = settings.PUBLIC_BASE_URL + request.path
    url += f"?{request.query}" if request.query else ""
    account_sid = first(params, "AccountSid")
    how = parse_settings(request.headers.get("x-twilio-webhooks-signature-settings"))
    secrets = _secrets_of(account_sid, how.key)
    signature = request.headers.get("x-twilio-signature")
    if is_genuine(url, params, request.body, signature, secrets, how.algorithm):
        return True
    why = _why_not_genuine(how, signature, secrets)
    refusals.count(
        account_sid, signature, is_ours=_is_ours(account_sid), has_secret=bool(secrets or how.key)
    )
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


def _is_ours(account_sid: str) -> bool:
    """Whether an account is one of the settings', or owns one of our numbers."""
    accounts = {settings.TWILIO_ACCOUNT_SID, *settings.TWILIO_TOKENS}
    accounts |= {account for account, _ in settings.TWILIO_SHARED_KEYS}
    if not account_sid or account_sid in accounts:
        return bool(account_sid)
    try:
        return account_sid in live_directory.current().accounts
    except NoRoutesError:
        return False


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
    if not looks_signed(signature):
        return "what it has is no signature, so it is not Twilio's"
    signer = "shared key" if how.key else "token"
    return f"signed with another {signer}, or for another address than PUBLIC_BASE_URL"
