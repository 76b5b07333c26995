"""A file of comma-separated values, as whatever spreadsheet wrote it, and the table that is in it."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from telephony.bulk import cells

BYTES_AT_MOST = 1_000_000
ROWS_AT_MOST = 5_000
# Rows that differ from what is stored: each is judged by its form, some milliseconds long.
CHANGES_AT_MOST = 1_000
# While they are written SQLite lets nobody else write, neither other people nor the calls.
CHANGES_ON_SQLITE_AT_MOST = 200
# With it Excel reads UTF-8.
BYTE_ORDER_MARK = "\ufeff"
# What Excel puts between cells: commas, semicolons where the comma is the decimal point, tabs in
# its Unicode text.
SEPARATORS = ",;\t"
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
ZIPPED = b"PK\x03\x04"
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
OLD_ENCODING = (
    "The file is not in UTF-8, so it was read as Windows writes it in western Europe and the "
    "Americas. Look whether accented letters are right below; if not, save it as CSV UTF-8."
)


class UnreadableError(Exception):
    """The file as a whole cannot be read; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a row; the column is "" where it is not one alone."""

    column: str
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """`number` is the one that a spreadsheet shows beside the row. Cells that are missing are not in it."""

    number: int
    cells: Mapping[str, str]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    note: str = ""


def write_table(rows: Iterable[Sequence[str]], separator: str = ",") -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator)
    writer.writerows([cells.write(cell) for cell in row] for row in rows)
    return BYTE_ORDER_MARK + text.getvalue()


def read_table(
    content: bytes, known: Sequence[str], keys: Sequence[str], secret: Collection[str] = ()
) -> Table:
    """Return the table of a file that may have the known columns, and must have the keys.

    The cells of secret columns are taken as they are, and nothing says what stands in them.
    Raises UnreadableError.
    """
    text, note = _decode(content)
    records = _split(text, _find_separator(text, known))
    if not any(any(cell.strip() for cell in record) for record in records):
        raise UnreadableError("The file is empty. Its first row must name the columns.")
    columns = _read_head(records[0], known, keys)
    rows = [
        _read_row(number, columns, record, secret)
        for number, record in enumerate(records[1:], start=2)
        if any(cell.strip() for cell in record)
    ]
    if not rows:
        raise UnreadableError("The file has the names of columns, but no row below them.")
    if len(rows) > ROWS_AT_MOST:
        raise UnreadableError(
            f"The file has {len(rows):,} rows, but at most {ROWS_AT_MOST:,} can be read at once. "
            "Divide it, and import one part after the other."
        )
    return Table(columns, tuple(rows), note)


def _decode(content: bytes) -> tuple[str, str]:
    if len(content) > BYTES_AT_MOST:
        raise UnreadableError(
            f"The file has {len(content):,} bytes, but at most {BYTES_AT_MOST:,} can be read. "
            "Divide it, and import one part after the other."
        )
    if content.startswith((ZIPPED, OLD_EXCEL)):
        raise UnreadableError(
            "This is a workbook and no CSV. Open it in the spreadsheet, and save it as CSV UTF-8."
        )
    text, note = _decode_text(content)
    if "\0" in text:
        raise UnreadableError("This is no text. Save the table as CSV UTF-8 in the spreadsheet.")
    return text, note


def _decode_text(content: bytes) -> tuple[str, str]:
    try:
        if content.startswith(UTF_16):
            return content.decode("utf-16"), ""
        return content.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        pass
    try:
        return content.decode("cp1252"), OLD_ENCODING
    except UnicodeDecodeError as error:
        raise UnreadableError(
            "The letters of this file cannot be read. Save it as CSV UTF-8 in the spreadsheet."
        ) from error


def _find_separator(text: str, known: Sequence[str]) -> str:
    """Return the separator by which the first line names most columns."""
    first = text.lstrip("\r\n").splitlines()[0] if text.strip() else ""

    def count(separator: str) -> int:
        return sum(_plain(name.strip('"')) in known for name in first.split(separator))

    return max(SEPARATORS, key=count)


def _split(text: str, separator: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    records: list[list[str]] = []
    try:
        records.extend(reader)
    except csv.Error as error:
        raise UnreadableError(
            f"Row {len(records) + 1} cannot be read: a quotation mark is open or in the middle of a "
            "cell. Put quotation marks around the whole cell, and write those inside twice."
        ) from error
    return records


def _plain(name: str) -> str:
    """Return the name of a column as it is compared: whatever its capitals and blanks."""
    return " ".join(name.split()).casefold()


def _read_head(record: Sequence[str], known: Sequence[str], keys: Sequence[str]) -> tuple[str, ...]:
    names = {_plain(name): name for name in known}
    found = [_plain(cells.read(cell)) for cell in record]
    listed = ", ".join(known)
    if unknown := [cell.strip() for cell, name in zip(record, found, strict=True) if name and name not in names]:  # fmt: skip
        raise UnreadableError(
            f"No column is called {', '.join(map(repr, unknown[:5]))}. The first row must name the "
            f"columns, which can be: {listed}."
        )
    if twice := [name for name, count in Counter(filter(None, found)).items() if count > 1]:
        raise UnreadableError(
            f"The column {names[twice[0]]} is there twice. Remove one of the two."
        )
    if missing := [name for name in keys if _plain(name) not in found]:
        raise UnreadableError(
            f"The column {missing[0]} is missing: it says which row is meant. The columns can be: "
            f"{listed}."
        )
    return tuple(names.get(name, "") for name in found)


def _read_row(
    number: int, columns: Sequence[str], record: Sequence[str], secret: Collection[str]
) -> Row:
    # A row that ends early says nothing about the columns it does not reach.
    named = [(name, cell) for name, cell in zip(columns, record, strict=False) if name]
    read = {name: cell if name in secret else cells.read(cell) for name, cell in named}
    problems = [
        Problem(name, damage)
        for name, cell in named
        if name not in secret and (damage := cells.explain_damage(cell))
    ]
    beyond = [cell for cell in record[len(columns) :] if cell.strip()]
    unnamed = [c for n, c in zip(columns, record, strict=False) if not n and c.strip()]
    if stray := [*beyond, *unnamed]:
        # It may be the rest of a password that has the separator in it.
        what = "A cell" if set(secret) & set(columns) else repr(stray[0].strip())
        problems.append(
            Problem(
                "",
                f"{what} stands in a column without a name. A cell with the separator in it needs "
                "quotation marks around it.",
            )
        )
    return Row(number, read, tuple(problems))
