"""Reads what Twilio says about a finished dial: whether it was answered, and if not, why not."""

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


# A person who is busy or declines has made a decision; nobody has when it rings out or fails.
MOVES_ON_BY_DEFAULT = frozenset({Outcome.NO_ANSWER, Outcome.FAILED})

# CallStatus values after which the caller is no longer there.
FINAL_CALL_STATUSES = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
# DialCallStatus values of a dial that was picked up; `answered` is a conference's.
PICKED_UP = frozenset({"completed", "answered"})

# SIP response codes (RFC 3261; 607 RFC 8197, 608 RFC 8688) that a person or a phone chose.
BUSY_CODES = frozenset({486, 600})
DECLINED_CODES = frozenset({603, 607, 608})
# SIP's answer to a CANCEL. Twilio gives it beside `busy` too, where the far side was engaged.
CANCELLED_CODE = 487

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

    @property
    def is_picked_up(self) -> bool:
        """Somebody or something took the call, whether or not it was put through to the caller."""
        return self.dial_status in PICKED_UP

    @property
    def is_answered(self) -> bool:
        return self.is_picked_up and self.bridged is not False


def classify(result: DialResult) -> Outcome:
    """Return how the dial ended. Anything unknown counts as a failure, so that the call goes on."""
    if result.is_answered:
        return Outcome.ANSWERED
    if result.call_status in FINAL_CALL_STATUSES:
        return Outcome.CALLER_GONE
    if result.is_picked_up:
        # Never put through: no key was pressed, or it hung up while it was asked for one.
        return Outcome.NO_ANSWER
    if result.dial_status == "canceled":
        return Outcome.CANCELED
    return _classify_unanswered(result)


def _classify_unanswered(result: DialResult) -> Outcome:
    # The far side's own word comes first: an ErrorCode beside it is Twilio's reading of it.
    if result.sip_code in DECLINED_CODES:
        return Outcome.DECLINED
    if result.sip_code in BUSY_CODES:
        return Outcome.BUSY
    is_engaged = result.sip_code in (None, CANCELLED_CODE)
    if result.dial_status == "busy" and (result.error_code or not is_engaged):
        # Twilio's own refusals (13247 and the like) and technical ones look like busy.
        return Outcome.FAILED
    return BY_DIAL_STATUS.get(result.dial_status, Outcome.FAILED)
