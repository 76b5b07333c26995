"""Single cells: written so that a spreadsheet neither calculates nor rounds them, and read back."""

import re

# A number is not a formula, though it begins like one; without its + it would be another.
NUMBER = re.compile(r"\+?[0-9]*")
# Without any of these there is nothing to look for.
SIGNS = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
# What makes a formula of a cell, also where a spreadsheet that separates by semicolons or tabs
# begins one in the middle of ours. Apostrophes before it are our own: one more can be taken away.
# Blanks after a separator are none themselves, or each of many would be looked at for all before it.
FORMULA = re.compile(r"(^|[;,|\t\r\n])([^\S\t\r\n]*)(?='*[=+\-@\uff1d\uff0b\uff0d\uff20])")
GUARDED = re.compile(r"(^|[;,|\t\r\n])([^\S\t\r\n]*)'(?='*[=+\-@\uff1d\uff0b\uff0d\uff20])")
DIGITS = re.compile(r"'*\+?[0-9]+")
# Spreadsheets show more digits as 5.98E+11, and save what they show.
DIGITS_SHOWN = 11

SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+")
# What Excel and LibreOffice show for a formula that failed, in English and in Spanish.
FAILED = re.compile(r"#(?:N/[AD]|[¿¡]?[^\W\d_]+(?:/0)?[!?])|(?:Err:[0-9]{3})")

YES = frozenset({"yes", "y", "true", "on", "1", "sí", "si", "s", "verdadero", "x"})
NO = frozenset({"no", "n", "false", "off", "0", "falso"})


def safe(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: an apostrophe stands before it."""
    if SIGNS.isdisjoint(text) or NUMBER.fullmatch(text):
        return text
    return FORMULA.sub(r"\1\2'", text)


def write(text: str) -> str:
    """Return text that comes back as it is from a spreadsheet: `read(write(text)) == text`."""
    if not DIGITS.fullmatch(text):
        return FORMULA.sub(r"\1\2'", text)
    bare = text.lstrip("+")
    is_kept = bare == "0" or (not bare.startswith(("0", "'")) and len(bare) <= DIGITS_SHOWN)
    return text if is_kept else f"'{text}"


def read(text: str) -> str:
    """Return what was written, without the apostrophe that kept it from becoming something else."""
    if text.startswith("'") and DIGITS.fullmatch(text):
        return text[1:]
    return GUARDED.sub(r"\1\2", text)


def explain_damage(text: str) -> str:
    """Return what a spreadsheet has done to a cell that cannot be undone, "" if nothing."""
    if SCIENTIFIC.fullmatch(text.strip()):
        return (
            f"The spreadsheet has rounded a number to {text.strip()}, so its last digits are lost. "
            "Make the column text, write the number again, and save the file anew."
        )
    if FAILED.fullmatch(text.strip()):
        return (
            f"The spreadsheet has put {text.strip()} in place of what was there: it tried to "
            "calculate it. Make the column text, and write the value again."
        )
    return ""


def read_yes(text: str) -> bool:
    """Raises ValueError with a sentence for the person."""
    word = text.strip().casefold()
    if word in YES:
        return True
    if word in NO:
        return False
    raise ValueError(f"{text.strip()!r} is neither yes nor no. Write one of the two.")


def write_yes(is_so: bool) -> str:
    return "yes" if is_so else "no"
