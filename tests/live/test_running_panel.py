"""The running panel under changes, strangers and hostile input."""

import time
import uuid
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from tests.environment import ACCOUNT_SID, AUTH_TOKEN
from tests.live.conftest import PUBLIC, Panel, wait_until

pytestmark = pytest.mark.live

WEBHOOKS = (
    "/twilio/voice/",
    "/twilio/voice/1/",
    "/twilio/voice-failed/",
    "/twilio/leg/",
    "/twilio/leg/1/0/",
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


def test_what_was_answered_is_recorded(panel: Panel):
    call = new_call()
    assert panel.signed("/twilio/voice/", **call)[0] == 200
    count = f"print(CallEvent.objects.filter(call_sid='{call['CallSid']}').count())"
    assert wait_until(lambda: panel.shell(f"from telephony.models import *; {count}") == "1")


def test_unsigned_and_tampered_requests_are_refused_and_leave_no_record(panel: Panel):
    call = new_call()
    params = {"AccountSid": ACCOUNT_SID, **call}
    signature = RequestValidator(AUTH_TOKEN).compute_signature(f"{PUBLIC}/twilio/voice/", params)
    tampered = urlencode({**params, "From": "+12025550101"}).encode()
    assert panel.post("/twilio/voice/", urlencode(params).encode())[0] == 403
    assert panel.post("/twilio/voice/", tampered, signature)[0] == 403
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
    st.sampled_from([f"CA{'0' * 32}", f"{PUBLIC}/twilio/voice/1/", "http://[", "💥" * 300]),
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
    signature = RequestValidator(AUTH_TOKEN).compute_signature(PUBLIC + path, fields)
    status, _ = panel.post(path, urlencode(fields).encode(), signature)
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
    """Runs after the hostile ones: nothing of theirs blocks a good call's record."""
    call = new_call()
    panel.signed("/twilio/voice/", **call)
    count = f"print(CallRecord.objects.filter(pk='{call['CallSid']}').count())"
    assert wait_until(lambda: panel.shell(f"from telephony.models import *; {count}") == "1")
