"""What Twilio's pages say about TwiML beyond its type declarations, for the elements that we write.

Sources, read in November 2026: the pages of <Dial>, <Sip> and <Number> below
www.twilio.com/docs/voice/twiml, and the dictionary of errors below www.twilio.com/docs/api/errors.
Elements are named by their class in types.json.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

NOUNS = ("Number", "Sip")

# The declarations lack these.
ATTRIBUTES = {("Dial", "callReason"): "string"}
VALUES = {("Dial", "record"): ("true",)}

WHOLE_NUMBERS = {
    ("Dial", "timeout"): (5, 600),
    # Up to 86400 where Twilio has switched on calls of 24 hours for the account.
    ("Dial", "timeLimit"): (1, 14400),
    **{(noun, "machineDetectionTimeout"): (3, 60) for noun in NOUNS},
    **{(noun, "machineDetectionSpeechThreshold"): (1000, 6000) for noun in NOUNS},
    **{(noun, "machineDetectionSpeechEndThreshold"): (500, 5000) for noun in NOUNS},
    **{(noun, "machineDetectionSilenceTimeout"): (2000, 10000) for noun in NOUNS},
}
METHOD = "GET|POST"
PATTERNS = {
    ("Dial", "callReason"): ".{1,50}",
    # Error 13247: what <Sip> takes; the numbers that <Number> takes are among these.
    ("Dial", "callerId"): "[A-Za-z0-9+_.-]+",
    ("Dial", "method"): METHOD,
    ("Dial", "recordingStatusCallbackMethod"): METHOD,
    ("Dial", "referMethod"): METHOD,
    ("Number", "sendDigits"): "[0-9A-DwW#*]+",
    **{(noun, "amdStatusCallbackMethod"): METHOD for noun in NOUNS},
    **{(noun, "machineDetection"): "Enable|DetectMessageEnd" for noun in NOUNS},
    **{(noun, "method"): METHOD for noun in NOUNS},
    **{(noun, "statusCallbackMethod"): METHOD for noun in NOUNS},
}
# Error 13243: a line feed within is enough. Blanks around the URI are trimmed; sips: is no scheme.
SIP_URI = r"sip:\S+"
SIP_URI_LESS_THAN = 255
NOUNS_AT_MOST = 10
# Error 11750.
DOCUMENT_BYTES_AT_MOST = 64 * 1024
# What the `url` of a noun may answer with; the callee hears it first.
SCREENING = ("Gather", "Hangup", "Play", "Say")


def value_fault(kind: str, name: str, value: str) -> str | None:
    """Say what is wrong with the value of an attribute, or None."""
    if (kind, name) in WHOLE_NUMBERS:
        low, high = WHOLE_NUMBERS[kind, name]
        if not re.fullmatch("[0-9]+", value) or not low <= int(value) <= high:
            return f"is not a whole number from {low} to {high}"
    pattern = PATTERNS.get((kind, name), "(?s:.*)")
    return None if re.fullmatch(pattern, value) else f"does not match {pattern}"


def element_faults(element: ET.Element, kind: str, text: str) -> Iterator[str]:
    """Yield what is wrong with one element, whose own text is given without blanks around it."""
    if kind in ("Dial", "Sip") and text and len(element):
        # Twilio takes the one or the other; in <Sip> a child is read as part of the URI.
        yield f"holds the text {text!r} beside other elements"
    elif kind == "Sip" and not len(element) and not re.fullmatch(SIP_URI, text):
        yield f"holds {text!r}, which does not match {SIP_URI}"
    if kind == "Sip" and len(text) >= SIP_URI_LESS_THAN:
        yield f"has a URI of {len(text)} characters; it must be under {SIP_URI_LESS_THAN}"
    if kind == "Dial" and len(element) > NOUNS_AT_MOST:
        yield f"has {len(element)} nouns; Twilio dials at most {NOUNS_AT_MOST}"


def document_faults(root: ET.Element, size: int, *, is_screening: bool) -> Iterator[str]:
    """Yield what is wrong with a document as a whole, which has so many bytes."""
    if size > DOCUMENT_BYTES_AT_MOST:
        yield f"has {size} bytes; Twilio reads at most {DOCUMENT_BYTES_AT_MOST}"
    for place, verb in enumerate(root):
        if place and verb.get("answerOnBridge") == "true":
            yield f"has answerOnBridge in verb {place + 1}; it works in the first one only"
        if is_screening and verb.tag not in SCREENING:
            yield f"screens a call with <{verb.tag}>; there may be {', '.join(SCREENING)}"
