"""Puts a call record into one sentence."""

from collections.abc import Sequence
from datetime import datetime

from telephony.admin.formats import in_reading_order, minutes, money, number
from telephony.models import CallLeg, CallRecord
from telephony.models.choices import CallOutcome
from telephony.records.closing import LONGEST_CALL
from telephony.records.gaps import Missing
from telephony.routing.results import DialResult, Outcome, classify

# What became of a leg, as the end of its dial says.
BY_DIAL_END = {
    Outcome.BUSY: "was busy",
    Outcome.DECLINED: "declined",
    Outcome.NO_ANSWER: "did not answer",
    Outcome.FAILED: "could not be reached",
    Outcome.CANCELED: "was cancelled",
}
# The same by the leg's own webhooks, where the end of the dial speaks of another leg.
BY_LEG_STATUS = {
    "": "was not heard from",
    "busy": "was busy",
    "no-answer": "did not answer",
    "failed": "could not be reached",
    "canceled": "stopped ringing",
}
# What became of the call, where the legs do not already say so.
BY_OUTCOME = {
    CallOutcome.RINGING: "the call is in progress",
    CallOutcome.UNANSWERED: "nobody answered",
    CallOutcome.BUSY: "the caller was told that the line is busy",
    CallOutcome.CALLER_GONE: "the caller hung up",
    CallOutcome.REJECTED: "the call was rejected",
    CallOutcome.UNKNOWN: "how it ended is not known to the panel",
}
ANSWERED = (CallOutcome.ANSWERED, CallOutcome.FAILED_OVER)
# Outcomes of a call whose caller is known to have been put through to nobody.
NOT_PUT_THROUGH = (
    CallOutcome.UNANSWERED,
    CallOutcome.BUSY,
    CallOutcome.CALLER_GONE,
    CallOutcome.REJECTED,
)


def may_go_on(call: CallRecord, now: datetime) -> bool:
    """Whether what is missing from a call may still come."""
    return call.started_at > now - LONGEST_CALL


def describe_outcome(call: CallRecord, now: datetime) -> str:
    """Return the outcome in a few words."""
    if call.outcome == CallOutcome.RINGING and not may_go_on(call, now):
        return "end never heard"
    return call.get_outcome_display()


def summarise(call: CallRecord, legs: Sequence[CallLeg], now: datetime) -> str:
    caller, called = number(call.caller), number(call.called)
    who = f"{caller or 'An unknown caller'} called {called or 'an unknown number'}"
    who += f", forwarded from {number(call.forwarded_from)}" if call.forwarded_from else ""
    is_winner_known = any(leg.is_answered for leg in legs)
    story = [
        f"{leg.label or leg.uri or 'somebody'} {describe_leg(call, leg, legs, now)}" for leg in legs
    ]
    amounts = {"cost": money(call.cost, call.currency), "saved": money(call.saved, call.currency)}
    costs = ", ".join(f"{word} {amount}" for word, amount in amounts.items() if amount)
    parts = [who, ", ".join(story), describe_end(call, is_winner_known, now), costs]
    return in_reading_order("; ".join(part for part in parts if part) + ".")


def describe_leg(call: CallRecord, leg: CallLeg, legs: Sequence[CallLeg], now: datetime) -> str:
    """Return what became of a leg; `legs` are all of the call."""
    result = DialResult(leg.dial_status, sip_code=leg.sip_code, error_code=leg.error_code)
    if leg.is_answered:
        failover = " after failover" if call.outcome == CallOutcome.FAILED_OVER else ""
        talked = "" if leg.talk_s is None else f" and talked {minutes(leg.talk_s)}"
        return f"answered{failover}{talked}"
    if result.is_picked_up or leg.status in ("in-progress", "completed"):
        is_known = leg.dial_status or call.outcome in NOT_PUT_THROUGH
        is_beaten = is_known or any(other.is_answered for other in legs)
        return "picked up but was not put through" if is_beaten else "picked up"
    if leg.dial_status:
        return BY_DIAL_END[classify(result)]
    is_going_on = call.outcome == CallOutcome.RINGING and may_go_on(call, now)
    return BY_LEG_STATUS.get(leg.status, "is ringing" if is_going_on else "was rung")


def describe_end(call: CallRecord, is_winner_known: bool, now: datetime) -> str:
    outcome = CallOutcome(call.outcome)
    if outcome in ANSWERED:
        return "" if is_winner_known else "somebody answered, but who is not known"
    if outcome == CallOutcome.RINGING and not may_go_on(call, now):
        return "the end of the call was never heard"
    if outcome == CallOutcome.UNKNOWN and not call.dials and was_not_asked(call):
        return "the panel was not asked what to do: it was down, or a static document took the call"
    return BY_OUTCOME[outcome]


def was_not_asked(call: CallRecord) -> bool:
    return any(gap["code"] == Missing.FIRST_WEBHOOK for gap in call.missing)
