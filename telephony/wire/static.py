"""One static document for each number: what Twilio plays while the panel is down.

Any web server can give it, but nobody decides between its lines. Twilio goes on to the next verb
after an answered dial too, so all of a route is one dial, whose nouns ring one after the other.
"""

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from twilio.twiml.voice_response import Dial as DialVerb
from twilio.twiml.voice_response import VoiceResponse

from telephony.asterisk.format import MASK
from telephony.routing.destinations import (
    TWILIO_TIME_LIMIT_S,
    Destination,
    NumberDestination,
)
from telephony.routing.directory import TOGETHER_AT_MOST, Directory, Number, Step
from telephony.wire.twiml import DECLARATION, add_destination, plain

PASSWORD = re.compile(r'(password=")[^"]*')


def head(base_url: str) -> str:
    """Return the first words of each document, by which a panel knows its own files again."""
    # A comment must not hold two hyphens, which the names of some hosts do.
    return f"Written by manage.py export_twiml of {base_url.replace('--', '-%2D')}: "


def render_static(number: Number, directory: Directory, base_url: str) -> str:
    """Return the document for a number; `base_url` is the panel's public address.

    It keeps who rings and in which order. Lost are: ringing together, what ends a route after busy
    or declined, the question for a key, a caller ID for each step, and messages; the longest ring
    time and the shortest time limit count for all.
    """
    response = VoiceResponse()
    rung = list(_find_rung(number, directory))
    if not number.enabled:
        response.reject()
    elif not rung:
        response.say(plain(number.said_when_unavailable), language=number.language)
        response.hangup()
    else:
        response.append(_dial(number, rung))
        response.hangup()
    body = ElementTree.tostring(response.xml(), encoding="unicode")
    return f"{DECLARATION}\n<!-- {head(base_url)}{_explain(number)} -->\n{body}\n"


def mask_static(text: str) -> str:
    """Return the text with every password hidden."""
    return PASSWORD.sub(rf"\g<1>{MASK}", text)


def _find_rung(number: Number, directory: Directory) -> Iterator[tuple[Step, Destination]]:
    """Yield who can ring, in the order of the route. Whoever is held down for now may be back."""
    for step in number.steps:
        destination = directory.destinations.get(step.key)
        if destination is not None and step.key not in directory.obstacles:
            yield step, destination


def _dial(number: Number, rung: list[tuple[Step, Destination]]) -> DialVerb:
    kept = rung[:TOGETHER_AT_MOST]
    outside = [each for _, each in kept if isinstance(each, NumberDestination)]
    dial = DialVerb(
        sequential=True,
        answer_on_bridge=True,
        timeout=max(step.ring_s for step, _ in kept),
        time_limit=min((each.time_limit_s for each in outside), default=TWILIO_TIME_LIMIT_S),
        # The only number that Twilio takes for every caller. Endpoints alone see the caller.
        caller_id=number.e164 if outside else None,
    )
    for _, destination in kept:
        add_destination(dial, destination)
    return dial


def _explain(number: Number) -> str:
    return (
        f"what Twilio plays for {number.e164} while the panel is down. "
        "All steps ring one after the other, for the longest of their ring times; after busy "
        "or declined the next one rings too. Passwords may stand here: keep it private."
    )
