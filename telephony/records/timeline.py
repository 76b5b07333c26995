"""Tells the story of one call from its webhooks: what Twilio said, what we decided, and why."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from telephony.records.decision import RecordedDecision
from telephony.records.event import Event
from telephony.records.meanings import code_meanings
from telephony.routing.reasons import explain, explain_passed_over
from telephony.routing.results import FINAL_CALL_STATUSES
from telephony.wire.forms import to_int
from telephony.wire.paths import Kind

# Fields that let somebody act as the caller or as Twilio. A SIP call's headers may have any name.
PRIVATE_FIELD = re.compile(r"password|secret|token|authori[sz]ation|credential", re.IGNORECASE)
# user:password@ in a URL or a SIP URI.
URI_PASSWORD = re.compile(r"((?:\bsips?:|://)[^\s/:@]*:)[^\s/@]+(?=@)", re.IGNORECASE)
HIDDEN = "(not shown)"
# The order at one position: it is dialled, picked up, asked for a key, and ends.
ORDER = (Kind.VOICE, Kind.LEG, Kind.SCREEN, Kind.KEY, Kind.ACTION, Kind.FAILED)


@dataclass(frozen=True, slots=True)
class Moment:
    """One webhook as received, and our answer. `after_s` counts from the call's first webhook."""

    identity: str
    at: datetime
    after_s: int
    kind: str
    said: tuple[str, ...]
    answer: str
    reason: str
    passed_over: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]


def build_timeline(events: Iterable[Event]) -> tuple[Moment, ...]:
    """Return the webhooks of one call in the order in which they were received."""
    ordered = sorted(events, key=lambda event: (event.received_at, *order_in_call(event)))
    names = name_dialled(ordered)
    unpressed = find_legs_without_key(ordered)
    return tuple(
        Moment(
            identity=event.identity,
            at=event.received_at,
            after_s=int((event.received_at - ordered[0].received_at).total_seconds()),
            kind=describe_kind(event, names),
            said=tuple(describe_fields(event, unpressed)),
            answer=describe_answer(event.decision) if event.decision else "",
            reason=explain(event.decision.reasons) if event.decision else "",
            passed_over=tuple(map(explain_passed_over, event.decision.passed_over))
            if event.decision
            else (),
            fields=tuple(
                (name, _shown(name, values)) for name, values in sorted(event.params.items())
            ),
        )
        for event in ordered
    )


def order_in_call(event: Event) -> tuple[int, int, int, str]:
    """The order of webhooks that came at the same moment: by position as a call goes, its end last."""
    sequence = to_int(event.first("SequenceNumber")) or 0
    if event.kind in (Kind.STATUS, Kind.CLOSED):
        return 1000, 0, sequence, event.identity
    return event.position or 0, ORDER.index(event.kind), sequence, event.identity


def name_dialled(events: Iterable[Event]) -> dict[int, list[str]]:
    """Return position -> the names of who was dialled there, in their order."""
    dials = [event.decision.dial for event in events if event.decision and event.decision.dial]
    return {dial.position: [d.label or d.uri for d in dial.destinations] for dial in dials}


def name_leg(event: Event, names: Mapping[int, list[str]]) -> str:
    """Return whom a leg's webhook speaks of: by its place in the route, or else by its To."""
    here = names.get(event.position or 0, [])
    # Whoever is asked for a key rings alone, so these addresses have no index.
    index = 0 if event.index is None and len(here) == 1 else event.index
    if index is not None and index < len(here):
        return here[index]
    return event.first("To") or "nobody known"


def find_legs_without_key(events: Sequence[Event]) -> frozenset[str]:
    """Return the SIDs of the legs that were asked for a key and have pressed none."""
    asked = {event.leg_sid for event in events if event.kind is Kind.SCREEN}
    pressed = {e.leg_sid for e in events if e.kind is Kind.KEY and e.first("Digits")}
    return frozenset(asked - pressed)


def describe_kind(event: Event, names: Mapping[int, list[str]]) -> str:
    match event.kind:
        case Kind.VOICE:
            return "The call came in"
        case Kind.ACTION:
            return f"The dial at position {event.position} ended"
        case Kind.FAILED:
            return "Twilio could not use our answer"
        case Kind.STATUS:
            return "Twilio reported on the call"
        case Kind.CLOSED:
            return "The panel closed the call, whose end was never heard"
        case Kind.LEG:
            return f"Twilio reported on the leg to {name_leg(event, names)}"
        case Kind.SCREEN:
            return f"{name_leg(event, names)} picked up"
        case Kind.KEY:
            return f"{name_leg(event, names)} was asked for a key"


def describe_fields(event: Event, unpressed: frozenset[str]) -> Iterator[str]:
    """Yield what Twilio says, in words; `unpressed` are the legs on which no key was pressed."""
    if event.status:
        yield f"{'leg' if event.is_of_leg else 'call'} status {event.status}"
    if dial_status := event.first("DialCallStatus"):
        yield f"dial status {dial_status}"
    if event.result.bridged is False:
        yield "not put through to the caller"
    if event.kind is Kind.KEY:
        digits = event.first("Digits")
        yield f"pressed {digits}" if digits else "pressed no key"
    elif event.kind is not Kind.SCREEN and event.leg_sid in unpressed and is_end_of_leg(event):
        yield "no key was pressed"
    yield from describe_codes(event)
    for name in ("DialCallDuration", "CallDuration"):
        if event.first(name):
            yield f"{event.first(name)} s"


def is_end_of_leg(event: Event) -> bool:
    return event.kind is Kind.ACTION or event.status in FINAL_CALL_STATUSES


def describe_codes(event: Event) -> Iterator[str]:
    """Yield the SIP code and Twilio's error; a failed answer's error says nothing of a leg."""
    sip_code = event.result.sip_code or to_int(event.first("SipResponseCode"))
    error_code = to_int(event.first("ErrorCode"))
    if event.kind is Kind.FAILED:
        yield from code_meanings(sip_code, None)
        yield from code_meanings(None, error_code)
    else:
        yield from code_meanings(sip_code, error_code)


def describe_answer(decision: RecordedDecision) -> str:
    if decision.dial:
        dial = decision.dial
        names = " and ".join(d.label or d.uri for d in dial.destinations)
        return (
            f"Ring {names} for {dial.ring_s} s, showing {dial.caller_id} (position {dial.position})"
        )
    match decision.verb:
        case "say":
            return f"Say “{decision.message}” and hang up"
        case "ask":
            return f"Ask whoever picked up for a key: “{decision.message}”"
        case "reject":
            return "Reject the call"
    return "Hang up"


def _shown(name: str, values: Iterable[str]) -> str:
    if PRIVATE_FIELD.search(name):
        return HIDDEN
    return URI_PASSWORD.sub(rf"\1{HIDDEN}", ", ".join(values))
