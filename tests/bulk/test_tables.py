"""A table is read from whatever a spreadsheet makes of it, or refused with what to do."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.bulk.tables import (
    BYTES_AT_MOST,
    CHANGES_AT_MOST,
    CHANGES_ON_SQLITE_AT_MOST,
    OLD_ENCODING,
    ROWS_AT_MOST,
    UnreadableError,
    read_table,
    write_table,
)

KNOWN = ("number", "label", "cost per minute")
KEYS = ("number",)
ROW = {"number": "+59899999999", "label": "Añá", "cost per minute": "0.38"}
CELL = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)


def read(content: str | bytes):
    content = content.encode() if isinstance(content, str) else content
    return read_table(content, KNOWN, KEYS)


def refusal(content: str | bytes) -> str:
    with pytest.raises(UnreadableError) as caught:
        read(content)
    return str(caught.value)


@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=5), st.sampled_from(",;\t"))
def test_every_text_comes_back_by_every_separator(rows, separator: str) -> None:
    lines = [["number", "label"], *(["x" + a, b] for a, b in rows)]
    table = read(write_table(lines, separator))
    assert [list(row.cells.values()) for row in table.rows] == lines[1:]


@pytest.mark.parametrize(
    "content",
    [
        "number,label,cost per minute\n+59899999999,Añá,0.38\n",
        "\ufeffnumber;label;cost per minute\r\n+59899999999;Añá;0.38\r\n",
        "number\tlabel\tcost per minute\n+59899999999\tAñá\t0.38\n".encode("utf-16"),
        'label,"Cost  per Minute",NUMBER\nAñá,0.38,+59899999999\n',
    ],
)
def test_any_order_separator_and_encoding_gives_the_same_row(content: str | bytes) -> None:
    (row,) = read(content).rows
    assert (row.number, dict(row.cells), row.problems) == (2, ROW, ())


def test_what_windows_writes_is_read_with_a_word() -> None:
    table = read("number;label\n+59899999999;Añá\n".encode("cp1252"))
    assert (table.rows[0].cells["label"], table.note) == ("Añá", OLD_ENCODING)


def test_rows_are_numbered_as_the_spreadsheet_shows_them() -> None:
    table = read('number,label\n1,"two\nlines"\n\n,\n3,c\n')
    assert [(row.number, row.cells["number"]) for row in table.rows] == [(2, "1"), (5, "3")]


def test_a_row_that_ends_early_says_nothing_of_the_rest() -> None:
    assert dict(read("number,label\n1\n").rows[0].cells) == {"number": "1"}


@pytest.mark.parametrize("row", ["1,a,b", '1,"a",,b'])
def test_a_cell_without_a_column_is_a_problem_of_its_row(row: str) -> None:
    (problem,) = read(f"number,label,,\n{row}\n").rows[0].problems
    assert "'b' stands in a column without a name" in problem.text
    (problem,) = read(f"number,label\n{row}\n").rows[0].problems
    assert problem.column == ""


def test_damage_is_a_problem_of_its_cell() -> None:
    (problem,) = read("number,label\n5.98E+11,a\n").rows[0].problems
    assert (problem.column, problem.text[:27]) == ("number", "The spreadsheet has rounded")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "The file is empty"),
        ("\n , \n", "The file is empty"),
        ("number,label\n", "no row below"),
        ("number,lable\n1,a\n", "No column is called 'lable'"),
        ("label\na\n", "The column number is missing"),
        ("number,label,Label\n1,a,b\n", "The column label is there twice"),
        ('number,label\n1,"a\n', "Row 2 cannot be read"),
        ('number,label\n1,"a"b\n', "Row 2 cannot be read"),
        (b"PK\x03\x04rest", "workbook and no CSV"),
        (b"number\n\x00\n", "This is no text"),
        (b"number\n\x81\n", "cannot be read. Save it as CSV UTF-8"),
        (b"\xff\xfe\x00", "This is no text"),
        ("x" * (BYTES_AT_MOST + 1), "at most 1,000,000 can be read"),
        ("number\n" + "1\n" * (ROWS_AT_MOST + 1), "has 5,001 rows"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_what_to_do(
    content: str | bytes, words: str
) -> None:
    assert words in refusal(content)


def test_the_limits_in_the_document_are_the_code_s() -> None:
    document = (Path(__file__).parents[2] / "docs/import.md").read_text()
    assert BYTES_AT_MOST == 1_000_000
    assert f"at most 1 MB and {ROWS_AT_MOST:,} rows, of which {CHANGES_AT_MOST:,} may" in document
    assert f"On SQLite it is {CHANGES_ON_SQLITE_AT_MOST}." in document
