"""Whole documents, compared as parsed XML, and an allow-list: what Twilio does not know it ignores."""

import re
import xml.etree.ElementTree as ET
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.routing.decision import AskForKey, Dial, Hangup, Progress, Reject, Say
from telephony.routing.results import Outcome
from telephony.routing.rules import decide
from telephony.wire.twiml import EMPTY
from tests import make
from tests.routing.test_guarantees import callers, numbers
from tests.twiml.judge import judged
from tests.twiml.rendering import render

BASE_URL = "https://panel.example.com"


def is_same(document: str, expected: str) -> bool:
    """Whether two documents say the same to Twilio; blanks between elements do not count."""
    return canonical(document) == canonical(expected)


def canonical(document: str) -> str:
    return ET.canonicalize(document, strip_text=True)


def dial(*destinations, position=1, later=(), **fields) -> Dial:
    defaults = {"ring_s": 20, "time_limit_s": 14400, "caller_id": make.CALLER, "reasons": ()}
    progress = Progress(position, frozenset({Outcome.FAILED}), tuple(later))
    return Dial(destinations=destinations, progress=progress, **{**defaults, **fields})


def first_sip(**fields) -> ET.Element:
    return ET.fromstring(render(dial(make.sip(**fields)), BASE_URL))[0][0]


def test_an_endpoint_is_dialled_with_everything_that_twilio_needs():
    step = dial(make.sip(username="switchhook-myext", password=make.PASSWORD))

    assert is_same(
        render(step, BASE_URL),
        """<Response>
          <Dial action="https://panel.example.com/twilio/voice/1/f/" method="POST" timeout="20"
                timeLimit="14400" answerOnBridge="true" callerId="+12025550143">
            <Sip username="switchhook-myext" password="office-digest-password"
                 statusCallback="https://panel.example.com/twilio/leg/1/0/"
                 statusCallbackEvent="initiated ringing answered completed"
                 statusCallbackMethod="POST">sip:myext@pbx.example.com:5060;transport=udp</Sip>
          </Dial>
        </Response>""",
    )


def test_endpoint_and_fallback_number_ring_together():
    step = dial(make.sip(), make.mobile(), position=12, ring_s=5, time_limit_s=600)

    assert is_same(
        render(step, BASE_URL),
        """<Response>
          <Dial action="https://panel.example.com/twilio/voice/12/f/" method="POST" timeout="5"
                timeLimit="600" answerOnBridge="true" callerId="+12025550143">
            <Sip statusCallback="https://panel.example.com/twilio/leg/12/0/"
                 statusCallbackEvent="initiated ringing answered completed"
                 statusCallbackMethod="POST">sip:myext@pbx.example.com:5060;transport=udp</Sip>
            <Number statusCallback="https://panel.example.com/twilio/leg/12/1/"
                 statusCallbackEvent="initiated ringing answered completed"
                 statusCallbackMethod="POST">+59899999999</Number>
          </Dial>
        </Response>""",
    )


def test_a_caller_who_reaches_nobody_hears_why():
    step = Say("Ocupado & <cerrado>.", "es-MX", "busy", ())

    assert is_same(
        render(step, BASE_URL),
        '<Response><Say language="es-MX">Ocupado &amp; &lt;cerrado&gt;.</Say><Hangup/></Response>',
    )


@pytest.mark.parametrize(("step", "verb"), [(Reject(()), "Reject"), (Hangup(()), "Hangup")])
def test_a_call_is_rejected_or_hung_up_with_one_verb(step, verb):
    assert is_same(render(step, BASE_URL), f"<Response><{verb}/></Response>")


def test_what_is_left_of_the_plan_is_in_the_address_of_the_action():
    mobile = make.mobile()
    step = dial(make.sip(), later=[make.step(2, mobile, ring_s=33)])

    action = ET.fromstring(render(step, BASE_URL))[0].get("action")

    number = mobile.key.partition(":")[2]
    assert action == f"https://panel.example.com/twilio/voice/1/f.2-f{number}-33-fn/"


def test_whoever_picks_up_a_fallback_number_is_sent_to_the_question_for_a_key():
    number = ET.fromstring(render(dial(make.mobile(ask_for_key=True), position=3), BASE_URL))[0][0]

    assert number.get("url") == "https://panel.example.com/twilio/screen/3/"
    assert number.get("method") == "POST"


def test_no_key_means_no_call():
    step = AskForKey(3, "Press any key.", "en-GB")

    assert is_same(
        render(step, BASE_URL),
        """<Response>
          <Gather action="https://panel.example.com/twilio/screen/3/key/" method="POST"
                  input="dtmf" numDigits="1" timeout="5" finishOnKey="">
            <Say language="en-GB" loop="2">Press any key.</Say>
          </Gather>
          <Hangup/>
        </Response>""",
    )


def test_nothing_to_do_is_an_empty_response():
    assert is_same(judged(EMPTY), "<Response/>")


def test_the_public_address_may_have_a_path_and_a_port():
    document = ET.fromstring(render(dial(make.sip()), "https://example.com:8443/panel"))

    assert document[0].get("action") == "https://example.com:8443/panel/twilio/voice/1/f/"
    assert document[0][0].get("statusCallback").startswith("https://example.com:8443/panel/twilio/")


@pytest.mark.parametrize(
    ("fields", "uri"),
    [
        ({"transport": "tcp"}, "sip:myext@pbx.example.com:5060;transport=tcp"),
        (
            {"transport": "tls", "port": 5061, "secure": True, "edge": "sao-paulo"},
            "sip:myext@pbx.example.com:5061;transport=tls;secure=true;edge=sao-paulo",
        ),
    ],
)
def test_the_uri_says_how_to_connect(fields, uri):
    assert first_sip(**fields).text == uri


def test_an_endpoint_without_digest_has_no_credentials():
    assert not {"username", "password"} & set(first_sip().attrib)


def test_a_password_arrives_unchanged():
    password = "".join(map(chr, range(0x21, 0x7F)))

    assert first_sip(username="ana", password=password).get("password") == password


# What this panel emits, and no more: a new attribute is a decision, made here. It is narrower than
# the judge of tests/twiml, which every document passes as it is rendered and which knows all that
# Twilio takes; what is added here and unknown there is a mistake that Twilio would silently ignore.
SIP_URI = r"sip:[A-Za-z0-9+_.-]+@[A-Za-z0-9.-]+:\d{1,5};transport=(udp|tcp|tls)(;secure=true)?(;edge=[a-z-]+)?"  # fmt: skip
STEP = r"[1-9]\d{0,2}-[ef]\d+-\d{1,3}-(0|[fnbd]+)"
WEBHOOK = rf"{BASE_URL}/twilio/(voice/[1-9]\d{{0,2}}/(0|[fnbd]+)(\.{STEP})*|leg/[1-9]\d{{0,2}}/\d|screen/[1-9]\d{{0,2}}(/key)?)/"  # fmt: skip
CALLBACK = {
    "statusCallback": WEBHOOK,
    "statusCallbackEvent": "initiated ringing answered completed",
    "statusCallbackMethod": "POST",
}
ALLOWED = {
    "Response": {},
    "Dial": {
        "action": WEBHOOK,
        "method": "POST",
        "timeout": r"[5-9]|[1-9]\d|[1-5]\d\d|600",
        "timeLimit": r"[1-9]\d{0,3}|1[0-3]\d{3}|14[0-3]\d\d|14400",
        "answerOnBridge": "true",
        "callerId": r"[A-Za-z0-9+_.-]+",
    },
    "Sip": {**CALLBACK, "username": r"[\x21-\x7e]+", "password": r"[\x21-\x7e]+"},
    "Number": {**CALLBACK, "url": WEBHOOK, "method": "POST"},
    "Gather": {
        "action": WEBHOOK,
        "method": "POST",
        "input": "dtmf",
        "numDigits": "1",
        "timeout": "5",
        "finishOnKey": "",
    },
    "Say": {"language": r"[a-z]{2}-[A-Z]{2}", "loop": "2"},
    "Reject": {},
    "Hangup": {},
}
TEXTS = {"Sip": SIP_URI, "Number": r"\+[1-9]\d{6,14}", "Say": r"(?s).*"}
CHILDREN = {
    "Response": {"Dial", "Say", "Gather", "Hangup", "Reject"},
    "Dial": {"Sip", "Number"},
    "Gather": {"Say"},
}

NOT_XML = "[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
# The admin refuses a message of blanks only, and Twilio an empty <Say>.
messages = st.text(
    st.characters(exclude_categories=["Cs"]) | st.characters(max_codepoint=40)
).filter(lambda message: re.sub(NOT_XML, " ", message).strip())
steps = st.one_of(
    st.builds(
        lambda number, caller: decide(
            make.directory(number), make.call(caller), None, None, make.START
        ),
        numbers,
        callers,
    ),
    st.builds(Say, messages, st.just("en-US"), st.just("busy"), st.just(())),
    st.builds(AskForKey, st.integers(1, 999), messages, st.just("en-US")),
    st.just(Hangup(())),
    st.just(Reject(())),
)


@given(steps)
def test_nothing_is_emitted_that_twilio_has_not_documented(step):
    for element in ET.fromstring(render(step, BASE_URL)).iter():
        assert element.tag in ALLOWED
        assert {child.tag for child in element} <= CHILDREN.get(element.tag, set())
        assert re.fullmatch(TEXTS.get(element.tag, ""), (element.text or ""))
        for name, value in element.attrib.items():
            assert re.fullmatch(ALLOWED[element.tag].get(name, r"(?!)"), value), (name, value)


@given(steps)
def test_a_dial_is_the_first_and_only_verb_of_its_document(step):
    # Otherwise answerOnBridge does nothing, and a verb after it would be unreachable.
    verbs = [verb.tag for verb in ET.fromstring(render(step, BASE_URL))]

    assert verbs in (["Dial"], ["Say", "Hangup"], ["Gather", "Hangup"], ["Hangup"], ["Reject"])


@given(steps)
def test_a_document_is_small_enough_and_begins_with_its_declaration(step):
    document = render(step, BASE_URL)

    assert len(document.encode()) < 64 * 1024
    assert document.startswith('<?xml version="1.0" encoding="UTF-8"?><Response')


@given(messages)
def test_a_message_never_makes_invalid_xml_and_keeps_its_words(message):
    said = ET.fromstring(render(Say(message, "en-US", "busy", ()), BASE_URL))[0].text or ""

    plain = re.sub(NOT_XML, " ", message)
    assert said == plain.replace("\r\n", "\n").replace("\r", "\n")


@given(st.integers(5, 600), st.integers(60, 14400))
def test_ring_time_and_time_limit_are_passed_on_in_seconds(ring_s, time_limit_s):
    step = dial(make.sip(), ring_s=ring_s, time_limit_s=time_limit_s)

    attributes = ET.fromstring(render(step, BASE_URL))[0].attrib

    assert (attributes["timeout"], attributes["timeLimit"]) == (str(ring_s), str(time_limit_s))


def test_rendering_does_not_depend_on_what_was_rendered_before():
    # Documents are cached: decisions that differ only in a secret or a rate must not be mixed up.
    one, two = (make.sip(username="a", password=p, rate=Decimal(0)) for p in ("one", "two"))

    assert 'password="two"' not in render(dial(one), BASE_URL)
    assert 'password="two"' in render(dial(two), BASE_URL)
