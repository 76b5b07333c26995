"""The call log: to read, never to write."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from telephony.admin.base import ModelAdmin
from telephony.admin.formats import minutes, money
from telephony.admin.summaries import summarise
from telephony.models import CallLeg, CallRecord, PhoneNumber
from telephony.records.meanings import error_meaning, sip_meaning
from telephony.records.store import load_events
from telephony.records.timeline import build_timeline

# A longer list of numbers is no help beside the log; the search finds any of them.
FILTER_NUMBERS_AT_MOST = 30


class CalledFilter(admin.SimpleListFilter):
    title = "number (DID)"
    parameter_name = "called"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        numbers = PhoneNumber.objects.all()[:FILTER_NUMBERS_AT_MOST]
        return [(number.e164, str(number)) for number in numbers]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[CallRecord]
    ) -> QuerySet[CallRecord]:
        return queryset.filter(called=self.value()) if self.value() else queryset


@admin.register(CallRecord)
class CallRecordAdmin(ModelAdmin):
    list_display = (
        "started_at",
        "caller",
        "called",
        "outcome",
        "answered_by",
        "dials",
        "talk",
        "cost_of",
        "saved_of",
    )
    list_filter = ("outcome", "is_simulated", CalledFilter)
    search_fields = ("^call_sid", "caller", "called")
    search_help_text = "Call SID, caller or number called"
    date_hierarchy = "started_at"
    show_full_result_count = False
    fields = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: CallRecord | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: CallRecord | None = None) -> bool:
        return False

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
        # Nine columns need the room of the sidebar.
        wide = {"is_nav_sidebar_enabled": False}
        return super().changelist_view(request, {**wide, **(extra_context or {})})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        call: CallRecord = context["original"]
        legs = list(call.legs.order_by("position", "index", "leg_sid"))
        context |= {
            "title": "Call",
            "subtitle": None,
            "summary": summarise(call, legs),
            "talk": minutes(call.talk_s),
            "legs": [_leg_row(leg, call.currency) for leg in legs],
            "timeline": build_timeline(load_events([call.pk])[call.pk]),
        }
        return super().render_change_form(request, context, *args, **kwargs)


def _leg_row(leg: CallLeg, currency: str) -> dict[str, Any]:
    codes = []
    if leg.sip_code:
        codes.append(f"{leg.sip_code}: {sip_meaning(leg.sip_code)}")
    if leg.error_code:
        codes.append(f"error {leg.error_code}: {error_meaning(leg.error_code)}")
    return {
        "leg": leg,
        "status": leg.dial_status or leg.status,
        "codes": codes,
        "talk": minutes(leg.talk_s),
        "cost": money(leg.cost, currency),
        "saved": money(leg.saved, currency),
    }
