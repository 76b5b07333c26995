"""What Twilio posts, read into values. The odd ones have been seen in the wild."""

import pytest

from telephony.routing.results import DialResult
from telephony.wire.callbacks import parse_callback
from telephony.wire.paths import Address, Kind
from tests import make


def parse(kind=Kind.VOICE, position=None, index=None, **fields):
    chosen = {name: value for name, value in {**make.FIELDS, **fields}.items() if value is not None}
    return parse_callback(Address(kind, position, index), make.params(chosen))


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
    callback = parse_callback(Address(Kind.VOICE), {**make.params(make.FIELDS), "From": ["a", "b"]})

    assert callback.call.caller == "a"
    assert callback.params["From"] == ["a", "b"]


def test_unknown_fields_are_kept():
    assert parse(StirVerstat="TN-Validation-Passed-A").params["StirVerstat"] == [
        "TN-Validation-Passed-A"
    ]


def test_a_leg_belongs_to_its_parent():
    callback = parse(Kind.LEG, 2, 1, CallSid="CAchild", ParentCallSid=make.CALL_SID)

    assert (callback.call.call_sid, callback.leg_sid) == (make.CALL_SID, "CAchild")
    assert (callback.address.position, callback.address.index) == (2, 1)


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


@pytest.mark.parametrize("kind", [Kind.SCREEN, Kind.KEY])
def test_a_question_for_a_key_is_asked_of_the_leg(kind):
    callback = parse(kind, 2, CallSid="CAchild", ParentCallSid=make.CALL_SID)

    assert (callback.call.call_sid, callback.leg_sid) == (make.CALL_SID, "CAchild")


def test_a_failed_question_is_the_legs_though_its_call_is_not_named():
    callback = parse(
        Kind.FAILED, CallSid="CAchild", ErrorUrl="https://panel.example.com/twilio/screen/1/"
    )

    assert callback.leg_sid == "CAchild"


def test_a_question_for_a_key_that_failed_is_the_legs_failure_and_not_the_calls():
    callback = parse(Kind.FAILED, CallSid="CAchild", ParentCallSid=make.CALL_SID)

    assert (callback.call.call_sid, callback.leg_sid) == (make.CALL_SID, "CAchild")
