"""What Twilio posts, read into values. The odd ones have been seen in the wild."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.routing.results import DialResult
from telephony.wire.callbacks import (
    FIELDS_AT_MOST,
    Kind,
    parse_callback,
    parse_form,
    to_int,
)
from tests import make


def parse(kind=Kind.VOICE, position=None, index=None, **fields):
    chosen = {name: value for name, value in {**make.FIELDS, **fields}.items() if value is not None}
    return parse_callback(kind, make.params(chosen), position, index)


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
    stored = storable(parse_form(body))

    assert "\x00" not in str(stored)
    str(stored).encode()


@pytest.mark.parametrize(
    "caller", ["anonymous", "Anonymous", "unknown", "client:ana", "sip:a@b.example", "911", ""]
)
def test_a_caller_without_a_number_is_kept_as_received(caller):
    assert parse(From=caller).call.caller == caller


def test_a_webhook_without_from_has_an_unknown_caller():
    assert parse(From=None).call.caller == ""


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"CallSid": None}, "CallSid is missing"),
        ({"CallSid": ""}, "CallSid is missing"),
        ({"CallSid": "RE1"}, "CallSid 'RE1' is not a call SID (CA and letters or digits)"),
        ({"CallSid": "CA1\n"}, r"CallSid 'CA1\n' is not a call SID (CA and letters or digits)"),
        ({"CallSid": "CA\udcff"}, r"CallSid 'CA\udcff' is not a call SID (CA and letters or digits)"),
        ({"DialCallSid": "x" * 90}, f"DialCallSid {'x' * 40!r} is not a call SID (CA and letters or digits)"),
        ({"ParentCallSid": "1"}, "ParentCallSid '1' is not a call SID (CA and letters or digits)"),
        ({"To": None}, "To is missing: the request does not say which number was called"),
    ],
)  # fmt: skip
def test_a_malformed_webhook_names_the_field(fields, reason):
    with pytest.raises(ValueError) as error:
        parse(**fields)

    assert str(error.value) == reason


@pytest.mark.parametrize("kind", [Kind.ACTION, Kind.FAILED, Kind.LEG, Kind.STATUS])
def test_only_a_new_call_needs_to_say_which_number_was_called(kind):
    assert parse(kind, To=None).call.called == ""


def test_the_first_of_a_repeated_field_counts():
    callback = parse_callback(Kind.VOICE, {**make.params(make.FIELDS), "From": ["a", "b"]})

    assert callback.call.caller == "a"
    assert callback.params["From"] == ["a", "b"]


def test_unknown_fields_are_kept():
    assert parse(StirVerstat="TN-Validation-Passed-A").params["StirVerstat"] == [
        "TN-Validation-Passed-A"
    ]


def test_a_leg_belongs_to_its_parent():
    callback = parse(Kind.LEG, 2, 1, CallSid="CAchild", ParentCallSid=make.CALL_SID)

    assert (callback.call.call_sid, callback.leg_sid) == (make.CALL_SID, "CAchild")
    assert (callback.position, callback.index) == (2, 1)


def test_a_leg_without_a_parent_is_its_own_call():
    callback = parse(Kind.LEG, CallSid="CAchild")

    assert (callback.call.call_sid, callback.leg_sid) == ("CAchild", "CAchild")


def test_an_action_names_the_dialled_leg():
    assert parse(Kind.ACTION, 1, DialCallSid="CAchild").leg_sid == "CAchild"
    assert parse(Kind.ACTION, 1).leg_sid == ""


# Fields of an action webhook -> how the dial ended.
RESULTS = [
    ({}, DialResult("", "ringing")),
    ({"DialCallStatus": "completed", "CallStatus": "in-progress"}, DialResult("completed", "in-progress")),
    ({"DialCallStatus": "Completed", "CallStatus": "Ringing"}, DialResult("completed", "ringing")),
    ({"DialCallStatus": "completed", "DialBridged": "true"}, DialResult("completed", "ringing", True)),
    ({"DialCallStatus": "completed", "DialBridged": "false"}, DialResult("completed", "ringing", False)),
    ({"DialCallStatus": "completed", "DialBridged": "False"}, DialResult("completed", "ringing", False)),
    ({"DialCallStatus": "completed", "DialBridged": ""}, DialResult("completed", "ringing")),
    ({"DialCallStatus": "busy", "DialSipResponseCode": "486"}, DialResult("busy", "ringing", None, 486)),
    ({"DialCallStatus": "busy", "DialSipResponseCode": "soon"}, DialResult("busy", "ringing")),
    ({"DialCallStatus": "busy", "ErrorCode": "13247"}, DialResult("busy", "ringing", None, None, 13247)),
    ({"DialCallStatus": "busy", "ErrorCode": ""}, DialResult("busy", "ringing")),
    ({"CallStatus": None}, DialResult("", "")),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "result"), RESULTS)
def test_an_action_tells_how_the_dial_ended(fields, result):
    assert parse(Kind.ACTION, 1, **fields).result == result


def test_the_error_of_a_failed_answer_is_not_the_legs():
    callback = parse(Kind.FAILED, DialCallStatus="busy", ErrorCode="11200")

    assert callback.error_code == 11200
    assert callback.result == DialResult("busy", "ringing")


@pytest.mark.parametrize(
    ("error_url", "position"),
    [
        ("https://panel.example.com/twilio/voice/", None),
        ("https://panel.example.com/twilio/voice/1/", 1),
        ("https://panel.example.com/twilio/voice/999/", 999),
        ("https://panel.example.com:8443/twilio/voice/2/?a=1#rc=2", 2),
        ("https://example.com/panel/twilio/voice/3/", 3),
        ("https://panel.example.com/twilio/voice/3", None),
        ("https://panel.example.com/twilio/voice/3/4/", None),
        ("https://panel.example.com/twilio/voice/12345/", None),
        ("https://panel.example.com/twilio/voice/٣/", None),
        ("https://panel.example.com/twilio/voice-failed/", None),
        ("https://panel.example.com/twilio/leg/1/0/", None),
        ("https://[broken/twilio/voice/1/", None),
        ("", None),
    ],
)
def test_the_failed_address_says_which_position_had_been_dialled(error_url, position):
    assert parse(Kind.FAILED, ErrorUrl=error_url).position == position


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
