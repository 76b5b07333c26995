"""Bodies that Twilio has really posted, from the signature to the record: what is expected of each."""

import json
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.utils.datastructures import MultiValueDict
from twilio.request_validator import RequestValidator

from telephony.records.decision import record_of
from telephony.records.event import Event, make_event
from telephony.records.projection import project
from telephony.routing.results import classify
from telephony.webhooks.answer import ASKING, decide_on
from telephony.wire.callbacks import parse_callback
from telephony.wire.forms import SECRET_FIELDS, clean, parse_form
from telephony.wire.paths import Kind, parse_path
from telephony.wire.signature import is_genuine
from tests import make
from tests.environment import AUTH_TOKEN

FILE = Path(__file__).parent / "data/real_webhooks.json"
BODIES = json.loads(FILE.read_text())["bodies"]
BASE_URL = "https://panel.example.com"

# Place in the file; path; what Twilio is told; how the dial ended; the record of that body alone.
EXPECTED = """
0   voice/1/      dial    no-answer  ringing
1   voice/1/      hangup  answered   answered talk=3
2   voice/1/      hangup  answered   answered talk=2
3   voice/1/      hangup  answered   answered talk=10
4   voice/1/      hangup  answered   answered talk=11
5   voice/1/      hangup  answered   answered talk=302
6   voice/1/      hangup  answered   answered talk=105
7   voice/1/      hangup  answered   answered talk=3
8   voice/1/      hangup  answered   answered talk=5
9   voice/1/      hangup  answered   answered talk=7
10  voice/1/      hangup  answered   answered talk=6
11  voice/1/      dial    failed     ringing sip=400 error=13224
12  voice/1/      hangup  answered   answered sip=200
13  voice/1/      hangup  answered   answered talk=14 sip=200
14  voice/        dial    -          ringing
15  voice/        dial    -          ringing verstat=TN-Validation-Passed-C
16  voice/        dial    -          ringing verstat=TN-Validation-Passed-A
17  voice/        dial    -          ringing verstat=TN-Validation-Passed-B
18  voice/        dial    -          ringing verstat=TN-Validation-Passed-A
19  voice/        dial    -          ringing verstat=TN-Validation-Passed-C
20  voice/        dial    -          ringing forwarded=05099999999
21  voice/        dial    -          ringing
22  voice/        dial    -          ringing
23  voice/        dial    -          ringing
24  voice/        dial    -          ringing
25  voice/        dial    -          ringing
26  voice/        dial    -          ringing verstat=TN-Validation-Passed-A
27  voice/        dial    -          ringing
28  voice/        dial    -          ringing
29  voice-failed/ dial    -          ringing
30  voice-failed/ dial    -          ringing forwarded=05099999999
31  leg/1/0/      -       -          ringing
32  screen/1/     ask     -          ringing
33  screen/1/     ask     -          ringing
34  screen/1/     ask     -          ringing
35  status/       -       -          unknown lasted=35
36  status/       -       -          unknown lasted=17 name=FAYETTEVILL__NC
37  status/       -       -          unknown lasted=49
38  status/       -       -          unknown lasted=0
39  status/       -       -          unknown lasted=0
40  status/       -       -          unknown lasted=0
41  status/       -       -          unknown lasted=0
42  status/       -       -          unknown lasted=0
43  status/       -       -          unknown lasted=10
44  status/       -       -          unknown
45  status/       -       -          unknown lasted=13
46  status/       -       -          unknown lasted=17
47  status/       -       -          ringing
48  status/       -       -          unknown lasted=1
50  voice/        reject  -          rejected
"""
# Not Twilio's, whose SIDs begin with CA.
REFUSED = {49: "CallSid '49ca9729-829b-4d97-b325-2dee20dab54c' is not a call SID"}
# The number called is not one of ours: an outgoing call that fetches its document.
NOT_OURS = {50}
ROWS = {
    int(row[0]): row[1:] for row in (line.split(maxsplit=4) for line in EXPECTED.split("\n")) if row
}


def received(place: int) -> dict[str, list[str]]:
    """The form of a body as it stands after the wire, the signature checked."""
    path = ROWS[place][0] if place in ROWS else "status/"
    posted = {name: [str(value)] for name, value in BODIES[place]["params"].items()}
    url = f"{BASE_URL}/twilio/{path}"
    signature = RequestValidator(AUTH_TOKEN).compute_signature(url, MultiValueDict(posted))
    body = urlencode(posted, doseq=True).encode()
    form = parse_form(body)
    assert form == posted
    assert is_genuine(url, form, body, signature, [AUTH_TOKEN])
    assert not is_genuine(url, {**form, "CallSid": ["CAother"]}, body, signature, [AUTH_TOKEN])
    return form


def event_of(place: int) -> Event:
    """What is kept of a body by a panel with the number that was called."""
    address = parse_path(f"/twilio/{ROWS[place][0]}")
    callback = parse_callback(address, clean(received(place)))
    owned = {"e164": callback.call.called, "account_sid": callback.call.account_sid}
    known = [] if place in NOT_OURS else [make.number(make.sip(), make.mobile(), **owned)]
    live = make.directory(*known)
    decision = None
    if callback.kind in ASKING:
        decision = record_of(decide_on(callback, live, make.START), live)
    return make_event(callback, make.START, decision)


def shown(event: Event) -> list[str]:
    call = project([event])
    leg = call.legs[0] if call.legs else None
    values = {
        "talk": call.talk_s,
        "lasted": call.duration_s,
        "sip": leg.sip_code if leg else None,
        "error": leg.error_code if leg else None,
        "verstat": call.verstat,
        "forwarded": call.forwarded_from,
        "name": call.caller_name.replace(" ", "_"),
    }
    told = [f"{name}={value}" for name, value in values.items() if value not in (None, "")]
    return [call.outcome, *told]


@pytest.mark.parametrize("place", ROWS)
def test_a_real_body_is_signed_answered_and_recorded(place):
    _, verb, outcome, record = ROWS[place]
    event = event_of(place)

    assert (event.decision.verb if event.decision else "-") == verb
    assert (classify(event.result) if event.kind is Kind.ACTION else "-") == outcome
    assert shown(event) == record.split()


@pytest.mark.parametrize(("place", "reason"), REFUSED.items())
def test_what_is_not_twilios_is_refused_with_the_reason(place, reason):
    with pytest.raises(ValueError, match=reason):
        parse_callback(parse_path("/twilio/status/"), clean(received(place)))


def test_every_body_stands_in_the_table():
    assert sorted([*ROWS, *REFUSED]) == list(range(len(BODIES)))


@pytest.mark.parametrize("place", [p for p in ROWS if "Timestamp" in BODIES[p]["params"]])
def test_no_real_timestamp_is_lost(place):
    said = event_of(place).happened_at
    assert said != make.START
    assert str(said.year) in BODIES[place]["params"]["Timestamp"]


def test_no_secret_of_a_real_call_is_kept():
    secret = [place for place in ROWS if SECRET_FIELDS & set(BODIES[place]["params"])]
    assert secret
    assert all(not SECRET_FIELDS & set(event_of(place).params) for place in secret)


def test_a_whisper_and_a_report_on_a_leg_make_a_record_of_its_parent():
    for place in (31, 32, 33, 34):
        assert project([event_of(place)]).call_sid == BODIES[place]["params"]["ParentCallSid"]
