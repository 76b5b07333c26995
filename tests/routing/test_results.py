"""What Twilio says of a finished dial, and what the panel makes of it: docs/routing.md, the table."""

import pytest

from telephony.routing.results import DialResult, Outcome, classify

# DialCallStatus, CallStatus, DialBridged, SIP code, ErrorCode -> outcome.
TABLE = [
    ("completed", "in-progress", None, 200, None, "answered"),
    ("completed", "in-progress", True, 200, None, "answered"),
    ("completed", "completed", None, 200, None, "answered"),
    ("completed", "completed", True, None, None, "answered"),
    ("answered", "in-progress", None, None, None, "answered"),
    # The caller has hung up, or the call was ended by REST.
    ("no-answer", "completed", None, None, None, "caller-gone"),
    ("canceled", "no-answer", None, 487, None, "caller-gone"),
    ("canceled", "canceled", None, None, None, "caller-gone"),
    ("failed", "failed", None, None, None, "caller-gone"),
    ("busy", "busy", None, 486, None, "caller-gone"),
    ("", "completed", None, None, None, "caller-gone"),
    ("completed", "completed", False, 200, None, "caller-gone"),
    # Picked up, but never put through.
    ("completed", "in-progress", False, 200, None, "no-answer"),
    ("completed", "ringing", False, 200, None, "no-answer"),
    ("answered", "ringing", False, None, None, "no-answer"),
    ("canceled", "ringing", None, None, None, "canceled"),
    ("canceled", "in-progress", None, 487, None, "canceled"),
    ("canceled", "ringing", None, 603, None, "canceled"),
    # A person declined.
    ("busy", "ringing", None, 603, None, "declined"),
    ("failed", "ringing", None, 603, None, "declined"),
    ("busy", "ringing", None, 607, None, "declined"),
    ("failed", "ringing", None, 608, None, "declined"),
    # Twilio's own refusals and technical ones look like busy.
    ("busy", "ringing", None, None, 13247, "failed"),
    ("busy", "ringing", None, 503, None, "failed"),
    ("busy", "ringing", None, 403, None, "failed"),
    ("busy", "ringing", None, 487, 13247, "failed"),
    # The far side's own word outweighs what Twilio makes of it.
    ("busy", "ringing", None, 486, 32011, "busy"),
    ("failed", "ringing", None, 400, 13224, "failed"),
    # Twilio can give 487 beside busy, too.
    ("busy", "ringing", None, 487, None, "busy"),
    ("busy", "ringing", None, None, None, "busy"),
    ("busy", "ringing", None, 486, None, "busy"),
    ("busy", "in-progress", None, 600, None, "busy"),
    ("no-answer", "ringing", None, 486, None, "busy"),
    ("failed", "ringing", None, 600, None, "busy"),
    ("no-answer", "ringing", None, None, None, "no-answer"),
    ("no-answer", "ringing", None, 487, None, "no-answer"),
    ("no-answer", "ringing", None, 480, None, "no-answer"),
    ("no-answer", "ringing", None, 408, 13224, "no-answer"),
    ("failed", "ringing", None, 404, None, "failed"),
    ("failed", "ringing", None, 503, 32011, "failed"),
    ("failed", "ringing", None, None, None, "failed"),
    ("", "ringing", None, None, None, "failed"),
    ("", "in-progress", None, None, None, "failed"),
    ("voicemail", "in-progress", None, None, None, "failed"),
    ("failed", "a-new-status", None, None, None, "failed"),
]


@pytest.mark.parametrize(
    ("dial_status", "call_status", "bridged", "sip_code", "error_code", "outcome"), TABLE
)
def test_outcome_follows_the_table(
    dial_status, call_status, bridged, sip_code, error_code, outcome
):
    result = DialResult(dial_status, call_status, bridged, sip_code, error_code)

    assert classify(result) == outcome


def test_the_table_has_every_outcome():
    assert {row[-1] for row in TABLE} == set(Outcome)
