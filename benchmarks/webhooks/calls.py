"""Incoming calls as Twilio posts them: whole signed HTTP requests, each call with its own CallSid."""

import random
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from benchmarks.load import Call

HOST = "panel.example.com"
PUBLIC_BASE_URL = f"http://{HOST}"
ACCOUNT_SID = "AC" + "0123456789abcdef" * 2
AUTH_TOKEN = "benchmark-" + "0123456789abcdef"
CALLED = "+12025550100"
VOICE_PATH, LEG_PATH, STATUS_PATH = "/twilio/voice/", "/twilio/leg/1/0/", "/twilio/status/"
# What is asked when the endpoint's dial has ended; fallback number 1 is left to ring.
ACTION_PATH = "/twilio/voice/1/fn.2-f1-20-fn/"
ENDPOINT = "sip:myext@pbx.example.com:5060"

PLACE = {"City": "WASHINGTON", "Country": "US", "State": "DC", "Zip": "20001"}

Step = tuple[str, Mapping[str, str]]


def new_calls(count: int) -> Iterator[Call]:
    """Yield the first webhook of each call."""
    return _calls(count, lambda sid, leg: ((VOICE_PATH, {}),))


def whole_calls(count: int) -> Iterator[Call]:
    """Yield the seven webhooks of each call, in order: the endpoint answers, and talks for 42 s."""
    return _calls(count, _whole)


def _calls(count: int, steps: Callable[[str, str], tuple[Step, ...]]) -> Iterator[Call]:
    validator = RequestValidator(AUTH_TOKEN)
    # Random, as Twilio's SIDs are: rising ones would make the databases' indexes look cheap.
    dice = random.Random(count)
    for _ in range(count):
        sid, leg = (f"CA{dice.getrandbits(128):032x}" for _ in range(2))
        first = _fields(sid, f"+1202555{dice.randrange(10_000):04}")
        yield [_request(validator, path, {**first, **more}) for path, more in steps(sid, leg)]


def _whole(sid: str, leg: str) -> tuple[Step, ...]:
    of_leg = {"CallSid": leg, "ParentCallSid": sid, "To": ENDPOINT, "Direction": "outbound-dial"}
    end = {"DialCallSid": leg, "DialCallDuration": "42", "DialBridged": "true"}
    return (
        (VOICE_PATH, {}),
        (LEG_PATH, {**of_leg, "CallStatus": "initiated", "SequenceNumber": "0"}),
        (LEG_PATH, {**of_leg, "CallStatus": "ringing", "SequenceNumber": "1"}),
        (LEG_PATH, {**of_leg, "CallStatus": "in-progress", "SequenceNumber": "2"}),
        (
            LEG_PATH,
            {
                **of_leg,
                "CallStatus": "completed",
                "SequenceNumber": "3",
                "CallDuration": "42",
                "SipResponseCode": "200",
            },
        ),
        (
            ACTION_PATH,
            {
                **end,
                "CallStatus": "in-progress",
                "DialCallStatus": "completed",
                "DialSipResponseCode": "200",
            },
        ),
        (STATUS_PATH, {"CallStatus": "completed", "CallDuration": "48"}),
    )


def _request(validator: RequestValidator, path: str, fields: Mapping[str, str]) -> bytes:
    body = urlencode(fields)
    head = (
        f"POST {path} HTTP/1.1\r\n"
        f"Host: {HOST}\r\n"
        "User-Agent: TwilioProxy/1.1\r\n"
        "Accept: */*\r\n"
        "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"
        f"X-Twilio-Signature: {validator.compute_signature(PUBLIC_BASE_URL + path, fields)}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()


def _fields(call_sid: str, caller: str) -> dict[str, str]:
    fields = {
        "AccountSid": ACCOUNT_SID,
        "ApiVersion": "2010-04-01",
        "CallSid": call_sid,
        "CallStatus": "ringing",
        "Direction": "inbound",
    }
    for name, number in (
        ("Called", CALLED),
        ("Caller", caller),
        ("From", caller),
        ("To", CALLED),
    ):
        fields[name] = number
        fields |= {name + part: value for part, value in PLACE.items()}
    return fields
