"""Telephone numbers: what is E.164, and what Twilio takes as a caller ID."""

import re
from functools import lru_cache

import phonenumbers

# What carriers put in From for callers who withhold their number. They look like E.164
# (they spell ANONYMOUS, RESTRICTED, UNKNOWN, BLOCKED, UNAVAILABLE) but ring nobody.
PSEUDO_NUMBERS = frozenset(
    {"+266696687", "+7378742833", "+8656696", "+2562533", "+86282452253", "+464"}
)
E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def parse_e164(text: str) -> str:
    """Return the number as +digits. Raises ValueError with a reason a person can act on."""
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException as error:
        raise ValueError(
            "Write the number with + and country code, such as +12025550100."
        ) from error
    if number.extension:
        raise ValueError("Write the number without an extension.")
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason != phonenumbers.ValidationResult.IS_POSSIBLE:
        word = "short" if reason == phonenumbers.ValidationResult.TOO_SHORT else "long"
        if reason not in (
            phonenumbers.ValidationResult.TOO_SHORT,
            phonenumbers.ValidationResult.TOO_LONG,
        ):
            raise ValueError("No such number can exist in that country; check the country code.")
        raise ValueError(f"The number is too {word} for its country.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=4096)
def is_caller_number(text: str) -> bool:
    """Whether `text`, as received in From, is a number that can be shown and called back."""
    if not E164.fullmatch(text) or text in PSEUDO_NUMBERS:
        return False
    try:
        return parse_e164(text) == text
    except ValueError:
        return False


def is_same_line(dialled: str, e164: str) -> bool:
    """Whether digits that a trunk dials reach an E.164 number, with 00 or 011 before it or without."""
    digits = e164.removeprefix("+")
    return dialled.removeprefix("+") in {digits, f"00{digits}", f"011{digits}"}
