"""The static documents: what is kept of a route, judged by Twilio's own types."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from telephony.routing.directory import Directory
from telephony.wire.static import head, mask_static, render_static
from tests import make
from tests.twiml.judge import judged

OFFICE = make.sip(username="u", password='p"<&')
PANEL = "https://xn--panel-1a.example.com"
MOBILE = make.mobile(ask_for_key=True, time_limit_s=1800)


def document(live: Directory) -> ET.Element:
    (number,) = live.numbers.values()
    return ET.fromstring(judged(render_static(number, live, PANEL)))


def static(*steps, **fields) -> ET.Element:
    return document(make.directory(make.number(*steps, **fields)))


def test_a_route_is_one_dial_that_rings_all_in_turn_and_then_the_end():
    response = static(make.step(1, OFFICE, ring_s=15), make.step(2, MOBILE, ring_s=25))

    assert [verb.tag for verb in response] == ["Dial", "Hangup"]
    dial = response[0]
    assert dial.attrib == {
        "sequential": "true",
        "answerOnBridge": "true",
        "timeout": "25",
        "timeLimit": "1800",
        "callerId": make.NUMBER,
    }
    assert [(noun.tag, noun.text) for noun in dial] == [
        ("Sip", OFFICE.uri),
        ("Number", MOBILE.e164),
    ]
    assert dial[0].get("password") == 'p"<&'


def test_nothing_in_it_asks_the_panel():
    text = render_static(*_number_and_directory(OFFICE, MOBILE), PANEL)

    assert text.count("http") == text.count(head(PANEL)) == 1
    assert not {"action", "url", "statusCallback"} & set(text.replace('"', " ").split())


def _number_and_directory(*steps):
    live = make.directory(make.number(*steps))
    return next(iter(live.numbers.values())), live


def test_endpoints_alone_see_the_caller():
    assert static(OFFICE)[0].get("callerId") is None


def test_whoever_is_held_down_rings_and_whoever_is_disabled_does_not():
    held = make.sip("held", held_until=make.START + timedelta(hours=1))
    response = static(make.sip("gone", enabled=False), held, MOBILE)

    assert [noun.text for noun in response[0]] == [held.uri, MOBILE.e164]


def test_a_disabled_number_is_rejected_and_one_that_rings_nobody_says_so():
    assert [verb.tag for verb in static(OFFICE, enabled=False)] == ["Reject"]
    response = static(unavailable_message="Wir sind weg & kommen wieder", language="de-DE")
    assert [verb.tag for verb in response] == ["Say", "Hangup"]
    assert response[0].text == "Wir sind weg & kommen wieder"


def test_it_says_what_it_is_and_hides_passwords_where_it_is_shown():
    text = render_static(*_number_and_directory(OFFICE), PANEL)

    assert head(PANEL) in text
    assert text.index("?>") < text.index("<!--") < text.index("<Response")
    assert "p&quot;&lt;&amp;" not in mask_static(text)
    assert OFFICE.uri in mask_static(text)


steps = st.lists(
    st.sampled_from([OFFICE, MOBILE, make.mobile("+59891000009"), make.sip("d", enabled=False)]),
    max_size=14,
)


@given(steps, st.booleans())
def test_every_document_is_one_that_twilio_takes(chosen, enabled):
    route = [make.step(place, each) for place, each in enumerate(chosen, start=1)]
    live = make.directory(replace(make.number(*route), enabled=enabled))
    response = document(live)

    dials = response.findall("Dial")
    assert len(dials) <= 1
    assert all(len(dial) <= 10 for dial in dials)
    assert Decimal(len(response)) > 0
