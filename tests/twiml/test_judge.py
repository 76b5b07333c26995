"""The judge finds planted faults, has nothing against what Twilio documents, and is not empty."""

import ast
from pathlib import Path

import pytest

from tests.twiml.judge import ELEMENTS, ENUMERATIONS, TAGS, faults, judged

TESTS = Path(__file__).resolve().parent.parent
SIP = "<Sip>sip:myext@pbx.example.com</Sip>"


def response(verbs: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{verbs}</Response>'


@pytest.mark.parametrize(
    ("verbs", "expected"),
    [
        (f'<Dial time_out="20">{SIP}</Dial>', "time_out='20' is no attribute that Twilio knows there (was timeout meant?)"),
        (f'<Dial timeOut="20">{SIP}</Dial>', "timeOut='20' is no attribute"),
        ('<Hangup reason="busy"/>', "reason='busy' is no attribute"),
        ('<Reject reason="occupied"/>', "reason='occupied' is no RejectReason"),
        (f'<Dial ringTone="uy">{SIP}</Dial>', "ringTone='uy' is no DialRingTone"),
        ('<Say language="es-UY">Hola</Say>', "language='es-UY' is no SayLanguage"),
        (f'<Dial answerOnBridge="yes">{SIP}</Dial>', "answerOnBridge='yes' is no boolean"),
        (f'<Dial answerOnBridge="True">{SIP}</Dial>', "answerOnBridge='True' is no boolean"),
        (f'<Dial timeout="20s">{SIP}</Dial>', "timeout='20s' is no number"),
        (f'<Dial recordingStatusCallbackEvent="">{SIP}</Dial>', "is no list of DialRecordingEvent: '' is none"),
        ("<Dial><Sip statusCallbackEvent=\"['initiated', 'ringing']\">sip:a@example.com</Sip></Dial>", "is no list of SipEvent: \"['initiated',\" is none"),
        ('<Dial><Sip statusCallbackEvent="initiated,ringing">sip:a@example.com</Sip></Dial>', "is no list of SipEvent: 'initiated,ringing' is none"),
        ("<dial/>", "holds <dial>, which Twilio does not know (was Dial meant?)"),
        ("<Forward/>", "holds <Forward>, which Twilio does not know"),
        (SIP, "Response holds <Sip>, which may not stand there; there may be Connect, Dial"),
        ("<Dial><Say>Hola</Say></Dial>", "Response/Dial[1] holds <Say>, which may not stand there"),
        ("<Hangup><Reject/></Hangup>", "which may not stand there; there may be Parameter"),
        ("<Refer><Sip username='ana'>sip:a@example.com</Sip></Refer>", "username='ana' is no attribute"),
        ("<Say>Hola</Say>Hola", "Response holds the text 'Hola'; there may be none"),
        ("<Hangup>now</Hangup>", "Response/Hangup[1] holds the text 'now'; there may be none"),
        ("<Dial><Number> </Number></Dial>", "Response/Dial[1]/Number[1] is empty; it needs a text"),
    ],
)  # fmt: skip
def test_what_the_declarations_do_not_know_is_a_fault(verbs, expected):
    [fault] = faults(response(verbs))
    assert expected in fault


@pytest.mark.parametrize(
    ("verbs", "expected"),
    [
        (f'<Dial timeout="4">{SIP}</Dial>', "timeout='4' is not a whole number from 5 to 600"),
        (f'<Dial timeout="601">{SIP}</Dial>', "timeout='601' is not a whole number"),
        (f'<Dial timeout="5.5">{SIP}</Dial>', "timeout='5.5' is not a whole number"),
        (f'<Dial timeLimit="0">{SIP}</Dial>', "timeLimit='0' is not a whole number from 1 to 14400"),
        (f'<Dial method="PUT">{SIP}</Dial>', "method='PUT' does not match GET|POST"),
        (f'<Dial callerId="Ana Pérez">{SIP}</Dial>', "callerId='Ana Pérez' does not match"),
        (f'<Dial callReason="{"x" * 51}">{SIP}</Dial>', "does not match .{1,50}"),
        (f"<Dial>+12025550100{SIP}</Dial>", "Response/Dial[1] holds the text '+12025550100' beside other elements"),
        (f"<Dial>{SIP}, please</Dial>", "holds the text ', please' beside other elements"),
        ("<Dial><Sip>sip:a@example.com<Headers/></Sip></Dial>", "Sip[1] holds the text 'sip:a@example.com' beside"),
        ("<Dial><Sip/></Dial>", "Sip[1] holds '', which does not match"),
        ("<Dial><Sip>sips:a@example.com</Sip></Dial>", "holds 'sips:a@example.com', which does not match"),
        ("<Dial><Sip>sip:a@example.com\n;transport=tls</Sip></Dial>", "which does not match"),
        (f"<Dial><Sip>sip:{'a' * 251}</Sip></Dial>", "has a URI of 255 characters; it must be under 255"),
        (f"<Dial>{SIP * 11}</Dial>", "Response/Dial[1] has 11 nouns; Twilio dials at most 10"),
        (f'<Say>Hola</Say><Dial answerOnBridge="true">{SIP}</Dial>', "has answerOnBridge in verb 2"),
        (f"<Say>{'a' * 65536}</Say>", "bytes; Twilio reads at most 65536"),
    ],
)  # fmt: skip
def test_what_twilios_pages_forbid_is_a_fault(verbs, expected):
    [fault] = faults(response(verbs))
    assert expected in fault


@pytest.mark.parametrize("noun", ["Sip", "Number"])
@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("machineDetectionTimeout", 3, 60),
        ("machineDetectionSpeechThreshold", 1000, 6000),
        ("machineDetectionSpeechEndThreshold", 500, 5000),
        ("machineDetectionSilenceTimeout", 2000, 10000),
    ],
)
def test_how_an_answering_machine_is_told_has_documented_ranges(noun, name, low, high):
    def found(value: int) -> list[str]:
        return faults(response(f'<Dial><{noun} {name}="{value}">sip:a@example.com</{noun}></Dial>'))

    assert found(low) == found(high) == []
    assert len(found(low - 1)) == len(found(high + 1)) == 1


@pytest.mark.parametrize(
    ("kind", "name", "good", "bad"),
    [
        ("Dial", "referMethod", "GET", "get"),
        ("Dial", "recordingStatusCallbackMethod", "POST", "PUT"),
        ("Number", "sendDigits", "0wW#*AD9", "0 9"),
        *[
            (noun, name, good, bad)
            for noun in ("Sip", "Number")
            for name, good, bad in (
                ("amdStatusCallbackMethod", "GET", "PUT"),
                ("machineDetection", "DetectMessageEnd", "Disable"),
                ("method", "GET", "Post"),
                ("statusCallbackMethod", "POST", "PUT"),
            )
        ],
    ],
)
def test_some_strings_have_few_values(kind, name, good, bad):
    def found(value: str) -> list[str]:
        element = f'<{kind} {name}="{value}">sip:a@example.com</{kind}>'
        return faults(response(element if kind == "Dial" else f"<Dial>{element}</Dial>"))

    assert found(good) == []
    [fault] = found(bad)
    assert f"{name}={bad!r} does not match" in fault


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("", "not well-formed XML"),
        (f" {response('<Hangup/>')}", "not well-formed XML"),
        (response("<Say>Ana & Luis</Say>"), "not well-formed XML"),
        ('<Response xmlns="https://example.com"/>', "begins with <{https://example.com}Response>"),
        ("<response/>", "begins with <response>, not with <Response>"),
        ("<Dial/>", "begins with <Dial>, not with <Response>"),
    ],
)
def test_a_document_that_is_no_response_is_a_fault(document, expected):
    [fault] = faults(document)
    assert expected in fault


@pytest.mark.parametrize(
    "verbs",
    [
        "",
        "<!-- nothing to do --><Hangup/>",
        f'<Dial timeout="5" timeLimit="14400" answerOnBridge="true" callerId="+12025550143">{SIP}</Dial>',
        f'<Dial record="true" callReason="Your order">{SIP}<Number sendDigits="ww1#">+12025550100</Number></Dial>',
        "<Dial>+12025550100</Dial>",
        f"<Dial>\n  {SIP * 10}\n</Dial>",
        "<Dial><Sip>\n  sip:a@example.com;transport=tls?X-A=1&amp;X-B=2\n</Sip></Dial>",
        '<Dial><Sip statusCallbackEvent="initiated ringing answered completed">sip:a@example.com</Sip></Dial>',
        '<Dial><Sip><Uri priority="1">sip:a@example.com</Uri></Sip></Dial>',
        '<Gather input="dtmf speech" timeout="3"><Say>Uno o dos</Say></Gather><Redirect>/</Redirect>',
        '<Say voice="Polly.Mía-Generative">Hola <break strength="weak"/><lang xml:lang="en-US">and</lang> adiós</Say>',
        "<Say><p>Hola</p></Say>",
        '<Refer action="/next"><Sip>sip:a@example.com</Sip></Refer>',
    ],
)  # fmt: skip
def test_there_is_nothing_against_a_good_document(verbs):
    assert faults(response(verbs)) == []


def test_every_fault_of_a_document_is_told_in_its_order():
    found = faults(response(f'<Dial timeout="4" method="PUT">{SIP}<Nobody/></Dial><hangup/>'))

    assert [fault.partition(" ")[0] for fault in found] == [
        "Response/Dial[1]:",
        "Response/Dial[1]:",
        "Response/Dial[1]",
        "Response",
    ]


@pytest.mark.parametrize("verb", ["Dial", "Pause", "Redirect", "Reject"])
def test_a_screening_document_holds_few_verbs(verb):
    document = response(f"<Gather/><Play/><Say>Hola</Say><{verb}>/</{verb}>")
    allowed = response("<Gather/><Play/><Say>Hola</Say><Hangup/>")

    assert f"screens a call with <{verb}>" in faults(document, is_screening=True)[-1]
    assert "screens" not in str(faults(document))
    assert faults(allowed, is_screening=True) == []


def test_a_faulty_document_stops_the_test_that_made_it():
    with pytest.raises(AssertionError, match=r"is no boolean[^$]*<Dial answerOnBridge"):
        judged(response(f'<Dial answerOnBridge="yes">{SIP}</Dial>'))
    assert judged(response("<Hangup/>")) == response("<Hangup/>")


def test_the_judge_is_not_empty():
    with_attributes = [name for name, element in ELEMENTS.items() if element["attributes"]]

    assert (len(ELEMENTS), len(TAGS), len(with_attributes), len(ENUMERATIONS)) == (59, 58, 46, 56)
    assert all(ENUMERATIONS.values())
    assert sorted(set(ELEMENTS) - set(with_attributes)) == [
        "ApplicationSid", "Autopilot", "Echo", "Hangup", "Headers", "Identity", "Leave",
        "ReferSip", "Sim", "SsmlP", "SsmlS", "Stop", "VoiceResponse",
    ]  # fmt: skip


def test_no_test_renders_a_document_past_the_judge():
    past = [
        path.relative_to(TESTS).as_posix()
        for path in TESTS.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom)
        and str(node.module).startswith("telephony")
        and str(node.module).endswith(".twiml")
        and "render" in {name.name for name in node.names}
    ]
    assert past == []
