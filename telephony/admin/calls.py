"""The call log, which is read-only."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from telephony.admin.base import ModelAdmin
from telephony.admin.callfilters import CalledFilter, CompleteFilter, ForwardedFilter, VerstatFilter
from telephony.admin.formats import in_reading_order, minutes, money
from telephony.admin.summaries import (
    ANSWERED,
    describe_leg,
    describe_outcome,
    may_go_on,
    summarise,
)
from telephony.models import CallLeg, CallRecord, FallbackNumber, SipEndpoint
from telephony.records.gaps import describe_gap, parse_gap
from telephony.records.meanings import code_meanings, verstat_meaning
from telephony.records.store import load_events
from telephony.records.timeline import build_timeline

# What the keys of destinations begin with.
DESTINATIONS = {"endpoint": SipEndpoint, "fallback": FallbackNumber}


@admin.register(CallRecord)
class CallRecordAdmin(ModelAdmin):
    list_display = (
        "started_at",
        "caller_of",
        "called",
        "outcome_of",
        "answered_by_of",
        "dials",
        "talk",
        "cost_of",
        "saved_of",
    )
    list_filter = (
        "outcome",
        CompleteFilter,
        VerstatFilter,
        ForwardedFilter,
        "is_simulated",
        CalledFilter,
    )
    search_fields = ("^call_sid", "caller", "called", "caller_name", "forwarded_from")
    search_help_text = "Call SID, caller (number or name), number called, or number forwarded from"
    date_hierarchy = "started_at"
    show_full_result_count = False
    fields = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: CallRecord | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: CallRecord | None = None) -> bool:
        return False

    @admin.display(description="caller", ordering="caller")
    def caller_of(self, call: CallRecord) -> str:
        name = f" ({call.caller_name})" if call.caller_name else ""
        forwarded = f", forwarded from {call.forwarded_from}" if call.forwarded_from else ""
        return in_reading_order(f"{call.caller}{name}{forwarded}")

    @admin.display(description="answered by", ordering="answered_by")
    def answered_by_of(self, call: CallRecord) -> str:
        return call.answered_by or ("not known" if call.outcome in ANSWERED else "")

    @admin.display(description="outcome", ordering="outcome")
    def outcome_of(self, call: CallRecord) -> str:
        return describe_outcome(call, timezone.now())

    @admin.display(description="talk", ordering="talk_s")
    def talk(self, call: CallRecord) -> str:
        return minutes(call.talk_s)

    @admin.display(description="cost", ordering="cost")
    def cost_of(self, call: CallRecord) -> str:
        return money(call.cost, call.currency)

    @admin.display(description="saved", ordering="saved")
    def saved_of(self, call: CallRecord) -> str:
        return money(call.saved, call.currency)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        # Nine columns need the space that the sidebar would take.
        wide = {"is_nav_sidebar_enabled": False, "title": "Calls"}
        return super().changelist_view(request, {**wide, **(extra_context or {})})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        call: CallRecord = context["original"]
        legs = list(call.legs.order_by("position", "index", "leg_sid"))
        links = link_destinations(legs, request)
        now = timezone.now()
        context |= {
            "title": "Call",
            "subtitle": None,
            "summary": summarise(call, legs, now),
            "outcome": describe_outcome(call, now),
            "talk": minutes(call.talk_s),
            "caller_name": in_reading_order(call.caller_name),
            "verstat": verstat_meaning(call.verstat),
            "may_go_on": may_go_on(call, now),
            "missing": [describe_gap(parse_gap(gap)) for gap in call.missing],
            "legs": [
                leg_row(call, leg, links.get(leg.destination_key, ""), legs, now) for leg in legs
            ],
            "timeline": build_timeline(load_events([call.pk])[call.pk]),
        }
        return super().render_change_form(request, context, *args, **kwargs)


def leg_row(
    call: CallRecord, leg: CallLeg, link: str, legs: Sequence[CallLeg], now: datetime
) -> dict[str, Any]:
    return {
        "leg": leg,
        "link": link,
        "became": describe_leg(call, leg, legs, now),
        "codes": code_meanings(leg.sip_code, leg.error_code),
        "talk": minutes(leg.talk_s),
        "cost": money(leg.cost, call.currency),
        "saved": money(leg.saved, call.currency),
    }


def link_destinations(legs: Sequence[CallLeg], request: HttpRequest) -> dict[str, str]:
    """Return destination key -> its page, for destinations that still exist and may be seen."""
    links = {}
    for kind, model in DESTINATIONS.items():
        keys = [leg.destination_key for leg in legs if leg.destination_key.startswith(f"{kind}:")]
        wanted = [key.partition(":")[2] for key in keys]
        page = admin.site.get_model_admin(model)
        if keys and page.has_view_or_change_permission(request):
            url = f"admin:telephony_{model._meta.model_name}_change"
            there = model.objects.filter(pk__in=filter(str.isdigit, wanted))
            links |= {
                f"{kind}:{pk}": reverse(url, args=[pk]) for pk in there.values_list("pk", flat=True)
            }
    return links
