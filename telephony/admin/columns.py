"""The columns of files with numbers, endpoints and fallback numbers: how a cell is written and read."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError

from telephony.bulk.cells import read_yes, write_yes
from telephony.identifiers import E164
from telephony.models import PhoneNumber

# What an empty cell does.
CLEARS = "empties it"
KEEPS = "leaves what is there"


@dataclass(frozen=True)
class Column:
    """One column; `field` is the form's, or "" where it is no single field.

    `read` returns what the form is given, and raises ValueError with a sentence for the person.
    """

    name: str
    field: str
    hint: str
    example: str = ""
    empty: str = CLEARS
    read: Callable[[str], Any] = str.strip
    write: Callable[[Any], str] = str
    is_amount: bool = False
    # Shown only to those who may change it.
    is_private: bool = False
    # Taken as it stands in the file, and never told.
    is_secret: bool = False


def text(name: str, field: str, hint: str, example: str = "", **options: Any) -> Column:
    return Column(name, field, hint, example, write=lambda row: getattr(row, field), **options)


def yes_no(name: str, field: str, hint: str, example: str = "yes") -> Column:
    def write(row: Any) -> str:
        return write_yes(getattr(row, field))

    return Column(name, field, f"yes or no. {hint}", example, KEEPS, read_yes, write)


def choice(name: str, field: str, choices: list[tuple[str, Any]], example: str) -> Column:
    words = {value: str(label) for value, label in choices}
    known = {**{value.casefold(): value for value in words}}
    known |= {label.casefold(): value for value, label in words.items()}
    listed = "; ".join(words.values())

    def read(cell: str) -> str:
        if (value := known.get(cell.strip().casefold())) is None:
            raise ValueError(f"{cell.strip()!r} is not one of these: {listed}.")
        return value

    def write(row: Any) -> str:
        return words.get(getattr(row, field), getattr(row, field))

    return Column(name, field, f"One of: {listed}.", example, KEEPS, read, write)


def amount(hint: str, example: str) -> Column:
    def write(row: Any) -> str:
        return f"{Decimal(row.cost_per_minute).normalize():f}"

    options = {"empty": KEEPS, "write": write, "is_amount": True}
    return Column("cost per minute", "cost_per_minute", hint, example, **options)


def read_number(cell: str, known: Collection[str]) -> str:
    """Return a number in E.164. Raises ValidationError.

    A spreadsheet may have taken away the + of one that the panel knows.
    """
    cell = cell.strip()
    if E164.fullmatch(cell):
        return cell
    if E164.fullmatch(f"+{cell}") and f"+{cell}" in known:
        return f"+{cell}"
    cleaned: str = PhoneNumber._meta.get_field("e164").clean(cell, None)
    return cleaned


def sentences(error: Exception) -> list[str]:
    return error.messages if isinstance(error, ValidationError) else [str(error)]
