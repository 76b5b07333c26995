"""Tells a call to a person, in a few sentences. They say no more than is known."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby

from django.utils.text import capfirst

from telephony.admin.amounts import describe_cost, describe_saving
from telephony.admin.formats import in_reading_order, number, spelled
from telephony.models import CallLeg, CallRecord
from telephony.models.choices import CallOutcome
from telephony.records.closing import LONGEST_CALL
from telephony.records.gaps import Missing
from telephony.records.scene import LegKey, Side
from telephony.routing.results import DialResult, Outcome, classify

# What became of a leg that was not picked up, as the end of its dial says, or its own report. The
# second is said if it is known how long it rang.
BY_DIAL_END = {
    Outcome.BUSY: ("was busy", "was busy"),
    Outcome.DECLINED: ("declined", "declined after {ring}"),
    Outcome.NO_ANSWER: ("did not answer", "rang for {ring} and did not answer"),
    Outcome.FAILED: ("could not be reached", "could not be reached, which took {ring}"),
    Outcome.CANCELED: ("was cancelled", "rang for {ring} and was cancelled"),
}
# Where the end of the dial speaks of another leg.
BY_LEG_STATUS = {
    "": ("was not heard from", "was not heard from"),
    "busy": BY_DIAL_END[Outcome.BUSY],
    "no-answer": BY_DIAL_END[Outcome.NO_ANSWER],
    "failed": BY_DIAL_END[Outcome.FAILED],
    "canceled": ("stopped ringing", "rang for {ring} and then stopped"),
}
# What became of the call, where the legs do not already say so.
BY_OUTCOME = {
    CallOutcome.RINGING: "the call is in progress",
    CallOutcome.UNANSWERED: "nobody answered",
    CallOutcome.BUSY: "the caller was told that the line is busy",
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


def summarise(
    call: CallRecord,
    legs: Sequence[CallLeg],
    now: datetime,
    sides: Mapping[LegKey, Side] | None = None,
) -> str:
    """Return who called, who rang for how long, who took it, what it cost, and saved against what.

    `legs` are in the order of the route; `sides` is what only the webhooks tell of them.
    """
    sides = sides or {}
    caller, called = number(call.caller), number(call.called)
    who = f"{caller or 'An unknown caller'} called {called or 'an unknown number'}"
    who += f", forwarded from {number(call.forwarded_from)}" if call.forwarded_from else ""
    groups = groupby(legs, key=lambda leg: leg.position)
    story = [tell_dial(call, list(group), legs, now, sides) for _, group in groups]
    is_winner_known = any(leg.is_answered for leg in legs)
    ours = [
        describe_end(call, is_winner_known, now),
        describe_gaps(call, now),
        describe_cost(call, legs, sides, is_going_on=is_going_on(call, now)),
        describe_saving(call, legs, sides),
        "this was a rehearsal: no telephone rang" if call.is_simulated else "",
    ]
    # Names begin as they are written.
    sentences = [who, "; then ".join(story), *map(capfirst, ours)]
    return in_reading_order(" ".join(f"{each}." for each in sentences if each))


def tell_dial(
    call: CallRecord,
    group: Sequence[CallLeg],
    legs: Sequence[CallLeg],
    now: datetime,
    sides: Mapping[LegKey, Side],
) -> str:
    """Return what became of those who were dialled at one position."""
    # Of legs without a position nobody knows whether they were dialled together.
    is_together = len(group) > 1 and group[0].position is not None
    names = [name_of(leg) for leg in group]
    together = f"{', '.join(names[:-1])} and {names[-1]} were dialled together: "
    story = ", ".join(
        f"{name_of(leg)} {describe_leg(call, leg, legs, now, sides)}" for leg in group
    )
    return together + story if is_together else story


def name_of(leg: CallLeg) -> str:
    return leg.label or leg.uri or "somebody"


def side_of(leg: CallLeg, sides: Mapping[LegKey, Side]) -> Side:
    return sides.get((leg.position, leg.index, leg.leg_sid), Side())


def is_going_on(call: CallRecord, now: datetime) -> bool:
    return call.outcome == CallOutcome.RINGING and may_go_on(call, now)


def describe_leg(
    call: CallRecord,
    leg: CallLeg,
    legs: Sequence[CallLeg],
    now: datetime,
    sides: Mapping[LegKey, Side] | None = None,
) -> str:
    """Return what became of a leg; `legs` are all of the call."""
    result = DialResult(leg.dial_status, sip_code=leg.sip_code, error_code=leg.error_code)
    key = side_of(leg, sides or {}).key
    if leg.is_answered:
        # Where somebody else was dialled before, the story says so.
        is_first = len({each.position for each in legs}) == 1
        failover = call.outcome == CallOutcome.FAILED_OVER and is_first
        after = (" after failover" if failover else "") + describe_ringing(leg)
        pressed = ", pressed the key" if key == "pressed" else ""
        talked = "" if leg.talk_s is None else f" and talked for {spelled(leg.talk_s)}"
        return f"answered{after}{pressed}{talked}"
    if result.is_picked_up or leg.status in ("in-progress", "completed"):
        return describe_pickup(call, leg, legs, key, now)
    if leg.dial_status:
        words = BY_DIAL_END[classify(result)]
    elif leg.status in BY_LEG_STATUS:
        words = BY_LEG_STATUS[leg.status]
    else:
        return "is ringing" if is_going_on(call, now) else "was rung"
    return words[0] if leg.ring_s is None else words[1].format(ring=spelled(leg.ring_s))


def describe_pickup(
    call: CallRecord, leg: CallLeg, legs: Sequence[CallLeg], key: str, now: datetime
) -> str:
    """Return what is known of a leg that was picked up and is not known to have been put through."""
    after = describe_ringing(leg)
    is_over = leg.dial_status or leg.status == "completed"
    is_known = leg.dial_status or call.outcome in NOT_PUT_THROUGH
    is_beaten = is_known or any(other.is_answered for other in legs)
    if key == "asked" and is_going_on(call, now) and not is_over:
        return f"picked up{after} and is asked for a key"
    if key == "asked":
        return f"picked up{after}, but is not known to have pressed a key" + (
            " and was not put through" if is_beaten else ""
        )
    pressed = " and pressed the key" if key == "pressed" else ""
    return f"picked up{after}{pressed}" + (" but was not put through" if is_beaten else "")


def describe_ringing(leg: CallLeg) -> str:
    return "" if leg.ring_s is None else f" after ringing for {spelled(leg.ring_s)}"


def describe_gaps(call: CallRecord, now: datetime) -> str:
    # Of a call that goes on nobody expects all, and of one that was not asked about it is said.
    if not call.missing or call.outcome in (CallOutcome.RINGING, CallOutcome.UNKNOWN):
        return ""
    if may_go_on(call, now):
        return "parts of it have not been heard of yet"
    return "parts of it were never heard of"


def describe_end(call: CallRecord, is_winner_known: bool, now: datetime) -> str:
    outcome = CallOutcome(call.outcome)
    if outcome in ANSWERED:
        return "" if is_winner_known else "somebody answered, but who is not known"
    if outcome == CallOutcome.CALLER_GONE:
        return describe_caller_gone(call)
    if outcome == CallOutcome.RINGING and not may_go_on(call, now):
        return "the end of the call was never heard"
    if outcome == CallOutcome.UNKNOWN and not call.dials and was_not_asked(call):
        return "the panel was not asked what to do: it was down, or a static document took the call"
    return BY_OUTCOME[outcome]


def describe_caller_gone(call: CallRecord) -> str:
    after = ""
    if call.ended_at is not None:
        after = f" after {spelled(round((call.ended_at - call.started_at).total_seconds()))}"
    through = ", before being put through" if call.dials else ""
    return f"the caller hung up{after}{through}"


def was_not_asked(call: CallRecord) -> bool:
    return any(gap["code"] == Missing.FIRST_WEBHOOK for gap in call.missing)
