"""Puts a call record into one sentence."""

from collections.abc import Sequence

from telephony.admin.formats import minutes, money
from telephony.models import CallLeg, CallRecord
from telephony.models.choices import CallOutcome
from telephony.routing.results import DialResult, Outcome, classify

PICKED_UP = ("completed", "answered")
UNANSWERED = {
    Outcome.BUSY: "was busy",
    Outcome.DECLINED: "declined",
    Outcome.NO_ANSWER: "did not answer",
    Outcome.FAILED: "could not be reached",
    Outcome.CANCELED: "was cancelled",
}
# What a leg's own webhooks say, where the end of the dial speaks of another leg.
BY_STATUS = {
    "": "was not heard of",
    "busy": "was busy",
    "no-answer": "did not answer",
    "failed": "could not be reached",
    "canceled": "stopped ringing",
    "in-progress": "is talking",
}
ENDINGS = {
    CallOutcome.RINGING: "the call is in progress",
    CallOutcome.UNANSWERED: "nobody answered",
    CallOutcome.BUSY: "the caller was told that the line is busy",
    CallOutcome.CALLER_GONE: "the caller hung up",
    CallOutcome.REJECTED: "the call was rejected",
}


def summarise(call: CallRecord, legs: Sequence[CallLeg]) -> str:
    who = f"{call.caller or 'An unknown caller'} called {call.called or 'an unknown number'}"
    story = [f"{leg.label or leg.uri or 'somebody'} {_fate(call, leg)}" for leg in legs]
    ending = ENDINGS.get(CallOutcome(call.outcome), "")
    amounts = {"cost": money(call.cost, call.currency), "saved": money(call.saved, call.currency)}
    costs = ", ".join(f"{word} {amount}" for word, amount in amounts.items() if amount)
    parts = [who, ", ".join(story), ending, costs]
    return "; ".join(part for part in parts if part) + "."


def _fate(call: CallRecord, leg: CallLeg) -> str:
    picked_up = leg.dial_status in PICKED_UP or (not leg.dial_status and leg.status == "completed")
    if picked_up and leg.label == call.answered_by:
        failover = " after failover" if call.outcome == CallOutcome.FAILED_OVER else ""
        talked = "" if leg.talk_s is None else f" and talked {minutes(leg.talk_s)}"
        return f"answered{failover}{talked}"
    if picked_up:
        return "picked up but was not put through"
    if not leg.dial_status:
        return BY_STATUS.get(leg.status, "is ringing")
    result = DialResult(leg.dial_status, sip_code=leg.sip_code, error_code=leg.error_code)
    return UNANSWERED[classify(result)]
