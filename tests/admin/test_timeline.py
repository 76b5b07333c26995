"""The story of a call, told from its webhooks."""

import random

import pytest

from telephony.records.meanings import SIP_CODES, TWILIO_ERRORS, error_meaning, sip_meaning
from telephony.records.timeline import build_timeline
from tests import make

FAILOVER = """
    0  voice
    0  leg/1/0  CallStatus=ringing SequenceNumber=1
    6  leg/1/0  CallStatus=failed SipResponseCode=503 SequenceNumber=3
    6  voice/1  DialCallStatus=failed DialSipResponseCode=503
    6  leg/2/0  CallStatus=ringing SequenceNumber=1
    6  status   CallStatus=no-answer CallDuration=0
"""
KINDS = [
    "The call came in",
    "Twilio reported on the leg to myext",
    "Twilio reported on the leg to myext",
    "The dial at position 1 ended",
    "Twilio reported on the leg to mobile",
    "Twilio reported on the call",
]


def moment(webhook: str, **fields: object):
    return build_timeline([make.event(webhook, **fields)])[0]


def test_webhooks_stand_in_the_order_of_the_call_however_they_are_stored() -> None:
    events = make.events(FAILOVER)
    random.Random(7).shuffle(events)
    assert [moment.kind for moment in build_timeline(events)] == KINDS


def test_a_moment_counts_from_the_first_webhook() -> None:
    assert [moment.after_s for moment in build_timeline(make.events(FAILOVER))] == [
        0,
        0,
        6,
        6,
        6,
        6,
    ]


def test_a_call_without_webhooks_has_no_timeline() -> None:
    assert build_timeline([]) == ()


def test_what_twilio_said_is_put_into_words() -> None:
    said = moment("voice/1", DialCallStatus="busy", ErrorCode="13247", DialBridged="false").said
    assert said == (
        "call status ringing",
        "dial status busy",
        "not put through to the caller",
        "error 13247: the caller ID has characters that SIP does not take",
    )


def test_of_a_leg_the_sip_code_explains_and_twilios_error_is_a_number_beside_it() -> None:
    codes = {"DialSipResponseCode": "400", "ErrorCode": "13224"}
    said = moment("voice/1", DialCallStatus="failed", **codes).said
    assert said[-1] == "SIP 400: the server could not read the request (Twilio's error 13224)"


def test_the_error_of_a_failed_answer_is_explained_beside_the_dials_sip_code() -> None:
    url = "https://panel.example.com/twilio/voice/1/"
    codes = {"DialSipResponseCode": "503", "ErrorCode": "11200", "ErrorUrl": url}
    said = moment("voice-failed", DialCallStatus="failed", **codes).said
    assert said[-2:] == (
        "SIP 503: the server is down or full",
        "error 11200: Twilio could not fetch the answer",
    )


KEY = """
    0  voice
    6  leg/1/0  CallStatus=in-progress
    6  screen/1 CallSid=CAleg1a CallStatus=in-progress To=+59899999999
    9  key/1    CallSid=CAleg1a CallStatus=in-progress To=+59899999999 Digits=1
    30 leg/1/0  CallStatus=completed CallDuration=24
    30 voice/1  DialCallStatus=completed DialCallSid=CAleg1a DialBridged=true
"""
ASKED = make.directory(make.number(make.mobile(ask_for_key=True)))


def test_a_question_for_a_key_is_told_and_the_key_that_was_pressed() -> None:
    _, _, asked, pressed, left, ended = build_timeline(make.events(KEY, ASKED))
    assert asked.kind == "mobile picked up"
    assert asked.answer == (
        "Ask whoever picked up for a key: “You have a call. Press any key to answer it.”"
    )
    assert pressed.said == ("leg status in-progress", "pressed 1")
    assert "no key was pressed" not in (*left.said, *ended.said)


def test_a_mailbox_that_presses_no_key_is_told_once_it_is_over() -> None:
    lines = [line for line in KEY.splitlines() if "key/1" not in line]
    _, picked_up, _, left, ended = build_timeline(make.events("\n".join(lines), ASKED))
    assert "no key was pressed" not in picked_up.said
    assert "no key was pressed" in left.said
    assert "no key was pressed" in ended.said


def test_a_leg_tells_its_own_status_and_sip_code() -> None:
    said = moment("leg/1/0", CallStatus="busy", SipResponseCode="486", CallDuration="0").said
    assert said == ("leg status busy", "SIP 486: busy", "0 s")


def test_a_dial_is_told_with_its_reason() -> None:
    shown = moment("voice")
    assert shown.answer == "Ring myext for 20 s, showing +12025550143 (position 1)"
    assert shown.reason.startswith("a new call")


def test_a_destination_that_was_passed_over_is_named_with_the_obstacle() -> None:
    live = make.directory(make.number(make.sip(enabled=False), make.mobile()))
    assert moment("voice", live=live).passed_over == ("myext at position 1: it is disabled",)


@pytest.mark.parametrize(
    ("webhook", "fields", "answer"),
    [
        ("voice", {"To": "+12025550199"}, "Reject the call"),
        ("voice/1", {"DialCallStatus": "completed", "DialBridged": "true"}, "Hang up"),
        (
            "voice/1",
            {"DialCallStatus": "busy"},
            "Say “The line is busy. Please call again later.” and hang up",
        ),
        ("status", {"CallStatus": "completed"}, ""),
    ],
)
def test_every_decision_has_its_words(webhook: str, fields: dict[str, str], answer: str) -> None:
    assert moment(webhook, **fields).answer == answer


def test_a_failed_answer_is_told() -> None:
    shown = moment("voice-failed", ErrorCode="11200", ErrorUrl="https://panel.example.com/x")
    assert shown.kind == "Twilio could not use our answer"
    assert "error 11200: Twilio could not fetch the answer" in shown.said


def test_a_leg_of_an_unknown_dial_is_named_by_whom_it_rang() -> None:
    assert moment("leg/7/0", To="sip:x@pbx.example.com").kind.endswith("sip:x@pbx.example.com")


def test_every_received_field_is_kept_in_order_of_its_name() -> None:
    fields = moment("voice", Zebra="z").fields
    assert [name for name, _ in fields] == sorted([*make.FIELDS, "Zebra"])


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("X-AuthToken", "s3cret", "(not shown)"),
        ("SipHeader_X-Password", "s3cret", "(not shown)"),
        ("To", "sip:ana:s3cret@pbx.example.com", "sip:ana:(not shown)@pbx.example.com"),
        ("ErrorUrl", "https://u:s3cret@host/x", "https://u:(not shown)@host/x"),
        ("To", "sip:ana@pbx.example.com:5060", "sip:ana@pbx.example.com:5060"),
    ],
)
def test_what_could_be_a_secret_is_not_shown(name: str, value: str, shown: str) -> None:
    assert dict(moment("status", **{name: value}).fields)[name] == shown


def test_codes_nobody_has_heard_of_have_words_too() -> None:
    assert sip_meaning(499) == "refused"
    assert sip_meaning(99999) == "not a SIP response code"
    assert error_meaning(99999) == "see www.twilio.com/docs/api/errors/99999"


def test_every_code_is_in_its_range_and_has_words() -> None:
    assert all(200 <= code < 700 and words.strip() for code, words in SIP_CODES.items())
    assert all(10000 <= code < 100000 and words.strip() for code, words in TWILIO_ERRORS.items())
