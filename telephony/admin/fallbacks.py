"""Fallback numbers: telephones that a route rings through Twilio."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from telephony.admin import formats
from telephony.admin.bulk import BulkAdmin
from telephony.admin.forms import DestinationForm
from telephony.admin.guesses import FALLBACK_RATE
from telephony.admin.numbersearch import NumberSearch
from telephony.admin.obstacles import describe_switch
from telephony.admin.rates import describe_free
from telephony.admin.sheets import FallbackSheet
from telephony.models import FallbackNumber
from telephony.models.routes import foreign_caller_ids


@admin.register(FallbackNumber)
class FallbackNumberAdmin(NumberSearch, BulkAdmin):
    sheet = FallbackSheet
    form = DestinationForm
    ordering = ("e164",)
    list_display = ("written", "label", "caller_id", "rate", "routes", "enabled")
    list_filter = ("enabled", "caller_id", "ask_for_key")
    search_fields = ("e164", "label")
    search_help_text = "Number or label"
    autocomplete_fields = ("fixed_caller_id",)
    empty_hint = "No fallback numbers yet. Add the telephone that rings when Asterisk is down."
    fieldsets = (
        (None, {"fields": ("e164", "label", "enabled")}),
        ("Mailboxes", {"fields": ("ask_for_key", "language")}),
        ("Caller ID", {"fields": ("caller_id", "fixed_caller_id")}),
        ("Cost", {"fields": ("cost_per_minute", "time_limit_s")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[FallbackNumber]:
        numbers = super().get_queryset(request)
        return numbers.annotate(route_count=Count("steps__number", distinct=True))

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Suggest the price of the last one; a call without a price would look free."""
        last = FallbackNumber.objects.order_by("-pk").first()
        rate = last.cost_per_minute if last else FALLBACK_RATE
        return {"cost_per_minute": rate, **super().get_changeform_initial_data(request)}

    @admin.display(description="number", ordering="e164")
    def written(self, number: FallbackNumber) -> str:
        return formats.number(number.e164)

    @admin.display(description="per minute", ordering="cost_per_minute")
    def rate(self, number: FallbackNumber) -> str:
        return formats.money(number.cost_per_minute, settings.CURRENCY)

    @admin.display(description="routes", ordering="route_count")
    def routes(self, number: FallbackNumber) -> int:
        return number.route_count

    def save_model(
        self, request: HttpRequest, obj: FallbackNumber, form: DestinationForm, change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        for warning in filter(
            None, (describe_switch(obj, form), describe_free(obj.cost_per_minute))
        ):
            self.message_user(request, warning, messages.WARNING)
        for warning in foreign_caller_ids(obj.steps.all()):
            self.message_user(request, warning, messages.WARNING)
