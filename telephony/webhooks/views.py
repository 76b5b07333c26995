"""The guard on every webhook, and the HTTP answers; docs/webhooks.md has them in a table."""

import logging
from datetime import UTC, datetime

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, UnreadablePostError

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


def webhook(
    request: HttpRequest, kind: Kind, position: int | None = None, index: int | None = None
) -> HttpResponse:
    """Answer a webhook of Twilio's, and nobody else's."""
    if request.method != "POST":
        # Twilio may be told to use GET, whose answers it may cache; its signature is fragile too.
        return HttpResponseNotAllowed(["POST"], "Switch the webhook's method to POST.\n")
    try:
        body = _read(request)
        params = parse_form(body) if request.content_type == FORM else {}
    except ValueError as error:
        return _malformed(request, str(error))
    if not _is_from_twilio(request, params, body):
        return HttpResponse("The signature is missing or wrong.\n", "text/plain", 403)
    try:
        callback = parse_callback(kind, params, position, index)
    except ValueError as error:
        return _malformed(request, str(error))
    try:
        twiml = answer(callback, datetime.now(UTC))
    except (DatabaseError, OSError) as error:
        # 503 sends Twilio to the number's fallback URL; a 200 would end the call.
        logger.error("call %s cannot be answered: %s", callback.call.call_sid, error)
        return HttpResponse("The panel cannot answer now.\n", "text/plain", 503)
    return HttpResponse(twiml, "text/xml; charset=utf-8")


def _read(request: HttpRequest) -> bytes:
    too_large = f"the body is larger than {BODY_BYTES_AT_MOST} bytes"
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        if length > BODY_BYTES_AT_MOST:
            raise ValueError(too_large)
        return request.body
    except RequestDataTooBig as error:
        raise ValueError(too_large) from error
    except UnreadablePostError as error:
        raise ValueError("the body ended before its announced length") from error


def _is_from_twilio(request: HttpRequest, params: dict[str, list[str]], body: bytes) -> bool:
    url = settings.PUBLIC_BASE_URL + request.path_info
    query = request.META.get("QUERY_STRING")
    url += f"?{query}" if query else ""
    account_sid = first(params, "AccountSid")
    tokens = settings.TWILIO_TOKENS.get(account_sid, ())
    signature = request.META.get("HTTP_X_TWILIO_SIGNATURE")
    if is_genuine(url, params, body, signature, tokens):
        return True
    why = "no signature" if not signature else "no token is set for its account"
    if signature and tokens:
        why = "signed with another token, or for another address than PUBLIC_BASE_URL"
    logger.warning("refused a webhook for %r, account %r: %s", url[:200], account_sid[:40], why)
    return False


def _malformed(request: HttpRequest, reason: str) -> HttpResponse:
    logger.warning("malformed webhook for %r: %s", request.path_info[:200], reason)
    return HttpResponse(f"Malformed: {reason}.\n", "text/plain; charset=utf-8", 400)
