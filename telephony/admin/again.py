"""Rehearse again: the address of Try for a past call, filled in with what happened then."""

from collections.abc import Sequence
from urllib.parse import urlencode

from django.utils import timezone

from telephony.admin import trying, unsaved
from telephony.models import CallLeg, CallRecord, PhoneNumber
from telephony.models.choices import CallOutcome
from telephony.records.scene import Side
from telephony.rehearsal.trial import ANSWERS
from telephony.routing.numbers import ANONYMOUS, telephone_caller_id
from telephony.routing.results import DialResult, Outcome, classify

# Each of them is something that a destination does in a trial.
BY_OUTCOME = {
    Outcome.BUSY: "busy",
    Outcome.DECLINED: "declined",
    Outcome.NO_ANSWER: "no-answer",
    Outcome.FAILED: "failed",
    # It rang, and stopped because of somebody else.
    Outcome.CANCELED: "no-answer",
}
ENDED_RINGING = ("no-answer", "canceled")


def address(call: CallRecord, legs: Sequence[tuple[CallLeg, Side]], number: PhoneNumber) -> str:
    """Return Try's address. What nobody knows of a destination is left to Try: it answers."""
    given = {"caller": telephone_caller_id(call.caller) or ANONYMOUS}
    given["at"] = timezone.localtime(call.started_at).strftime(trying.MOMENT)
    if call.talk_s is not None:
        given["talk_s"] = str(min(call.talk_s, trying.TALK_S_AT_MOST))
    given |= find_doings(call, legs)
    query = urlencode({f"{trying.PREFIX}-{name}": value for name, value in given.items()})
    return f"{unsaved.address('try', number)}?{query}"


def find_doings(call: CallRecord, legs: Sequence[tuple[CallLeg, Side]]) -> dict[str, str]:
    """Return key -> what that destination did; of one that was dialled twice, what it did last."""
    last = max((leg.position or 0 for leg, _ in legs), default=0)
    found = {}
    for leg, side in legs:
        does = find_doing(leg, side)
        is_last = leg.position == last
        if does == "no-answer" and call.outcome == CallOutcome.CALLER_GONE and is_last:
            does = "hangup"
        if leg.destination_key and does:
            found[leg.destination_key] = does
    return found


def find_doing(leg: CallLeg, side: Side) -> str:
    """Return what a destination did, "" if that is not known."""
    if leg.is_answered:
        return ANSWERS
    result = DialResult(
        leg.dial_status or leg.status, sip_code=leg.sip_code, error_code=leg.error_code
    )
    if result.is_picked_up:
        # A person who pressed the key was only late, or the caller had gone.
        return ANSWERS if side.key == "pressed" else "mailbox"
    if leg.dial_status or leg.status in ("busy", "failed", *ENDED_RINGING):
        return BY_OUTCOME[classify(result)]
    return ""
