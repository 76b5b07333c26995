"""Every row of behaviour of the webhooks: posted as Twilio posts, signed as it signs, and stored."""

import xml.etree.ElementTree as ET

import pytest

from telephony.models import CallEvent, CallLeg, CallRecord, RouteStep
from telephony.wire.signature import sign
from tests import make, twilio
from tests.environment import ACCOUNT_SID, AUTH_TOKEN

OFFICE = "sip:myext@pbx.example.com:5060;transport=udp"
LEG = {"CallSid": "CAchild", "ParentCallSid": make.CALL_SID}


def verbs(answer: twilio.Answer) -> list[str]:
    """What Twilio is told to do: whom to dial, or the verbs."""
    assert answer.status == 200, answer.text
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    document = ET.fromstring(answer.text)
    dial = document.find("Dial")
    return [verb.tag for verb in document] if dial is None else [noun.text for noun in dial]


def action_of(answer: twilio.Answer) -> str:
    """The path that Twilio asks when the dial it was told to do has ended."""
    dial = ET.fromstring(answer.text).find("Dial")
    return dial.get("action").removeprefix(twilio.PUBLIC)


def record() -> CallRecord:
    return CallRecord.objects.get(pk=make.CALL_SID)


# A new call.


def test_a_call_to_our_number_rings_the_endpoint(twilio_post):
    make.make_story()

    assert verbs(twilio_post("/twilio/voice/")) == [OFFICE]
    assert (record().caller, record().called) == (make.CALLER, make.NUMBER)


def test_a_number_that_is_not_ours_is_rejected_and_recorded(twilio_post):
    assert verbs(twilio_post("/twilio/voice/")) == ["Reject"]
    assert record().outcome == "rejected"


def test_a_disabled_number_is_rejected(twilio_post):
    make.make_number(make.make_endpoint(), enabled=False)

    assert verbs(twilio_post("/twilio/voice/")) == ["Reject"]


def test_a_number_of_another_account_is_not_ours(twilio_post):
    make.make_number(make.make_endpoint(), account_sid="AC" + "f" * 32)

    assert verbs(twilio_post("/twilio/voice/")) == ["Reject"]


def test_a_number_of_a_sub_account_is_signed_with_its_own_token(twilio_post, settings):
    sub = "AC" + "f" * 32
    settings.TWILIO_TOKENS = {**settings.TWILIO_TOKENS, sub: ("token-of-the-sub-account",)}
    make.make_number(make.make_endpoint(), account_sid=sub)
    about = {"AccountSid": sub, "token": "token-of-the-sub-account"}

    assert verbs(twilio_post("/twilio/voice/", **about)) == [OFFICE]
    assert twilio_post("/twilio/voice/", AccountSid=sub).status == 403


def test_a_repeated_webhook_gets_the_same_answer_and_no_second_row(twilio_post):
    make.make_story()

    first, again = twilio_post("/twilio/voice/"), twilio_post("/twilio/voice/")

    assert first.text == again.text
    assert (CallEvent.objects.count(), CallRecord.objects.count()) == (1, 1)


def test_everything_posted_is_kept(twilio_post):
    twilio_post("/twilio/voice/", StirVerstat="TN-Validation-Passed-A", Tag=["a", "b"], Empty="")

    params = CallEvent.objects.get().params
    assert params["StirVerstat"] == ["TN-Validation-Passed-A"]
    assert (params["Tag"], params["Empty"]) == (["a", "b"], [""])


def test_a_nul_in_a_field_is_stored_visibly(twilio_post):
    make.make_story()

    assert verbs(twilio_post("/twilio/voice/", CallerName="A\x00na")) == [OFFICE]
    assert CallEvent.objects.get().params["CallerName"] == ["A\ufffdna"]


def test_the_answer_holds_the_password_and_the_records_do_not(twilio_post):
    make.make_story()

    assert make.PASSWORD in twilio_post("/twilio/voice/").text
    assert make.PASSWORD not in str(CallEvent.objects.values_list("decision", "params").get())


def test_steps_with_one_position_ring_together(twilio_post):
    number = make.make_story()
    RouteStep.objects.filter(number=number).update(position=1)

    assert verbs(twilio_post("/twilio/voice/")) == [OFFICE, make.MOBILE]


# A dial that ended.


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"DialCallStatus": "failed", "DialSipResponseCode": "503"}, [make.MOBILE]),
        ({"DialCallStatus": "no-answer"}, [make.MOBILE]),
        ({"DialCallStatus": "busy", "DialSipResponseCode": "486"}, ["Say", "Hangup"]),
        ({"DialCallStatus": "busy"}, ["Say", "Hangup"]),
        ({"DialCallStatus": "busy", "DialSipResponseCode": "603"}, ["Say", "Hangup"]),
        # Twilio's own refusal looks like busy.
        ({"DialCallStatus": "busy", "ErrorCode": "13247"}, [make.MOBILE]),
        ({"DialCallStatus": "completed", "DialBridged": "true"}, ["Hangup"]),
        ({"DialCallStatus": "completed"}, ["Hangup"]),
        ({"DialCallStatus": "completed", "DialBridged": "false"}, [make.MOBILE]),
        ({"DialCallStatus": "canceled"}, ["Hangup"]),
        ({"DialCallStatus": "canceled", "CallStatus": "no-answer"}, ["Hangup"]),
        ({"DialCallStatus": "no-answer", "CallStatus": "completed"}, ["Hangup"]),
        ({}, [make.MOBILE]),
        ({"DialCallStatus": "a-new-word"}, [make.MOBILE]),
    ],
)
def test_what_follows_a_dial(twilio_post, fields, expected):
    make.make_story()

    assert verbs(twilio_post("/twilio/voice/1/", **fields)) == expected


def test_busy_moves_on_if_the_step_says_so(twilio_post):
    number = make.make_story()
    number.steps.filter(position=1).update(on_busy=True, on_declined=True)

    assert verbs(twilio_post("/twilio/voice/1/", DialCallStatus="busy")) == [make.MOBILE]
    declined = {"DialCallStatus": "busy", "DialSipResponseCode": "603"}
    assert verbs(twilio_post("/twilio/voice/1/", **declined)) == [make.MOBILE]


def test_the_last_silence_is_explained_in_the_numbers_language(twilio_post):
    number = make.make_story()
    number.language, number.unavailable_message = "es-MX", "No hay nadie."
    number.save()

    response = twilio_post("/twilio/voice/2/", DialCallStatus="no-answer")

    assert verbs(response) == ["Say", "Hangup"]
    said = ET.fromstring(response.text)[0]
    assert (said.text, said.get("language")) == ("No hay nadie.", "es-MX")


# An answer that failed: position of the failed URL and the error, then who rings.


@pytest.mark.parametrize(
    ("path", "fields", "expected"),
    [
        ("", {"ErrorCode": "11200"}, [OFFICE]),
        ("", {"ErrorCode": "13243"}, [make.MOBILE]),
        ("", {}, [make.MOBILE]),
        ("1/", {"ErrorCode": "11205", "DialCallStatus": "failed"}, [make.MOBILE]),
        ("1/", {"ErrorCode": "11200"}, [make.MOBILE]),
        ("1/", {"ErrorCode": "11200", "CallStatus": "in-progress"}, ["Hangup"]),
        ("1/", {"ErrorCode": "12100", "CallStatus": "in-progress"}, ["Hangup"]),
        ("1/", {"ErrorCode": "11200", "CallStatus": "completed"}, ["Hangup"]),
        ("1/", {"ErrorCode": "13243", "DialCallStatus": "failed"}, ["Say", "Hangup"]),
        ("2/", {"ErrorCode": "11200", "DialCallStatus": "no-answer"}, ["Say", "Hangup"]),
    ],
)
def test_the_call_goes_on_when_an_answer_failed(twilio_post, path, fields, expected):
    make.make_story()
    url = f"https://panel.example.com/twilio/voice/{path}"

    assert verbs(twilio_post("/twilio/voice-failed/", ErrorUrl=url, **fields)) == expected


# Legs and statuses.


@pytest.mark.parametrize("path", ["/twilio/leg/", "/twilio/leg/1/0/", "/twilio/status/"])
def test_nothing_is_asked_by_a_callback_and_nothing_is_verbs(twilio_post, path):
    assert verbs(twilio_post(path)) == []


def test_a_status_for_an_unknown_call_is_kept(twilio_post):
    twilio_post("/twilio/status/", CallStatus="completed", CallDuration="49")

    assert (record().status, record().duration_s) == ("completed", 49)


def test_leg_callbacks_may_come_before_their_call(twilio_post):
    make.make_story()
    rung = {**LEG, "To": "sip:myext@pbx.example.com"}
    twilio_post("/twilio/leg/1/0/", CallStatus="initiated", **rung)
    assert (record().caller, record().outcome) == ("", "ringing")

    twilio_post("/twilio/voice/")

    assert record().caller == make.CALLER
    assert CallLeg.objects.get().label == "myext@office"


def test_a_late_ringing_does_not_reopen_a_finished_call(twilio_post):
    make.make_story()
    twilio_post("/twilio/status/", CallStatus="completed", CallDuration="49")
    twilio_post("/twilio/voice/")

    assert record().status == "completed"


def test_a_whole_call_is_recorded_with_its_legs(twilio_post):
    make.make_story()
    twilio_post("/twilio/voice/")
    twilio_post("/twilio/voice/1/", DialCallStatus="failed", DialSipResponseCode="503")
    ended = {"DialCallStatus": "completed", "DialCallSid": "CAmobile", "DialCallDuration": "61"}
    twilio_post("/twilio/voice/2/", CallStatus="in-progress", **ended)

    assert (record().outcome, record().answered_by, record().talk_s) == (
        "failed-over",
        make.MOBILE,
        61,
    )
    assert list(CallLeg.objects.values_list("position", "dial_status", "sip_code")) == [
        (1, "failed", 503),
        (2, "completed", None),
    ]


@pytest.mark.parametrize("called", ["+1\x00202", "+1\udcff00202"], ids=["NUL", "no UTF-8"])
def test_a_number_with_a_byte_that_no_database_holds_is_rejected_and_recorded(
    ask, admin_client, called
):
    fields = {"CallSid": ["CAstrange"], "AccountSid": [ACCOUNT_SID], "To": [called]}
    body = twilio.encode(fields)
    signature = sign(f"{twilio.PUBLIC}/twilio/voice/", fields, AUTH_TOKEN)

    answer = ask(twilio.Request("/twilio/voice/", body, signature))

    assert verbs(answer) == ["Reject"]
    assert CallRecord.objects.get(pk="CAstrange").outcome == "rejected"
    assert admin_client.get("/admin/telephony/callrecord/CAstrange/change/").status_code == 200


def test_nobody_is_dialled_if_the_caller_is_gone_when_the_answer_fails(twilio_post):
    make.make_story()
    fields = {"CallStatus": "completed", "ErrorCode": "11205"}
    response = twilio_post(
        "/twilio/voice-failed/", ErrorUrl=f"{twilio.PUBLIC}/twilio/voice/", **fields
    )
    assert verbs(response) == ["Hangup"]


def test_a_call_that_we_ended_is_not_one_that_the_caller_hung_up(twilio_post):
    number = make.make_story()
    twilio_post("/twilio/voice/")
    number.enabled = False
    number.save()
    assert verbs(twilio_post("/twilio/voice/1/", DialCallStatus="failed")) == ["Hangup"]
    twilio_post("/twilio/status/", CallStatus="completed", CallDuration="9")
    assert record().outcome == "unanswered"


def test_a_call_answered_before_its_action_failed_is_answered_at_an_unknown_cost(twilio_post):
    make.make_story()
    twilio_post("/twilio/voice/")
    failed = {"ErrorCode": "11205", "ErrorUrl": f"{twilio.PUBLIC}/twilio/voice/1/"}
    twilio_post("/twilio/voice-failed/", CallStatus="in-progress", **failed)
    twilio_post("/twilio/status/", CallStatus="completed", CallDuration="30")
    assert (record().outcome, record().cost) == ("answered", None)


def test_a_step_that_cannot_ring_does_not_move_the_call_on(twilio_post):
    number = make.make_story()
    disabled = make.make_endpoint(user="second", enabled=False)
    RouteStep.objects.create(number=number, position=1, endpoint=disabled, on_busy=True)
    action = action_of(twilio_post("/twilio/voice/"))

    assert verbs(twilio_post(action, DialCallStatus="busy")) == ["Say", "Hangup"]


# A call whose configuration changes while it is under way.


def swap_steps() -> None:
    for old, new in ((1, 9), (2, 1), (9, 2)):
        RouteStep.objects.filter(position=old).update(position=new)


def test_a_call_ends_on_the_plan_it_began_with(twilio_post):
    make.make_story()
    first = twilio_post("/twilio/voice/")
    swap_steps()

    second = twilio_post(action_of(first), DialCallStatus="no-answer")
    third = twilio_post(action_of(second), DialCallStatus="no-answer")

    assert (verbs(first), verbs(second)) == ([OFFICE], [make.MOBILE])
    assert verbs(third) == ["Say", "Hangup"]
    assert verbs(twilio_post("/twilio/voice/", CallSid="CAnew")) == [make.MOBILE]


def test_the_plan_goes_on_where_its_answer_could_not_be_fetched(twilio_post):
    make.make_story()
    action = action_of(twilio_post("/twilio/voice/"))
    swap_steps()

    failed = {"ErrorCode": "11200", "ErrorUrl": twilio.PUBLIC + action, "DialCallStatus": "failed"}

    assert verbs(twilio_post("/twilio/voice-failed/", **failed)) == [make.MOBILE]


def test_a_repeated_first_webhook_after_a_change_is_decided_anew_and_both_answers_are_kept(
    twilio_post,
):
    make.make_story()
    first = twilio_post("/twilio/voice/")
    swap_steps()
    second = twilio_post("/twilio/voice/")

    assert (verbs(first), verbs(second)) == ([OFFICE], [make.MOBILE])
    events = CallEvent.objects.order_by("received_at")
    labels = [e.decision["dial"]["destinations"][0]["label"] for e in events]
    assert labels == ["myext@office", make.MOBILE]


@pytest.mark.parametrize(
    "error_url", ["", "https://elsewhere.example/twiml", f"{twilio.PUBLIC}/twilio/voice/"]
)
@pytest.mark.parametrize(
    "fields",
    [{"CallStatus": "in-progress"}, {"DialCallStatus": "completed", "DialBridged": "true"}],
)
def test_an_answered_call_is_not_dialled_again_whatever_url_has_failed(
    twilio_post, error_url, fields
):
    make.make_story()
    failed = {"ErrorUrl": error_url, "ErrorCode": "11200", **fields}

    assert verbs(twilio_post("/twilio/voice-failed/", **failed)) == ["Hangup"]


# Loops, caller IDs, languages and keys, as a caller meets them.


def test_a_mobile_that_forwards_back_to_us_is_not_rung_again(twilio_post):
    make.make_story()
    RouteStep.objects.filter(fallback_number__isnull=False).update(position=1)
    RouteStep.objects.filter(endpoint__isnull=False).update(position=2)

    answer = twilio_post("/twilio/voice/", ForwardedFrom="099999999")

    # The story's endpoint rings the same line through Asterisk.
    assert verbs(answer) == ["Say", "Hangup"]
    decision = CallEvent.objects.get().decision
    assert [p["obstacle"] for p in decision["passed_over"]] == ["loop", "loop"]
    assert {"code": "forwarded-here", "number": "099999999"} in decision["reasons"]


def test_a_fixed_caller_id_is_used_for_its_own_account_only(twilio_post, settings):
    sub = "AC" + "f" * 32
    settings.TWILIO_TOKENS = {**settings.TWILIO_TOKENS, sub: ("token-of-the-sub-account",)}
    fixed = make.make_number(e164="+12025550101")
    mobile = make.make_fallback(caller_id="fixed", fixed_caller_id=fixed)
    make.make_number(mobile)
    make.make_number(mobile, e164="+12025550102", account_sid=sub)

    def shown(**fields) -> str:
        document = ET.fromstring(twilio_post("/twilio/voice/", **fields).text)
        return document.find("Dial").get("callerId")

    assert shown() == "+12025550101"
    foreign = {"AccountSid": sub, "token": "token-of-the-sub-account", "To": "+12025550102"}
    assert shown(CallSid="CAother", **foreign) == "+12025550102"


def test_choosing_spanish_speaks_spanish(twilio_post):
    make.make_number(make.make_endpoint(), language="es-MX")

    said = ET.fromstring(twilio_post("/twilio/voice/1/", DialCallStatus="failed").text)[0]

    assert said.text == (
        "En este momento nadie puede atender su llamada. Por favor, llame más tarde."
    )


def test_whoever_picks_up_must_press_a_key(twilio_post):
    make.make_number(make.make_fallback(ask_for_key=True, language="es-MX"))
    number = ET.fromstring(twilio_post("/twilio/voice/").text).find("Dial")[0]
    question = number.get("url").removeprefix(twilio.PUBLIC)
    leg = {**LEG, "To": make.MOBILE, "CallStatus": "in-progress"}

    asked = twilio_post(question, **leg)
    gather = ET.fromstring(asked.text).find("Gather")
    pressed = twilio_post(gather.get("action").removeprefix(twilio.PUBLIC), Digits="5", **leg)

    assert question == "/twilio/screen/1/"
    assert verbs(asked) == ["Gather", "Hangup"]
    assert (gather.find("Say").get("language"), "tecla" in gather.find("Say").text) == (
        "es-MX",
        True,
    )
    assert verbs(pressed) == []
    assert set(CallEvent.objects.values_list("call_sid", flat=True)) == {make.CALL_SID}


def test_no_key_is_no_answer_and_the_next_step_rings(twilio_post):
    make.make_number(make.make_fallback(ask_for_key=True), make.make_endpoint())
    action = action_of(twilio_post("/twilio/voice/"))
    mailbox = {"DialCallStatus": "completed", "DialBridged": "false", "DialCallDuration": "12"}

    assert verbs(twilio_post(action, **mailbox)) == [OFFICE]


def test_a_question_that_could_not_be_put_ends_the_leg_and_not_the_call(twilio_post):
    make.make_number(make.make_fallback(ask_for_key=True), make.make_endpoint())
    action = action_of(twilio_post("/twilio/voice/"))
    failed = {**LEG, "CallStatus": "in-progress", "ErrorCode": "11200", "To": make.MOBILE}
    ended = twilio_post(
        "/twilio/voice-failed/", ErrorUrl=f"{twilio.PUBLIC}/twilio/screen/1/", **failed
    )
    after = twilio_post(action, DialCallStatus="completed", DialBridged="false")

    assert verbs(ended) == ["Hangup"]
    assert verbs(after) == [OFFICE]
    decision = CallEvent.objects.get(kind="voice-failed").decision
    assert decision["reasons"] == [{"code": "not-fetched", "error": 11200}]
    assert record().outcome == "ringing"
