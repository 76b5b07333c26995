"""Renders a decision as the TwiML that Twilio plays: at most one dial, with the state in its URLs."""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from twilio.twiml.voice_response import Dial as DialVerb
from twilio.twiml.voice_response import Gather, VoiceResponse

from telephony.routing.decision import AskForKey, Decision, Dial, Hangup, Reject, Say
from telephony.routing.destinations import Destination, NumberDestination, SipDestination
from telephony.wire.paths import action_path, key_path, leg_path, screen_path

# Twilio wants blanks between the events; a Python list would be written in Python's notation.
LEG_EVENTS = "initiated ringing answered completed"
# Seconds to press a key after the question, which is said twice, because a person who has just
# picked up a mobile needs a moment to put it to the ear.
KEY_WAIT_S = 5
QUESTIONS = 2

# XML 1.0 cannot hold these, not even escaped.
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# Stands for the caller until the document is given out. No host, user or password can have it.
ANYBODY = "\ue000"
QUOTE: Mapping[str, str] = MappingProxyType({'"': "&quot;"})

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
EMPTY = f"{DECLARATION}<Response />"


def render(decision: Decision, base_url: str) -> str:
    """Return the document for a decision; `base_url` is the panel's public address, no final slash."""
    if not isinstance(decision, Dial):
        return _render(decision, base_url)
    # Most calls of a number differ in the caller alone, so their document is made once.
    for_anybody = Dial(
        progress=decision.progress,
        destinations=decision.destinations,
        ring_s=decision.ring_s,
        time_limit_s=decision.time_limit_s,
        caller_id=ANYBODY,
        reasons=(),
    )
    return _render(for_anybody, base_url).replace(ANYBODY, escape(decision.caller_id, QUOTE))


@lru_cache(maxsize=1024)
def _render(decision: Decision, base_url: str) -> str:
    response = VoiceResponse()
    match decision:
        case Dial():
            response.append(_dial(decision, base_url))
        case Say():
            response.say(plain(decision.message), language=decision.language)
            response.hangup()
        case AskForKey():
            response.append(_gather(decision, base_url))
            response.hangup()
        case Reject():
            response.reject()
        case Hangup():
            response.hangup()
    # The library's own method writes bytes piece by piece, which takes twice as long.
    return DECLARATION + ElementTree.tostring(response.xml(), encoding="unicode")


def _dial(decision: Dial, base_url: str) -> DialVerb:
    dial = DialVerb(
        action=base_url + action_path(decision.progress),
        method="POST",
        timeout=decision.ring_s,
        time_limit=decision.time_limit_s,
        answer_on_bridge=True,
        caller_id=decision.caller_id,
    )
    for index, destination in enumerate(decision.destinations):
        callback = base_url + leg_path(decision.position, index)
        asking = {"url": base_url + screen_path(decision.position), "method": "POST"}
        is_asked = isinstance(destination, NumberDestination) and destination.ask_for_key
        reported = {
            "status_callback": callback,
            "status_callback_event": LEG_EVENTS,
            "status_callback_method": "POST",
        }
        add_destination(dial, destination, **reported, **(asking if is_asked else {}))
    return dial


def add_destination(dial: DialVerb, destination: Destination, **attributes: str) -> None:
    """Add the noun for a destination, with these attributes besides its own."""
    # None leaves an attribute out.
    match destination:
        case SipDestination(username=username, password=password):
            credentials = {"username": username or None, "password": password or None}
            dial.sip(destination.uri, **credentials, **attributes)
        case NumberDestination():
            dial.number(destination.e164, **attributes)


def _gather(decision: AskForKey, base_url: str) -> Gather:
    gather = Gather(
        action=base_url + key_path(decision.position),
        method="POST",
        input="dtmf",
        num_digits=1,
        timeout=KEY_WAIT_S,
        # Otherwise # would end the input and would not count as a key.
        finish_on_key="",
    )
    gather.say(plain(decision.message), language=decision.language, loop=QUESTIONS)
    return gather


def plain(message: str) -> str:
    """Return a message without what XML cannot hold."""
    return NOT_XML.sub(" ", message)
