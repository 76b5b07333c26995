"""Telephone numbers: which are one line, and which Twilio can show as the caller."""

import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers

from telephony.identifiers import E164

# What carriers put in From for callers who withhold their number. They look like E.164
# (they spell ANONYMOUS, RESTRICTED, UNKNOWN, BLOCKED, UNAVAILABLE) but ring nobody.
PSEUDO_NUMBERS = frozenset(
    {"+266696687", "+7378742833", "+8656696", "+2562533", "+86282452253", "+464"}
)
# The same in words, as From and as the user part of a SIP URI.
PSEUDO_NAMES = frozenset(
    {"", "anonymous", "blocked", "not-available", "private", "restricted", "unavailable", "unknown"}
    | {"withheld"}
)
ANONYMOUS = "anonymous"

# "Any alphanumeric character, +, -, _ and ., no blanks" (Twilio, callerId towards <Sip>).
SIP_CALLER_ID = re.compile(r"[A-Za-z0-9+_.-]{1,64}")
# What Twilio writes before the name of a caller who has no telephone number.
CALLER_SCHEME = re.compile(r"(?:sips?|tel|client|whatsapp):", re.IGNORECASE)


@lru_cache(maxsize=4096)
def telephone_caller_id(caller: str) -> str | None:
    """Return From if Twilio takes it as the caller ID of a telephone leg, else None.

    Twilio takes the call's own From as it came, even where the numbering plan has changed since.
    """
    return caller if E164.fullmatch(caller) and caller not in PSEUDO_NUMBERS else None


@lru_cache(maxsize=4096)
def sip_caller_id(caller: str) -> str:
    """Return From as a caller ID that Twilio takes for a SIP leg: every caller who can be shown is."""
    name = CALLER_SCHEME.sub("", caller, count=1).partition("@")[0].partition(";")[0]
    bare = name.removeprefix("+")
    is_withheld = bare.lower() in PSEUDO_NAMES or f"+{bare}" in PSEUDO_NUMBERS
    if is_withheld or not SIP_CALLER_ID.fullmatch(name):
        return ANONYMOUS
    return name


@lru_cache(maxsize=4096)
def is_same_line(one: str, other: str) -> bool:
    """Whether two numbers may be one line; a carrier may write either in its national form.

    The country of two national forms is unknown, so their digits decide.
    """
    return any(_is_one_line(a, b) for a in _spellings(one) for b in _spellings(other))


def _spellings(text: str) -> Iterator[str]:
    """A number as it is written, and in E.164 where it begins as international calls are dialled."""
    yield text
    for prefix in ("00", "011"):
        if text.startswith(prefix):
            yield f"+{text.removeprefix(prefix)}"


def _is_one_line(one: str, other: str) -> bool:
    for number, written in ((one, other), (other, one)):
        if number.startswith("+"):
            return _is_line_of(number, written)
    digits, others = (re.sub("[^0-9]", "", text).lstrip("0") for text in (one, other))
    return digits == others and len(digits) >= 6


def _is_line_of(e164: str, written: str) -> bool:
    try:
        number = phonenumbers.parse(e164)
        region = phonenumbers.region_code_for_country_code(number.country_code or 0)
        match = phonenumbers.is_number_match(number, phonenumbers.parse(written, region))
    except phonenumbers.NumberParseException:
        return False
    return bool(match == phonenumbers.MatchType.EXACT_MATCH)
