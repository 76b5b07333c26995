"""Parses what Twilio posts into typed callbacks; unknown fields are kept, none is required to be sane."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote_plus, urlsplit

from telephony.routing.decision import Call
from telephony.routing.results import DialResult

Params = Mapping[str, Sequence[str]]

CALL_SID = re.compile(r"CA[0-9A-Za-z]{1,62}")
# A form of Twilio's has some 40 fields and 3 kB; X- headers of a SIP call add to that.
FIELDS_AT_MOST = 500
BODY_BYTES_AT_MOST = 128 * 1024

ACTION_PATH = re.compile(r"/twilio/voice/(?:([0-9]{1,4})/)?")


class Kind(StrEnum):
    """Which webhook was asked."""

    VOICE = "voice"
    ACTION = "action"
    FAILED = "voice-failed"
    LEG = "leg"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Callback:
    """One genuine webhook. `leg_sid` is the dialled side's CallSid, "" where none is named.

    `position` and `index` are from the URL that we gave Twilio; for a voice-failed webhook
    `position` is the one that the failed URL named.
    """

    kind: Kind
    call: Call
    leg_sid: str
    result: DialResult
    params: Params
    position: int | None = None
    index: int | None = None
    error_code: int | None = None


def parse_form(body: bytes) -> dict[str, list[str]]:
    """Return name -> values as posted, blanks kept. Bytes that are not UTF-8 survive as surrogates.

    Raises ValueError where there are more fields than any webhook of Twilio's has.
    """
    pairs = body.decode("utf-8", "surrogateescape").split("&") if body else []
    if len(pairs) > FIELDS_AT_MOST:
        raise ValueError(f"there are more than {FIELDS_AT_MOST} fields")
    params: dict[str, list[str]] = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        params.setdefault(_decode(name), []).append(_decode(value))
    return params


def _decode(text: str) -> str:
    if "%" not in text and "+" not in text:
        return text
    return unquote_plus(text, errors="surrogateescape")


def first(params: Params, name: str) -> str:
    values = params.get(name)
    return values[0] if values else ""


def parse_callback(
    kind: Kind, params: Params, position: int | None = None, index: int | None = None
) -> Callback:
    """Return the typed callback. Raises ValueError naming the field that is missing or malformed."""
    sid = _call_sid(params, "CallSid", required=True)
    parent = _call_sid(params, "ParentCallSid", required=False)
    leg_sid = _call_sid(params, "DialCallSid", required=False)
    if kind is Kind.LEG:
        sid, leg_sid = parent or sid, sid
    if kind is Kind.VOICE and "To" not in params:
        raise ValueError("To is missing: the request does not say which number was called")
    if kind is Kind.FAILED:
        position = _failed_position(first(params, "ErrorUrl"))
    call = Call(
        call_sid=sid,
        account_sid=first(params, "AccountSid"),
        caller=first(params, "From"),
        called=first(params, "To"),
    )
    return Callback(
        kind=kind,
        call=call,
        leg_sid=leg_sid,
        result=dial_result(kind, params),
        params=params,
        position=position,
        index=index,
        error_code=to_int(first(params, "ErrorCode")),
    )


def to_int(text: str) -> int | None:
    """Return a whole number that fits every database, or None."""
    if not re.fullmatch(r"[0-9]{1,10}", text) or int(text) > 2_147_483_647:
        return None
    return int(text)


def _call_sid(params: Params, name: str, *, required: bool) -> str:
    sid = first(params, name)
    if CALL_SID.fullmatch(sid) or (not sid and not required):
        return sid
    if not sid:
        raise ValueError(f"{name} is missing")
    raise ValueError(f"{name} {sid[:40]!r} is not a call SID (CA and letters or digits)")


def dial_result(kind: str, params: Params) -> DialResult:
    """Return how a dial ended, as its action webhook tells it."""
    # In voice-failed the ErrorCode is that of the failed answer, not of a leg.
    error_code = None if kind is Kind.FAILED else to_int(first(params, "ErrorCode"))
    return DialResult(
        dial_status=first(params, "DialCallStatus").lower(),
        call_status=first(params, "CallStatus").lower(),
        bridged={"true": True, "false": False}.get(first(params, "DialBridged").lower()),
        sip_code=to_int(first(params, "DialSipResponseCode")),
        error_code=error_code,
    )


def _failed_position(error_url: str) -> int | None:
    """The position that the failed URL had dialled; None for the first webhook, or another URL."""
    try:
        path = urlsplit(error_url).path
    except ValueError:
        return None
    found = re.search(ACTION_PATH.pattern + "$", path)
    return int(found[1]) if found and found[1] else None
