"""Whatever stands in the panel comes back from a spreadsheet, and what did not survive it is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.bulk.cells import explain_damage, read, read_yes, write, write_yes

# Mostly what spreadsheets look at twice.
TEXTS = st.text(st.sampled_from("'+=-@;,\t\r\n 019aé\uff1d|"), max_size=12) | st.text(max_size=30)


@given(TEXTS)
def test_what_is_written_is_read_back(text: str) -> None:
    assert read(write(text)) == text


@given(TEXTS)
def test_no_written_cell_begins_as_a_formula(text: str) -> None:
    written = write(text)
    is_number = written.removeprefix("+").isascii() and written.removeprefix("+").isdigit()
    assert is_number or not written.lstrip().startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("+59899999999", "+59899999999"),
        ("+4915112345678", "'+4915112345678"),
        ("099999999", "'099999999"),
        ("0", "0"),
        ("'12", "''12"),
        ("=1+1", "'=1+1"),
        ("+59899999999 20s", "'+59899999999 20s"),
        ("Ana's desk", "Ana's desk"),
    ],
)
def test_numbers_and_formulas_are_kept_by_an_apostrophe(text: str, written: str) -> None:
    assert write(text) == written


@pytest.mark.parametrize("text", ["5.98E+11", "5,98E+11", "5.98e11", " 5E+11 "])
def test_a_rounded_number_is_refused_with_what_to_do(text: str) -> None:
    assert f"rounded a number to {text.strip()}," in explain_damage(text)
    assert "Make the column text" in explain_damage(text)


@pytest.mark.parametrize("text", ["#NAME?", "#¿NOMBRE?", "#¡REF!", "#N/A", "#DIV/0!", "Err:508"])
def test_a_failed_formula_is_refused(text: str) -> None:
    assert f"has put {text} in place" in explain_damage(text)


@pytest.mark.parametrize("text", ["", "0.38", "##002#", "*31#", "Err", "12E", "E164", "#1"])
def test_what_only_looks_like_damage_is_left_alone(text: str) -> None:
    assert explain_damage(text) == ""


@pytest.mark.parametrize(("text", "is_so"), [("Yes", True), (" sí ", True), ("FALSO", False)])
def test_yes_and_no_are_read_as_people_and_spreadsheets_write_them(text: str, is_so: bool) -> None:
    assert read_yes(text) is is_so
    assert read_yes(write_yes(is_so)) is is_so


def test_anything_else_is_neither() -> None:
    with pytest.raises(ValueError, match="'maybe' is neither yes nor no"):
        read_yes("maybe")
