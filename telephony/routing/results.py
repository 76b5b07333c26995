"""Reads what Twilio says of a finished dial: was it answered, and if not, why not."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Outcome(StrEnum):
    """How one dial ended."""

    ANSWERED = "answered"
    BUSY = "busy"
    DECLINED = "declined"
    NO_ANSWER = "no-answer"
    FAILED = "failed"
    CANCELED = "canceled"
    CALLER_GONE = "caller-gone"


# A human who is busy or who declines has decided; a silence or a fault has not.
MOVES_ON_BY_DEFAULT = frozenset({Outcome.NO_ANSWER, Outcome.FAILED})

# CallStatus values after which nobody listens any more.
FINAL_CALL_STATUSES = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})

# SIP response codes (RFC 3261; 607 RFC 8197, 608 RFC 8688) that a person or a phone chose.
BUSY_CODES = frozenset({486, 600})
DECLINED_CODES = frozenset({603, 607, 608})

BY_DIAL_STATUS: Mapping[str, Outcome] = MappingProxyType(
    {
        "busy": Outcome.BUSY,
        "no-answer": Outcome.NO_ANSWER,
        "failed": Outcome.FAILED,
        "canceled": Outcome.CANCELED,
    }
)


@dataclass(frozen=True, slots=True)
class DialResult:
    """The end of one dial, as its action webhook tells it.

    `dial_status` is Twilio's DialCallStatus, "" where it sent none; `bridged` is None where
    it sent no DialBridged; `error_code` is Twilio's, for a leg that Twilio itself refused.
    """

    dial_status: str = ""
    call_status: str = "in-progress"
    bridged: bool | None = None
    sip_code: int | None = None
    error_code: int | None = None


def classify(result: DialResult) -> Outcome:
    """Return how the dial ended; anything unheard of is a failure, so that the call goes on."""
    if result.dial_status in ("completed", "answered") and result.bridged is not False:
        return Outcome.ANSWERED
    if result.call_status in FINAL_CALL_STATUSES:
        return Outcome.CALLER_GONE
    if result.dial_status in ("completed", "answered"):
        # Picked up but never put through: screened away, or hung up during the screening.
        return Outcome.NO_ANSWER
    if result.dial_status == "canceled":
        return Outcome.CANCELED
    return _unanswered(result)


def _unanswered(result: DialResult) -> Outcome:
    code = result.sip_code
    if code in DECLINED_CODES:
        return Outcome.DECLINED
    if result.dial_status == "busy" and (result.error_code or code not in {None, *BUSY_CODES}):
        # Twilio's own refusals (13247 and the like) and technical ones look like busy.
        return Outcome.FAILED
    if code in BUSY_CODES:
        return Outcome.BUSY
    return BY_DIAL_STATUS.get(result.dial_status, Outcome.FAILED)
