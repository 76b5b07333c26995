"""Incoming calls as Twilio posts them: whole signed HTTP requests, each with a new CallSid."""

import random
from collections.abc import Iterator
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

HOST = "panel.example.com"
PUBLIC_BASE_URL = f"http://{HOST}"
PATH = "/twilio/voice/"
ACCOUNT_SID = "AC" + "0123456789abcdef" * 2
AUTH_TOKEN = "benchmark-" + "0123456789abcdef"
CALLED = "+12025550100"

PLACE = {"City": "WASHINGTON", "Country": "US", "State": "DC", "Zip": "20001"}

HEAD = (
    f"POST {PATH} HTTP/1.1\r\n"
    f"Host: {HOST}\r\n"
    "User-Agent: TwilioProxy/1.1\r\n"
    "Accept: */*\r\n"
    "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"
)


def signed_calls(count: int) -> Iterator[bytes]:
    validator = RequestValidator(AUTH_TOKEN)
    # Random, as Twilio's SIDs are: rising ones would make the databases' indexes look cheap.
    sids = random.Random(count)
    for _ in range(count):
        caller = f"+1202555{sids.randrange(10_000):04}"
        fields = _fields(f"CA{sids.getrandbits(128):032x}", caller)
        signature = validator.compute_signature(PUBLIC_BASE_URL + PATH, fields)
        body = urlencode(fields)
        head = f"{HEAD}X-Twilio-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
        yield (head + body).encode()


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
