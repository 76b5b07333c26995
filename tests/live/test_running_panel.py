"""The running panel under changes, strangers and hostile input."""

import http.client
import time
import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import twilio
from tests.environment import ACCOUNT_SID
from tests.live.conftest import Panel, wait_until

pytestmark = pytest.mark.live

WEBHOOKS = (
    "/twilio/voice/",
    "/twilio/voice/1/",
    "/twilio/voice/1/fn.2-f3-20-fn/",
    "/twilio/voice-failed/",
    "/twilio/leg/",
    "/twilio/leg/1/0/",
    "/twilio/screen/1/",
    "/twilio/screen/1/key/",
    "/twilio/status/",
)


def new_call(**fields: str) -> dict[str, str]:
    sid = f"CA{uuid.uuid4().hex}"
    return {
        "CallSid": sid,
        "From": "+59891234567",
        "To": "+12025550100",
        "CallStatus": "ringing",
        **fields,
    }


def test_a_changed_route_is_live_within_a_second(panel: Panel):
    assert "sip:myext@pbx.example.com" in panel.signed("/twilio/voice/", **new_call())[1]
    try:
        panel.shell("from telephony.models import *; SipEndpoint.objects.update(user='frontdesk')")
        changed = time.monotonic()
        # Each of the worker processes has a snapshot of its own.
        assert wait_until(
            lambda: all(
                "sip:frontdesk@" in panel.signed("/twilio/voice/", **new_call())[1]
                for _ in range(12)
            ),
            seconds=3,
        )
        assert time.monotonic() - changed < 1.5
    finally:
        panel.shell("from telephony.models import *; SipEndpoint.objects.update(user='myext')")
        assert wait_until(
            lambda: all(
                "sip:myext@" in panel.signed("/twilio/voice/", **new_call())[1] for _ in range(12)
            )
        )


def test_what_was_answered_is_recorded(panel: Panel):
    call = new_call()
    assert panel.signed("/twilio/voice/", **call)[0] == 200
    count = f"print(CallEvent.objects.filter(call_sid='{call['CallSid']}').count())"
    assert wait_until(lambda: panel.shell(f"from telephony.models import *; {count}") == "1")


def test_unsigned_and_tampered_requests_are_refused_and_leave_no_record(panel: Panel):
    call = new_call()
    genuine = twilio.sign("/twilio/voice/", {"AccountSid": ACCOUNT_SID, **call})
    tampered = genuine.body.replace(b"59891234567", b"12025550101")
    assert panel.post("/twilio/voice/", genuine.body)[0] == 403
    assert panel.post("/twilio/voice/", tampered, genuine.signature)[0] == 403
    time.sleep(0.3)
    count = f"print(CallEvent.objects.filter(call_sid='{call['CallSid']}').count())"
    assert panel.shell(f"from telephony.models import *; {count}") == "0"


def test_a_replayed_request_gets_the_same_answer_and_no_second_row(panel: Panel):
    call = new_call()
    answers = {panel.signed("/twilio/voice/", **call) for _ in range(5)}
    assert len(answers) == 1
    count = f"print(CallEvent.objects.filter(call_sid='{call['CallSid']}').count())"
    assert wait_until(lambda: panel.shell(f"from telephony.models import *; {count}") == "1")


NAMES = st.sampled_from(
    [
        "CallDuration",
        "CallSid",
        "CallStatus",
        "DialBridged",
        "DialCallDuration",
        "DialCallSid",
        "DialCallStatus",
        "DialSipResponseCode",
        "ErrorCode",
        "ErrorUrl",
        "From",
        "ParentCallSid",
        "SequenceNumber",
        "SwitchhookSimulated",
        "Timestamp",
        "To",
    ]
)
VALUES = st.one_of(
    st.text(max_size=200),
    st.sampled_from(["", "\x00", "ringing", "completed", "true", "9" * 40, "-1", "+12025550100"]),
    st.sampled_from([f"CA{'0' * 32}", f"{twilio.PUBLIC}/twilio/voice/1/", "http://[", "💥" * 300]),
)
FIELDS = st.dictionaries(st.one_of(NAMES, st.text(min_size=1, max_size=30)), VALUES, max_size=30)
HOSTILE = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@HOSTILE
@given(path=st.sampled_from(WEBHOOKS), fields=FIELDS, known=st.booleans())
def test_no_signed_fields_make_a_server_error(panel: Panel, path, fields, known):
    fields = {**(new_call() if known else {}), **fields, "AccountSid": ACCOUNT_SID}
    request = twilio.sign(path, fields)
    status, _ = panel.post(path, request.body, request.signature)
    assert status in (200, 400)


@HOSTILE
@given(
    path=st.sampled_from(WEBHOOKS),
    body=st.one_of(st.binary(max_size=2000), st.just(b"a=" + b"x" * 200_000), st.just(b"&" * 5000)),
    signature=st.one_of(st.none(), st.text("abcXYZ/+=", max_size=40)),
    content_type=st.sampled_from(
        ["application/x-www-form-urlencoded", "application/json", "multipart/form-data", "", "x"]
    ),
)
def test_nothing_that_a_stranger_sends_makes_a_server_error(
    panel: Panel, path, body, signature, content_type
):
    assert panel.post(path, body, signature, content_type)[0] in (400, 403)


def test_every_call_that_was_thrown_at_it_ended_in_the_database_or_was_set_aside(panel: Panel):
    """Runs after the hostile ones: nothing that they sent blocks a good call's record."""
    call = new_call()
    panel.signed("/twilio/voice/", **call)
    count = f"print(CallRecord.objects.filter(pk='{call['CallSid']}').count())"
    assert wait_until(lambda: panel.shell(f"from telephony.models import *; {count}") == "1")


def post_chunked(panel: Panel, request: twilio.Request) -> tuple[int, str]:
    """Post a body in pieces and without its length, as a proxy may forward it."""
    connection = http.client.HTTPConnection("127.0.0.1", panel.port, timeout=15)
    headers = {"Content-Type": twilio.FORM, "X-Twilio-Signature": request.signature}
    pieces = (request.body[at : at + 1000] for at in range(0, len(request.body), 1000))
    try:
        connection.request("POST", request.path, pieces, headers, encode_chunked=True)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def test_a_signed_chunked_body_is_read(panel: Panel):
    fields = {"AccountSid": ACCOUNT_SID, **new_call(), "SipHeader_X-Long": "x" * 5000}
    status, text = post_chunked(panel, twilio.sign("/twilio/voice/", fields))
    assert (status, "sip:myext@" in text) == (200, True)


def test_a_chunked_body_that_is_too_large_is_refused_with_that_reason(panel: Panel):
    fields = {"AccountSid": ACCOUNT_SID, **new_call(), "X": "1" * 140_000}
    status, text = post_chunked(panel, twilio.sign("/twilio/voice/", fields))
    assert (status, text) == (400, "Malformed: the body is larger than 131072 bytes.\n")


def test_a_form_that_is_refused_before_django_has_strict_headers_too(panel: Panel):
    connection = http.client.HTTPConnection("127.0.0.1", panel.port, timeout=10)
    try:
        # The body is announced only: the server does not wait to be sent one that is too large.
        connection.putrequest("POST", "/admin/login/")
        connection.putheader("Content-Length", "3000000")
        connection.endheaders()
        answer = connection.getresponse()
        assert answer.status >= 400
        assert "default-src 'none'" in answer.getheader("Content-Security-Policy", "")
        assert "camera=()" in answer.getheader("Permissions-Policy", "")
    finally:
        connection.close()


def test_a_line_break_in_a_field_forges_no_line_of_the_log(panel: Panel):
    forged = "2026-11-24 12:00:00,000 CRITICAL root: everything is lost"
    marked = f"+1{uuid.uuid4().int % 10**9}"
    panel.signed("/twilio/voice/", **new_call(To=f"{marked}\n{forged}"))
    panel.signed("/twilio/voice/", **new_call(AccountSid=f"AC{marked}\r\n{forged}"))
    assert wait_until(lambda: panel.log().count(marked) >= 2)
    lines = panel.log().splitlines()
    assert sum(marked in line for line in lines) >= 2
    assert not any(line.startswith(forged[:40]) for line in lines)
