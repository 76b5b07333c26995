"""Telephone numbers as people write them: read into E.164, and shown in their own style.

`country` is the ISO code of the country whose numbers are written without their country code;
with "" every number needs its + and its code.
"""

import re
import unicodedata
from functools import lru_cache

import phonenumbers
from phonenumbers import CountryCodeSource, PhoneNumber, PhoneNumberFormat, ValidationResult

from telephony.identifiers import E164

WITH_CODE = "Write the number with + and the country code, such as +12025550100."
# What may stand between digits, once blanks and dashes of every kind are made plain.
STRANGE = re.compile(r"[^0-9+ ().\[\]/~-]+")
# As numbers are copied out of links.
SCHEME = re.compile(r"tel:", re.IGNORECASE)
KINDS = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE)
# Numbers in lists, of which a page shows a few dozen again and again.
REMEMBERED = 4096


def parse_e164(text: str, country: str = "") -> str:
    """Return the number as +digits. Raises ValueError with a reason a person can act on."""
    plain = make_plain(text)
    try:
        number = phonenumbers.parse(plain, country or None, keep_raw_input=True)
    except phonenumbers.NumberParseException as error:
        raise ValueError(_why_unreadable(plain, error.error_type, country)) from error
    if number.extension and "," not in plain:
        raise ValueError("Write the number without an extension.")
    if problem := _find_strange(plain) or _find_problem(number, country):
        raise ValueError(f"{problem} {_how_to_write(number, country)}".rstrip())
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


@lru_cache(maxsize=REMEMBERED)
def show_number(text: str, country: str = "") -> str:
    """Return a number in E.164 in its country's style, with its code if that is another country.

    What is no such number, such as `client:ana`, stays as it is.
    """
    if not E164.fullmatch(text):
        return text
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return text
    if not phonenumbers.is_possible_number(number):
        return text
    is_here = country and phonenumbers.is_valid_number_for_region(number, country)
    style = PhoneNumberFormat.NATIONAL if is_here else PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, style)


def hint(country: str) -> str:
    """Return how a number may be written, for the help of a form."""
    sample = _sample(country, PhoneNumberFormat.NATIONAL)
    if not sample:
        return "With + and the country code, such as +1 202 555 0100."
    return f"Such as {sample}, or with + and the country code."


def make_plain(text: str) -> str:
    """Return text with plain digits, blanks and hyphens, and without marks that nobody sees."""
    folded = unicodedata.normalize("NFKC", text)
    return SCHEME.sub("", "".join(map(_make_plain_character, folded)).strip(), count=1)


def _make_plain_character(character: str) -> str:
    category = unicodedata.category(character)
    if character.isspace():
        return " "
    if category == "Pd" or character == "\N{MINUS SIGN}":
        return "-"
    if category == "Nd":
        return str(unicodedata.digit(character))
    return "" if category in ("Cf", "Cc") else character


def _find_strange(plain: str) -> str:
    found = STRANGE.search(plain)
    if found is None:
        return ""
    return f"'{found[0][:20].strip()}' is not part of a telephone number."


def _why_unreadable(plain: str, kind: int, country: str) -> str:
    if strange := _find_strange(plain):
        return f"{strange} {_how_to_write(None, country)}"
    if kind == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE and plain.startswith("+"):
        return "No country has this code; check what stands after the +."
    if not country:
        return WITH_CODE
    problems = {
        phonenumbers.NumberParseException.NOT_A_NUMBER: "This is no telephone number.",
        phonenumbers.NumberParseException.TOO_LONG: "The number is too long.",
    }
    return f"{problems.get(kind, 'The number is too short.')} {_how_to_write(None, country)}"


def _find_problem(number: PhoneNumber, country: str) -> str:
    """Return what is wrong with a number that could be read, "" if nothing is."""
    match phonenumbers.is_possible_number_with_reason(number):
        case ValidationResult.TOO_SHORT:
            return "The number is too short for its country."
        case ValidationResult.TOO_LONG:
            return "The number is too long for its country."
        case ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
            return "The number lacks its area code."
        case ValidationResult.INVALID_LENGTH | ValidationResult.INVALID_COUNTRY_CODE:
            return "No number of its country has so many digits; check the country code."
    return "" if _has_code(number) else _find_unknown(number, country)


def _has_code(number: PhoneNumber) -> bool:
    """Whether its country was written too."""
    return number.country_code_source in (
        CountryCodeSource.FROM_NUMBER_WITH_PLUS_SIGN,
        CountryCodeSource.FROM_NUMBER_WITH_IDD,
    )


def _find_unknown(number: PhoneNumber, country: str) -> str:
    """Judge strictly what was written without its country: most often it is a slip.

    Numbers with their code need only be possible, because numbering plans change faster than
    libraries.
    """
    if phonenumbers.is_valid_number(number):
        return ""
    digits = len(phonenumbers.national_significant_number(number))
    usual = [
        len(phonenumbers.national_significant_number(sample))
        for kind in KINDS
        if (sample := phonenumbers.example_number_for_type(country, kind))
    ]
    if usual and digits < min(usual):
        return "The number is too short for its country."
    if usual and digits > max(usual):
        return "The number is too long for its country."
    return "No area or network there begins like this."


def _how_to_write(number: PhoneNumber | None, country: str) -> str:
    """Return a sentence with a sample of the country that was meant."""
    if number is None or not _has_code(number):
        sample = _sample(country, PhoneNumberFormat.NATIONAL)
        return f"Write it like {sample}, or with + and the country code." if sample else WITH_CODE
    meant = phonenumbers.region_code_for_country_code(number.country_code or 0)
    sample = _sample(meant, PhoneNumberFormat.INTERNATIONAL)
    return f"Write it like {sample}." if sample else ""


def _sample(country: str, style: int) -> str:
    samples = (phonenumbers.example_number_for_type(country, kind) for kind in KINDS)
    sample = next(filter(None, samples), None) if country else None
    return phonenumbers.format_number(sample, style) if sample else ""
