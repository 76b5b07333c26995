"""The call log, which is read-only."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from telephony.admin.base import ModelAdmin
from telephony.admin.callfilters import suggest
from telephony.admin.calllist import describe_page, stream_csv
from telephony.admin.formats import in_reading_order, minutes, money, outcome_badge
from telephony.admin.summaries import (
    describe_leg,
    describe_outcome,
    may_go_on,
    summarise,
)
from telephony.models import CallLeg, CallRecord, FallbackNumber, SipEndpoint
from telephony.records.filters import CallFilter
from telephony.records.gaps import describe_gap, parse_gap
from telephony.records.meanings import code_meanings, verstat_meaning
from telephony.records.store import load_events
from telephony.records.timeline import build_timeline

# Of the pages' addresses.
NAME = "telephony_callrecord"
# What the keys of destinations begin with.
DESTINATIONS = {"endpoint": SipEndpoint, "fallback": FallbackNumber}


@admin.register(CallRecord)
class CallRecordAdmin(ModelAdmin):
    fields = ()

    class Media:
        css = {"all": ("telephony/calls.css",)}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: CallRecord | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: CallRecord | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        # Before the pages of single calls, of which each takes any text for a SID.
        return [
            path("csv/", self.admin_site.admin_view(self.csv_view), name=f"{NAME}_csv"),
            path(
                "suggestions/<str:kind>/",
                self.admin_site.admin_view(self.suggestions_view),
                name=f"{NAME}_suggestions",
            ),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Not Django's list: that one counts, and sorts by columns without an index."""
        self._refuse_others(request)
        listed = describe_page(request)
        context = {
            **self.admin_site.each_context(request),
            "title": "Calls",
            "opts": self.opts,
            **listed,
            "media": self.media + listed["media"],
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/telephony/callrecord/change_list.html", context)

    def csv_view(self, request: HttpRequest) -> HttpResponseBase:
        self._refuse_others(request)
        form = CallFilter(request.GET)
        if not form.is_valid():
            return HttpResponseRedirect(f"../?{request.GET.urlencode()}")
        return stream_csv(request, form.criteria())

    def suggestions_view(self, request: HttpRequest, kind: str) -> HttpResponse:
        self._refuse_others(request)
        return suggest(request, kind)

    def _refuse_others(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        call: CallRecord = context["original"]
        legs = list(call.legs.order_by("position", "index", "leg_sid"))
        links = link_destinations(legs, request)
        now = timezone.now()
        context |= {
            "summary": summarise(call, legs, now),
            "outcome": outcome_badge(call.outcome, describe_outcome(call, now)),
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
