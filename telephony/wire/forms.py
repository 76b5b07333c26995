"""Reads the form that Twilio posts: names and their values, unknown ones kept, blank ones too."""

import re
from collections.abc import Mapping, Sequence
from itertools import chain
from urllib.parse import unquote_plus

Params = Mapping[str, Sequence[str]]

# A form of Twilio's has some 40 fields and 3 kB; X- headers of a SIP call add to that.
FIELDS_AT_MOST = 500
BODY_BYTES_AT_MOST = 128 * 1024
# Whoever has these can act as the call or as its caller. Nothing that we store needs them.
SECRET_FIELDS = frozenset({"CallToken", "StirPassportToken"})
# What neither XML nor PostgreSQL can hold: NUL, and bytes that were not UTF-8.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


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
    if "+" not in text:
        # Nine in ten fields have nothing to decode, or a telephone number's plus sign.
        plain = text.replace("%2B", "+")
        if "%" not in plain:
            return plain
    return unquote_plus(text, errors="surrogateescape")


def clean(params: Params) -> Params:
    """Return the fields in the form in which they may be stored, logged and used.

    Fields that must never be kept are gone, and what no database can hold has become
    U+FFFD. Call it only after the signature is checked, which covers what was posted.
    """
    kept = {name: values for name, values in params.items() if name not in SECRET_FIELDS}
    if not UNSTORABLE.search("".join(chain(kept, *kept.values()))):
        return kept
    return {
        UNSTORABLE.sub("\ufffd", name): [UNSTORABLE.sub("\ufffd", value) for value in values]
        for name, values in kept.items()
    }


def first(params: Params, name: str) -> str:
    values = params.get(name)
    return values[0] if values else ""


def to_int(text: str) -> int | None:
    """Return a whole number that fits every database, or None."""
    if not re.fullmatch(r"[0-9]{1,10}", text) or int(text) > 2_147_483_647:
        return None
    return int(text)
