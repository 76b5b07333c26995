"""Renders a step as the TwiML document that Twilio plays; one dial a document, state in its URLs."""

import re
from functools import lru_cache

from twilio.twiml.voice_response import Dial as DialVerb
from twilio.twiml.voice_response import VoiceResponse

from telephony.routing.decision import Dial, Hangup, Reject, Say, Step
from telephony.routing.destinations import Destination, SipDestination

# Twilio separates the events by blanks; a list would be written as Python shows it.
LEG_EVENTS = "initiated ringing answered completed"

# XML 1.0 has no place for these, not even escaped.
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response />'


@lru_cache(maxsize=1024)
def render(step: Step, base_url: str) -> str:
    """Return the document for a step; `base_url` is the panel's public address, no final slash."""
    response = VoiceResponse()
    match step:
        case Dial():
            response.append(_dial(step, base_url))
        case Say():
            response.say(NOT_XML.sub(" ", step.message), language=step.language)
            response.hangup()
        case Reject():
            response.reject()
        case Hangup():
            response.hangup()
    return str(response)


def _dial(step: Dial, base_url: str) -> DialVerb:
    dial = DialVerb(
        action=f"{base_url}/twilio/voice/{step.position}/",
        method="POST",
        timeout=step.ring_s,
        time_limit=step.time_limit_s,
        answer_on_bridge=True,
        caller_id=step.caller_id,
    )
    for index, destination in enumerate(step.destinations):
        _add(dial, destination, f"{base_url}/twilio/leg/{step.position}/{index}/")
    return dial


def _add(dial: DialVerb, destination: Destination, callback_url: str) -> None:
    callback = {
        "status_callback": callback_url,
        "status_callback_event": LEG_EVENTS,
        "status_callback_method": "POST",
    }
    if isinstance(destination, SipDestination):
        # None leaves an attribute out.
        credentials = (destination.username or None, destination.password or None)
        dial.sip(destination.uri, username=credentials[0], password=credentials[1], **callback)
    else:
        dial.number(destination.e164, **callback)
