"""Our numbers (DID), each with its route."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

from telephony.admin import backtesting, destinations, drawing, formats, story, trying, unsaved
from telephony.admin.bulk import BulkAdmin
from telephony.admin.forms import PhoneNumberForm
from telephony.admin.numbersearch import NumberSearch
from telephony.admin.routes import RouteStepInline
from telephony.admin.sheets import NumberSheet
from telephony.models import CallRecord, PhoneNumber, RouteStep
from telephony.models.routes import foreign_caller_ids
from telephony.snapshots.directory import OF_STEPS
from telephony.snapshots.static import is_outdated, render_static_of
from telephony.wire.console import console_entries
from telephony.wire.static import mask_static

# After so long a fallback that nobody needed may have broken unnoticed.
PROOF_AGE = timedelta(days=90)
DRILL = "Try it: take a server out of service for some minutes, and call."


def _has_fallback(number: PhoneNumber) -> bool:
    return len({step.position for step in number.steps.all()}) > 1


@admin.register(PhoneNumber)
class PhoneNumberAdmin(NumberSearch, BulkAdmin):
    sheet = NumberSheet
    form = PhoneNumberForm
    inlines = (RouteStepInline,)
    list_display = ("written", "label", "route", "proof", "enabled", "language")
    readonly_fields = ("fallback",)
    list_filter = ("enabled", "language")
    search_fields = ("e164", "label", "twilio_sid")
    search_help_text = "Number, label or Twilio SID"
    fieldsets = (
        (None, {"fields": ("e164", "label", "enabled", "fallback")}),
        (
            "What a caller who reaches nobody hears",
            {
                "fields": ("language", "busy_message", "unavailable_message"),
                "classes": ("collapse",),
            },
        ),
        ("At Twilio", {"fields": ("twilio_sid", "account_sid"), "classes": ("collapse",)}),
    )

    class Media:
        js = ("telephony/try.js", "telephony/drawing.js")

    def get_urls(self) -> list[URLPattern]:
        pages = {"try": trying.show, "backtest": backtesting.show, "drawing": drawing.show}
        own = [each for word, show in pages.items() for each in unsaved.urls(self, word, show)]
        return [*destinations.urls(self.admin_site), *own, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PhoneNumber]:
        steps = RouteStep.objects.select_related(*OF_STEPS)
        steps = steps.order_by("position", "pk")
        numbers = super().get_queryset(request).prefetch_related(Prefetch("steps", queryset=steps))
        proofs = CallRecord.proofs(OuterRef("e164"))[:1]
        return numbers.annotate(
            proved_at=Subquery(proofs.values("started_at")),
            proving_call=Subquery(proofs.values("pk")),
        )

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        # Django makes this class anew for each request.
        form.is_route_here = bool(self.get_inline_instances(request, obj))
        return form

    def save_model(self, request: HttpRequest, obj: PhoneNumber, form: Any, change: bool) -> None:
        form.before = story.of_saved(obj.pk)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        after = story.of_saved(form.instance.pk)
        self.message_user(request, story.compare(form.before, after))
        for warning in [*after.warnings, *foreign_caller_ids(form.instance.steps.all())]:
            self.message_user(request, warning, messages.WARNING)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        number: PhoneNumber | None = context.get("original")
        for word in ("try", "backtest", "drawing"):
            context[f"{word}_url"] = unsaved.address(word, number)
        context |= drawing.describe_saved(number) if number else {}
        if number is not None and number.static_key:
            text = render_static_of(number)
            context |= {
                "entries": console_entries(
                    settings.PUBLIC_BASE_URL, settings.STATIC_FALLBACK_URL, number.static_name
                ),
                "document": mask_static(text),
                "is_outdated": is_outdated(number, text),
                "has_static_url": bool(settings.STATIC_FALLBACK_URL),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="number (DID)", ordering="e164")
    def written(self, number: PhoneNumber) -> str:
        return formats.number(number.e164)

    @admin.display(description="fallback proved", ordering="proved_at")
    def proof(self, number: PhoneNumber) -> str:
        """When a call was last answered after failover, real or in a drill."""
        if number.proved_at is None:
            return "never" if _has_fallback(number) else "-"
        written = date_format(timezone.localtime(number.proved_at), "DATE_FORMAT")
        call = reverse("admin:telephony_callrecord_change", args=[number.proving_call])
        link = format_html('<a href="{}">{}</a>', call, written)
        age = timezone.now() - number.proved_at
        return format_html("{}, {} days ago", link, age.days) if age > PROOF_AGE else link

    @admin.display(description="fallback last proved itself")
    def fallback(self, number: PhoneNumber) -> str:
        if not number.pk:
            return "-"
        is_old = number.proved_at is None or timezone.now() - number.proved_at > PROOF_AGE
        advice = f". {DRILL}" if is_old and _has_fallback(number) else ""
        return format_html("{}{}", self.proof(number), advice)

    @admin.display(description="rings")
    def route(self, number: PhoneNumber) -> str:
        return story.now(number)
