"""Every row of behaviour of the webhooks, in process: posted as Twilio posts, signed as it signs."""

import xml.etree.ElementTree as ET
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from telephony.models import CallEvent, CallLeg, CallRecord, RouteStep
from telephony.wire.signature import sign
from tests import make
from tests.environment import ACCOUNT_SID, AUTH_TOKEN

pytestmark = pytest.mark.django_db

PUBLIC = "https://panel.example.com"
OFFICE = "sip:myext@pbx.example.com:5060;transport=udp"
LEG = {"CallSid": "CAchild", "ParentCallSid": make.CALL_SID}
WEBHOOKS = [
    "/twilio/voice/",
    "/twilio/voice/1/",
    "/twilio/voice-failed/",
    "/twilio/leg/",
    "/twilio/leg/1/0/",
    "/twilio/status/",
]


def told(response) -> list[str]:
    """What Twilio is told to do: whom to dial, or the verbs."""
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "text/xml; charset=utf-8"
    document = ET.fromstring(response.content)
    dial = document.find("Dial")
    return [verb.tag for verb in document] if dial is None else [noun.text for noun in dial]


def record() -> CallRecord:
    return CallRecord.objects.get(pk=make.CALL_SID)


# Who gets in.


@pytest.mark.parametrize("path", WEBHOOKS)
def test_an_unsigned_request_is_refused(client, path):
    assert client.post(path, make.FIELDS).status_code == 403
    assert CallEvent.objects.count() == 0


@pytest.mark.parametrize("path", WEBHOOKS)
def test_a_request_signed_with_another_token_is_refused(twilio_post, path):
    assert twilio_post(path, token="another-token").status_code == 403
    assert CallEvent.objects.count() == 0


def test_a_tampered_field_is_refused(client, twilio_post):
    genuine = twilio_post("/twilio/voice/").wsgi_request
    body = genuine.body.replace(b"2025550143", b"2025550144")
    headers = {"X-Twilio-Signature": genuine.headers["X-Twilio-Signature"]}

    response = client.post(
        "/twilio/voice/", body, content_type=genuine.content_type, headers=headers
    )

    assert response.status_code == 403


def test_a_signature_for_one_webhook_opens_no_other(client, twilio_post):
    genuine = twilio_post("/twilio/status/").wsgi_request
    headers = {"X-Twilio-Signature": genuine.headers["X-Twilio-Signature"]}

    response = client.post(
        "/twilio/voice/", genuine.body, content_type=genuine.content_type, headers=headers
    )

    assert response.status_code == 403


def test_a_signature_over_what_a_proxy_says_is_refused(client, twilio_post, settings):
    settings.PUBLIC_BASE_URL = "https://elsewhere.example.com"

    assert twilio_post("/twilio/voice/").status_code == 403


@pytest.mark.parametrize("account_sid", ["AC00000000000000000000000000000000", "", None, "x"])
def test_an_account_without_a_token_is_refused(twilio_post, account_sid):
    assert twilio_post("/twilio/voice/", AccountSid=account_sid).status_code == 403


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("token", [AUTH_TOKEN, ""])
def test_without_tokens_nobody_gets_in_debug_or_not(twilio_post, settings, debug, token):
    settings.TWILIO_TOKENS, settings.DEBUG = {}, debug

    assert twilio_post("/twilio/voice/", token=token).status_code == 403


def test_both_tokens_get_in_during_a_rotation(twilio_post, settings):
    settings.TWILIO_TOKENS = {ACCOUNT_SID: (AUTH_TOKEN, "the-next-token")}

    assert told(twilio_post("/twilio/voice/")) == ["Reject"]
    assert told(twilio_post("/twilio/voice/", token="the-next-token")) == ["Reject"]


def test_a_refusal_names_no_secret_in_the_log(twilio_post, caplog):
    twilio_post("/twilio/voice/", token="another-token")

    assert "signed with another token" in caplog.text
    assert AUTH_TOKEN not in caplog.text


@pytest.mark.parametrize("path", WEBHOOKS)
@pytest.mark.parametrize("method", ["get", "head", "put", "delete", "options"])
def test_only_post_is_answered(client, path, method):
    response = getattr(client, method)(path)

    assert response.status_code == 405
    assert response["Allow"] == "POST"


@pytest.mark.parametrize(
    "path",
    ["/twilio/", "/twilio/voice", "/twilio/voice/0/", "/twilio/voice/1000/", "/twilio/leg/1/10/"],
)
def test_another_address_is_no_webhook(twilio_post, path):
    assert twilio_post(path).status_code == 404


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"CallSid": None}, "Malformed: CallSid is missing.\n"),
        ({"CallSid": "1"}, "Malformed: CallSid '1' is not a call SID (CA and letters or digits).\n"),
        ({"To": None}, "Malformed: To is missing: the request does not say which number was called.\n"),
        ({"X": ["1"] * 500}, "Malformed: there are more than 500 fields.\n"),
        ({"X": "1" * 140_000}, "Malformed: the body is larger than 131072 bytes.\n"),
    ],
)  # fmt: skip
def test_a_malformed_request_is_told_why(twilio_post, fields, why):
    response = twilio_post("/twilio/voice/", **fields)

    assert (response.status_code, response.content.decode()) == (400, why)
    assert CallEvent.objects.count() == 0


def test_what_is_no_form_is_refused(client):
    response = client.post("/twilio/voice/", "{}", content_type="application/json")

    assert response.status_code == 403


def test_no_cookie_is_ever_set(client, twilio_post):
    responses = [twilio_post(path, **LEG) for path in WEBHOOKS] + [client.post("/twilio/voice/")]

    assert not any(response.cookies for response in responses)


def test_csrf_protection_does_not_stand_in_twilios_way(twilio_post):
    make.make_story()

    assert told(twilio_post("/twilio/voice/", by=Client(enforce_csrf_checks=True))) == [OFFICE]


@pytest.mark.parametrize("query", ["?a=1", "?b=2&a=1", "?a=%7Eana&b=x+y", "?a=It%27s"])
def test_a_query_is_part_of_what_is_signed(twilio_post, query):
    make.make_story()

    assert told(twilio_post(f"/twilio/voice/{query}")) == [OFFICE]


# A new call.


def test_a_call_to_our_number_rings_the_endpoint(twilio_post):
    make.make_story()

    assert told(twilio_post("/twilio/voice/")) == [OFFICE]
    assert (record().caller, record().called) == (make.CALLER, make.NUMBER)


def test_a_number_that_is_not_ours_is_rejected_and_recorded(twilio_post):
    assert told(twilio_post("/twilio/voice/")) == ["Reject"]
    assert record().outcome == "rejected"


def test_a_disabled_number_is_rejected(twilio_post):
    make.make_number(make.make_endpoint(), enabled=False)

    assert told(twilio_post("/twilio/voice/")) == ["Reject"]


def test_a_number_of_another_account_is_not_ours(twilio_post):
    make.make_number(make.make_endpoint(), account_sid="AC" + "f" * 32)

    assert told(twilio_post("/twilio/voice/")) == ["Reject"]


def test_a_number_of_a_sub_account_is_signed_with_its_own_token(twilio_post, settings):
    sub = "AC" + "f" * 32
    settings.TWILIO_TOKENS = {**settings.TWILIO_TOKENS, sub: ("token-of-the-sub-account",)}
    make.make_number(make.make_endpoint(), account_sid=sub)
    about = {"AccountSid": sub, "token": "token-of-the-sub-account"}

    assert told(twilio_post("/twilio/voice/", **about)) == [OFFICE]
    assert twilio_post("/twilio/voice/", AccountSid=sub).status_code == 403


def test_a_repeated_webhook_gets_the_same_answer_and_no_second_row(twilio_post):
    make.make_story()

    first, again = twilio_post("/twilio/voice/"), twilio_post("/twilio/voice/")

    assert first.content == again.content
    assert (CallEvent.objects.count(), CallRecord.objects.count()) == (1, 1)


def test_everything_posted_is_kept(twilio_post):
    twilio_post("/twilio/voice/", StirVerstat="TN-Validation-Passed-A", Tag=["a", "b"], Empty="")

    params = CallEvent.objects.get().params
    assert params["StirVerstat"] == ["TN-Validation-Passed-A"]
    assert (params["Tag"], params["Empty"]) == (["a", "b"], [""])


def test_a_nul_in_a_field_is_stored_visibly(twilio_post):
    make.make_story()

    assert told(twilio_post("/twilio/voice/", CallerName="A\x00na")) == [OFFICE]
    assert CallEvent.objects.get().params["CallerName"] == ["A\ufffdna"]


def test_the_answer_holds_the_password_and_the_records_do_not(twilio_post):
    make.make_story()

    assert make.PASSWORD in twilio_post("/twilio/voice/").content.decode()
    assert make.PASSWORD not in str(CallEvent.objects.values_list("decision", "params").get())


def test_steps_with_one_position_ring_together(twilio_post):
    number = make.make_story()
    RouteStep.objects.filter(number=number).update(position=1)

    assert told(twilio_post("/twilio/voice/")) == [OFFICE, make.MOBILE]


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

    assert told(twilio_post("/twilio/voice/1/", **fields)) == expected


def test_busy_moves_on_if_the_step_says_so(twilio_post):
    number = make.make_story()
    number.steps.filter(position=1).update(on_busy=True, on_declined=True)

    assert told(twilio_post("/twilio/voice/1/", DialCallStatus="busy")) == [make.MOBILE]
    declined = {"DialCallStatus": "busy", "DialSipResponseCode": "603"}
    assert told(twilio_post("/twilio/voice/1/", **declined)) == [make.MOBILE]


def test_the_last_silence_is_explained_in_the_numbers_language(twilio_post):
    number = make.make_story()
    number.language, number.unavailable_message = "es-MX", "No hay nadie."
    number.save()

    response = twilio_post("/twilio/voice/2/", DialCallStatus="no-answer")

    assert told(response) == ["Say", "Hangup"]
    said = ET.fromstring(response.content)[0]
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

    assert told(twilio_post("/twilio/voice-failed/", ErrorUrl=url, **fields)) == expected


# Legs and statuses.


@pytest.mark.parametrize("path", ["/twilio/leg/", "/twilio/leg/1/0/", "/twilio/status/"])
def test_nothing_is_asked_by_a_callback_and_nothing_is_told(twilio_post, path):
    assert told(twilio_post(path)) == []


def test_a_status_for_an_unknown_call_is_kept(twilio_post):
    twilio_post("/twilio/status/", CallStatus="completed", CallDuration="49")

    assert (record().status, record().duration_s) == ("completed", 49)


def test_leg_callbacks_may_come_before_their_call(twilio_post):
    make.make_story()
    twilio_post("/twilio/leg/1/0/", CallStatus="initiated", **LEG)
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


# Cost.


def queries(post, path, **fields) -> int:
    with CaptureQueriesContext(connection) as captured:
        post(path, **fields)
    return len(captured)


@pytest.mark.parametrize("path", WEBHOOKS)
def test_the_number_of_queries_is_small_and_does_not_grow(twilio_post, path):
    number = make.make_story()
    twilio_post("/twilio/leg/1/0/", **LEG)
    few = queries(twilio_post, path, SequenceNumber="98")
    for place in range(20):
        endpoint = make.make_endpoint(user=f"more{place}")
        make.make_step(number, endpoint, position=place + 3)
        make.make_number(endpoint, e164=f"+120255502{place:02}")
        twilio_post("/twilio/leg/1/0/", SequenceNumber=str(place), **LEG)

    assert queries(twilio_post, path, SequenceNumber="99") == few
    assert few <= 12


@pytest.mark.parametrize("called", ["+1\x00202", "+1\udcff00202"], ids=["NUL", "no UTF-8"])
def test_a_number_with_a_byte_that_no_database_holds_is_rejected_and_recorded(
    client, admin_client, called
):
    fields = {"CallSid": "CAstrange", "AccountSid": ACCOUNT_SID, "To": called}
    params = {name: [value] for name, value in fields.items()}
    response = client.post(
        "/twilio/voice/",
        urlencode(fields, errors="surrogateescape").encode(),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": sign(f"{PUBLIC}/twilio/voice/", params, AUTH_TOKEN)},
    )

    assert told(response) == ["Reject"]
    assert CallRecord.objects.get(pk="CAstrange").outcome == "rejected"
    assert admin_client.get("/admin/telephony/callrecord/CAstrange/change/").status_code == 200


def test_a_caller_who_is_gone_when_the_answer_failed_is_not_dialled_for(twilio_post):
    make.make_story()
    fields = {"CallStatus": "completed", "ErrorCode": "11205"}
    response = twilio_post("/twilio/voice-failed/", ErrorUrl=f"{PUBLIC}/twilio/voice/", **fields)
    assert told(response) == ["Hangup"]


def test_a_call_that_we_ended_is_not_one_that_the_caller_hung_up(twilio_post):
    number = make.make_story()
    twilio_post("/twilio/voice/")
    number.enabled = False
    number.save()
    assert told(twilio_post("/twilio/voice/1/", DialCallStatus="failed")) == ["Hangup"]
    twilio_post("/twilio/status/", CallStatus="completed", CallDuration="9")
    assert record().outcome == "unanswered"


def test_a_call_answered_before_its_action_failed_is_answered_at_an_unknown_cost(twilio_post):
    make.make_story()
    twilio_post("/twilio/voice/")
    failed = {"ErrorCode": "11205", "ErrorUrl": f"{PUBLIC}/twilio/voice/1/"}
    twilio_post("/twilio/voice-failed/", CallStatus="in-progress", **failed)
    twilio_post("/twilio/status/", CallStatus="completed", CallDuration="30")
    assert (record().outcome, record().cost) == ("answered", None)


def test_a_step_that_cannot_ring_does_not_move_the_call_on(twilio_post):
    number = make.make_story()
    disabled = make.make_endpoint(user="second", enabled=False)
    RouteStep.objects.create(number=number, position=1, endpoint=disabled, on_busy=True)
    assert told(twilio_post("/twilio/voice/1/", DialCallStatus="busy")) == ["Say", "Hangup"]
