"""The page of one call: what its template shows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as format_date

from telephony.admin import again, formats
from telephony.admin.formats import exactly, in_reading_order, minutes, money, outcome_badge
from telephony.admin.summaries import (
    describe_leg,
    describe_outcome,
    is_going_on,
    may_go_on,
    side_of,
    summarise,
)
from telephony.models import CallLeg, CallRecord, FallbackNumber, PhoneNumber, SipEndpoint
from telephony.models.choices import CallOutcome
from telephony.records.event import Event
from telephony.records.gaps import describe_gap, parse_gap
from telephony.records.meanings import code_meanings, verstat_meaning
from telephony.records.scene import Bar, Scene, Side, Stretch, draw, find_scene, find_ticks
from telephony.records.store import load_events
from telephony.records.timeline import build_timeline
from telephony.routing.numbers import telephone_caller_id
from telephony.routing.reasons import explain_passed_over

# Webhooks that tell of a call's end come within seconds of each other.
LAST_WEBHOOKS = timedelta(minutes=1)
# Seconds between two looks at a call, and at one that goes on for longer than most.
REFRESH_S, REFRESH_LONG_S = 3, 15
LONG = timedelta(minutes=10)
# Of the drawing, in percent: a label of the axis this far right ends at its tick.
NEAR_THE_EDGE = 88
# Stretch -> what it is called beside the drawing.
STRETCHES = {
    "waiting": "waited",
    "connected": "connected",
    "message": "heard a message",
    "ringing": "rang",
    "key": "was asked for a key",
    "line": "on the line",
    "unknown": "not known",
}
ENDS = {"known": "", "now": ", and goes on", "unknown": " at most: its end was not heard"}


@dataclass(frozen=True)
class Linked:
    """Words that lead to a page, or nowhere if `address` is empty."""

    words: str
    address: str = ""


def describe_call(call: CallRecord, request: HttpRequest) -> dict[str, Any]:
    now = timezone.now()
    events = load_events([call.pk])[call.pk]
    scene = find_scene(events, now if is_going_on(call, now) else None)
    legs = list(call.legs.order_by("position", "index", "leg_sid"))
    sides = scene.legs if scene else {}
    caller, called = (
        in_reading_order(formats.number(call.caller)),
        in_reading_order(formats.number(call.called)),
    )
    return {
        "heading": f"{caller or 'Unknown caller'} → {called or 'unknown number'}",
        "short": in_reading_order(str(call)),
        "when": format_date(timezone.localtime(call.started_at), "j M Y H:i"),
        "started": exactly(call.started_at),
        "summary": summarise(call, legs, now, sides),
        "passed_over": passed_over(events),
        "outcome": outcome_badge(call.outcome, describe_outcome(call, now)),
        "caller_name": in_reading_order(call.caller_name),
        "verstat": verstat_meaning(call.verstat),
        "talk": minutes(call.talk_s),
        "cost": money(call.cost, call.currency),
        "saved": money(call.saved, call.currency),
        "may_go_on": may_go_on(call, now),
        "missing": [describe_gap(parse_gap(gap)) for gap in call.missing],
        "links": list(find_links(call, [(leg, side_of(leg, sides)) for leg in legs], request, now)),
        "lanes": describe_lanes(call, legs, scene, request, now),
        "ticks": describe_ticks(scene),
        "legs": legs,
        "timeline": build_timeline(events),
        "refresh_s": refresh_after(call, now),
        "now_address": reverse("admin:telephony_callrecord_now", args=[call.pk]),
    }


def refresh_after(call: CallRecord, now: datetime) -> int | None:
    """Return in how many seconds there may be something new; None if nothing is waited for."""
    ends = call.outcome != CallOutcome.RINGING
    is_waiting = call.missing and call.ended_at and now - call.ended_at < LAST_WEBHOOKS
    if not may_go_on(call, now) or (ends and not is_waiting):
        return None
    return REFRESH_S if now - call.started_at < LONG else REFRESH_LONG_S


def find_links(
    call: CallRecord, legs: Sequence[tuple[CallLeg, Side]], request: HttpRequest, now: datetime
) -> Iterator[Linked]:
    """Yield where the page leads, as far as it is there and the viewer may go."""
    number = PhoneNumber.objects.filter(e164=call.called).first()
    if number is not None and may_see(request, number):
        yield Linked(f"Number {number}", address_of(number))
    # All who withhold their number have one name, and are not one caller.
    if telephone_caller_id(call.caller):
        others = reverse("admin:telephony_callrecord_changelist")
        query = urlencode({"caller": call.caller})
        yield Linked("Other calls of this caller", f"{others}?{query}")
    if number is not None and may_see(request, number) and not is_going_on(call, now):
        yield Linked("Rehearse again", again.address(call, legs, number))


def passed_over(events: Sequence[Event]) -> list[str]:
    """Return who was not rung though the route has them, and why, each once."""
    decisions = [event.decision for event in events if event.decision]
    found = [explain_passed_over(each) for decision in decisions for each in decision.passed_over]
    return list(dict.fromkeys(found))


def describe_lanes(
    call: CallRecord,
    legs: Sequence[CallLeg],
    scene: Scene | None,
    request: HttpRequest,
    now: datetime,
) -> list[dict[str, Any]]:
    """Return the caller's side and each leg, with what became of it and when."""
    lanes = []
    if scene:
        lanes.append({"name": Linked("The caller"), **describe_bars(scene.caller, scene)})
    destinations = load_destinations(legs, request)
    sides = scene.legs if scene else {}
    for leg in legs:
        there = destinations.get(leg.destination_key)
        lane = {
            "name": Linked(leg.label or leg.uri or "Somebody unknown", address_of(there)),
            "server": describe_server(there, request),
            "became": describe_leg(call, leg, legs, now, sides),
            "codes": code_meanings(leg.sip_code, leg.error_code),
            "cost": money(leg.cost, side_of(leg, sides).currency or call.currency),
        }
        stretches = side_of(leg, sides).stretches
        lanes.append(lane | (describe_bars(stretches, scene) if scene and stretches else {}))
    return lanes


def describe_bars(stretches: Sequence[Stretch], scene: Scene) -> dict[str, Any]:
    bars = draw(stretches, scene.length_s)
    return {"bars": bars, "times": ", ".join(map(describe_bar, bars))}


def describe_bar(bar: Bar) -> str:
    """Return a stretch in words, as its bar shows it."""
    stretch = bar.stretch
    from_s, to_s = round(stretch.from_s), round(stretch.to_s)
    span = f"from {clock(from_s)} to {clock(to_s)}" if from_s < to_s else f"at {clock(to_s)}"
    return f"{STRETCHES[stretch.what]} {span}{ENDS[stretch.end]}"


def describe_ticks(scene: Scene | None) -> list[dict[str, Any]]:
    ticks = find_ticks(scene.length_s) if scene else ()
    anchors = ["end" if t.left > NEAR_THE_EDGE else "middle" if t.at_s else "start" for t in ticks]
    return [
        {"left": tick.left, "anchor": anchor, "words": clock(tick.at_s)}
        for tick, anchor in zip(ticks, anchors, strict=True)
    ]


def clock(seconds: int) -> str:
    """Return m:ss, or h:mm:ss."""
    if seconds < 3600:
        return minutes(seconds)
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def load_destinations(
    legs: Sequence[CallLeg], request: HttpRequest
) -> Mapping[str, SipEndpoint | FallbackNumber]:
    """Return key -> row, for destinations that still exist and may be seen."""
    keys = {leg.destination_key.partition(":")[::2] for leg in legs if leg.destination_key}
    wanted = {
        kind: [pk for each, pk in keys if each == kind and pk.isdigit()]
        for kind in ("endpoint", "fallback")
    }
    found: dict[str, SipEndpoint | FallbackNumber] = {}
    if wanted["endpoint"]:
        endpoints = SipEndpoint.objects.select_related("server")
        found |= {f"endpoint:{row.pk}": row for row in endpoints.filter(pk__in=wanted["endpoint"])}
    if wanted["fallback"]:
        fallbacks = FallbackNumber.objects.filter(pk__in=wanted["fallback"])
        found |= {f"fallback:{row.pk}": row for row in fallbacks}
    return {key: row for key, row in found.items() if may_see(request, row)}


def describe_server(
    destination: SipEndpoint | FallbackNumber | None, request: HttpRequest
) -> Linked | None:
    if not isinstance(destination, SipEndpoint) or not may_see(request, destination.server):
        return None
    return Linked(destination.server.name, address_of(destination.server))


def may_see(request: HttpRequest, row: Model) -> bool:
    page = admin.site.get_model_admin(type(row))
    return bool(page.has_view_or_change_permission(request))


def address_of(row: Model | None) -> str:
    if row is None:
        return ""
    return reverse(f"admin:telephony_{row._meta.model_name}_change", args=[row.pk])
