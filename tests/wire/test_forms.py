"""The form that Twilio posts, as it is read and as it is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.wire.forms import FIELDS_AT_MOST, clean, parse_form, to_int


@pytest.mark.parametrize(
    ("body", "params"),
    [
        (b"", {}),
        (b"A=1&B=", {"A": ["1"], "B": [""]}),
        (b"A", {"A": [""]}),
        (b"A=1&A=2&A=1", {"A": ["1", "2", "1"]}),
        (b"A=b+c%20d%2B", {"A": ["b c d+"]}),
        (b"A=b=c", {"A": ["b=c"]}),
        (b"A=%20padded%0A", {"A": [" padded\n"]}),
        (b"SipHeader_X-A%3Ab=1", {"SipHeader_X-A:b": ["1"]}),
        ("A=Jos\u00e9".encode(), {"A": ["José"]}),
        (b"A=Jos%C3%A9", {"A": ["José"]}),
        (b"A=%FF", {"A": ["\udcff"]}),
        (b"A=\xff", {"A": ["\udcff"]}),
        (b"A=%00", {"A": ["\x00"]}),
        (b"A=%ZZ%", {"A": ["%ZZ%"]}),
    ],
)
def test_a_form_is_read_as_it_was_posted(body, params):
    assert parse_form(body) == params


def test_a_form_with_too_many_fields_is_malformed():
    assert len(parse_form(b"&".join([b"A=1"] * FIELDS_AT_MOST))["A"]) == FIELDS_AT_MOST

    with pytest.raises(ValueError, match="more than 500 fields"):
        parse_form(b"&".join([b"A=1"] * (FIELDS_AT_MOST + 1)))


@given(st.binary(max_size=200))
def test_any_bytes_are_a_form_that_can_be_stored(body):
    stored = clean(parse_form(body))

    assert "\x00" not in str(stored)
    str(stored).encode()


@pytest.mark.parametrize("name", ["CallToken", "StirPassportToken"])
def test_what_lets_somebody_act_as_the_caller_is_never_kept(name):
    assert clean({name: ["secret"], "CallSid": ["CA1"]}) == {"CallSid": ["CA1"]}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("49", 49),
        ("007", 7),
        ("2147483647", 2147483647),
        ("2147483648", None),
        ("99999999999999999999", None),
        ("-1", None),
        ("+1", None),
        ("1.5", None),
        (" 1", None),
        ("1\n", None),
        ("٣", None),
        ("", None),
    ],
)
def test_a_whole_number_fits_every_database_or_is_none(text, number):
    assert to_int(text) == number
