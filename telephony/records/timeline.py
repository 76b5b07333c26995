"""Tells the story of one call from its webhooks: what Twilio said, what we decided, and why."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from telephony.records.event import Event
from telephony.records.meanings import error_meaning, sip_meaning
from telephony.wire.forms import to_int
from telephony.wire.paths import Kind

# Fields that let somebody act as the caller or as Twilio; headers of a SIP call are anybody's.
PRIVATE_FIELD = re.compile(r"password|secret|token|authori[sz]ation|credential", re.IGNORECASE)
# user:password@ in a URL or a SIP URI.
URI_PASSWORD = re.compile(r"((?:\bsips?:|://)[^\s/:@]*:)[^\s/@]+(?=@)", re.IGNORECASE)
HIDDEN = "(not shown)"


@dataclass(frozen=True, slots=True)
class Moment:
    """One webhook as received, and our answer. `after_s` counts from the call's first webhook."""

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
    ordered = sorted(events, key=lambda event: (event.received_at, *_place(event)))
    labels = _labels(ordered)
    return tuple(_moment(event, ordered[0].received_at, labels) for event in ordered)


def _place(event: Event) -> tuple[int, int, int, str]:
    """Order of webhooks of one moment: as a call goes, position by position, its end last."""
    kinds = (Kind.VOICE, Kind.LEG, Kind.ACTION, Kind.FAILED)
    sequence = to_int(event.first("SequenceNumber")) or 0
    if event.kind not in kinds:
        return 1000, 0, sequence, event.identity
    return event.position or 0, kinds.index(Kind(event.kind)), sequence, event.identity


def _moment(event: Event, began_at: datetime, labels: Mapping[tuple[int, int], str]) -> Moment:
    decision = event.decision or {}
    return Moment(
        at=event.received_at,
        after_s=int((event.received_at - began_at).total_seconds()),
        kind=_kind(event, labels),
        said=tuple(_said(event)),
        answer=_answer(decision),
        reason=decision.get("reason", ""),
        passed_over=tuple(decision.get("passed_over", ())),
        fields=tuple((name, _shown(name, values)) for name, values in sorted(event.params.items())),
    )


def _labels(events: Iterable[Event]) -> dict[tuple[int, int], str]:
    """(position, place in its group) -> the name of who was dialled there."""
    return {
        (event.decision["position"], index): destination["label"] or destination["uri"]
        for event in events
        if event.decision and event.decision.get("step") == "dial"
        for index, destination in enumerate(event.decision["destinations"])
    }


def _kind(event: Event, labels: Mapping[tuple[int, int], str]) -> str:
    match event.kind:
        case Kind.VOICE:
            return "The call came in"
        case Kind.ACTION:
            return f"The dial at position {event.position} ended"
        case Kind.FAILED:
            return "Twilio could not use our answer"
        case Kind.STATUS:
            return "Twilio reported on the call"
        case Kind.LEG:
            named = labels.get((event.position or 0, event.index or 0))
            return f"Twilio reported on the leg to {named or event.first('To') or 'nobody known'}"
    return event.kind


def _said(event: Event) -> Iterator[str]:
    of_leg = event.kind == Kind.LEG
    if event.status:
        yield f"{'leg' if of_leg else 'call'} status {event.status}"
    if dial_status := event.first("DialCallStatus"):
        yield f"dial status {dial_status}"
    if event.result.bridged is False:
        yield "not put through to the caller"
    for name in ("DialSipResponseCode", "SipResponseCode"):
        if code := to_int(event.first(name)):
            yield f"SIP {code}: {sip_meaning(code)}"
    if code := to_int(event.first("ErrorCode")):
        yield f"error {code}: {error_meaning(code)}"
    for name in ("DialCallDuration", "CallDuration"):
        if event.first(name):
            yield f"{event.first(name)} s"


def _answer(decision: Mapping[str, Any]) -> str:
    match decision.get("step"):
        case "dial":
            names = " and ".join(d["label"] or d["uri"] for d in decision["destinations"])
            return (
                f"Ring {names} for {decision['ring_s']} s, showing {decision['caller_id']} "
                f"(position {decision['position']})"
            )
        case "say":
            return f"Say “{decision['message']}” and hang up"
        case "reject":
            return "Reject the call"
        case "hangup":
            return "Hang up"
    return ""


def _shown(name: str, values: Iterable[str]) -> str:
    if PRIVATE_FIELD.search(name):
        return HIDDEN
    return URI_PASSWORD.sub(rf"\1{HIDDEN}", ", ".join(values))
