"""Asterisk servers, and the SIP endpoints on them."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import BooleanField, Count, ExpressionWrapper, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils import timezone
from django.utils.formats import date_format

from telephony.admin import export
from telephony.admin.base import ModelAdmin
from telephony.admin.credentials import SipEndpointForm
from telephony.admin.formats import money
from telephony.models import AsteriskServer, SipEndpoint
from telephony.models.choices import Authentication


@admin.register(AsteriskServer)
class AsteriskServerAdmin(ModelAdmin):
    # A query with a count drops the model's own order, which paging in the autocomplete needs.
    ordering = ("name",)
    list_display = ("name", "host", "transport", "edge", "driver", "endpoints", "service")
    list_filter = ("transport", "edge", "driver")
    search_fields = ("name", "host")
    search_help_text = "Name or host"
    actions = ("take_out_of_service", "put_back_into_service")
    empty_hint = "No Asterisk servers yet. Add the first: Twilio must be able to reach its host."
    fieldsets = (
        (None, {"fields": ("name", "host", "port", "transport", "secure", "edge")}),
        (
            "Asterisk's own configuration",
            {
                "fields": ("driver", "context", "account_check", "last_export"),
                "description": "Twilio's addresses serve all of its customers. An endpoint "
                "without a password can be rung by any of them, unless calls from other accounts "
                "are refused here; with a password, this is a second lock.",
            },
        ),
        ("Maintenance", {"fields": ("held_until",)}),
    )
    readonly_fields = ("last_export",)

    def get_urls(self) -> list[URLPattern]:
        return [*export.urls(self), *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if server := context["original"]:
            context["warnings"] = export.warnings(server)
            context["may_export"] = export.may_see(self, request)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AsteriskServer]:
        is_held = ExpressionWrapper(Q(held_until__gt=timezone.now()), output_field=BooleanField())
        servers = super().get_queryset(request)
        return servers.annotate(endpoint_count=Count("endpoints"), is_held=is_held)

    @admin.display(description="last export")
    def last_export(self, server: AsteriskServer) -> str:
        if not server.exported_at:
            return "never"
        return date_format(timezone.localtime(server.exported_at), "DATETIME_FORMAT")

    @admin.display(description="endpoints", ordering="endpoint_count")
    def endpoints(self, server: AsteriskServer) -> int:
        return server.endpoint_count

    @admin.display(description="service", ordering="is_held")
    def service(self, server: AsteriskServer) -> str:
        if not server.is_held:
            return "in service"
        until = timezone.localtime(server.held_until)
        return f"out of service until {date_format(until, 'DATETIME_FORMAT')}"

    @admin.action(description="Take out of service for an hour", permissions=("change",))
    def take_out_of_service(self, request: HttpRequest, servers: QuerySet[AsteriskServer]) -> None:
        count = servers.update(held_until=timezone.now() + timedelta(hours=1))
        self.message_user(request, f"Servers out of service for an hour: {count}.")

    @admin.action(description="Put back into service", permissions=("change",))
    def put_back_into_service(
        self, request: HttpRequest, servers: QuerySet[AsteriskServer]
    ) -> None:
        count = servers.update(held_until=None)
        self.message_user(request, f"Servers back in service: {count}.")


@admin.register(SipEndpoint)
class SipEndpointAdmin(ModelAdmin):
    form = SipEndpointForm
    ordering = ("server", "user")
    list_display = (
        "name",
        "server",
        "user",
        "authentication",
        "rate",
        "routes",
        "enabled",
    )
    list_filter = ("enabled", "authentication", "server")
    search_fields = ("label", "user", "server__name", "dialled_number")
    search_help_text = "Label, user, server or dialled number"
    autocomplete_fields = ("server",)
    empty_hint = "No SIP endpoints yet. Add the first: what an Asterisk server rings for Twilio."
    fieldsets = (
        (None, {"fields": ("label", "server", "user", "enabled")}),
        (
            "How Twilio proves who it is",
            {
                "fields": ("authentication", "username", "password"),
                "description": "Leave username and password empty to have both generated. "
                "With Twilio's addresses only, both are deleted.",
            },
        ),
        ("How Asterisk dials out", {"fields": ("dialled_number", "trunk", "cost_per_minute")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[SipEndpoint]:
        # An endpoint without a label is named after its server, in the autocomplete too.
        endpoints = super().get_queryset(request).select_related("server")
        return endpoints.annotate(route_count=Count("steps__number", distinct=True))

    def get_fieldsets(self, request: HttpRequest, obj: SipEndpoint | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        # To people who may only look, Django shows the columns' values instead of inputs.
        return [
            (name, {**options, "fields": [f for f in options["fields"] if f != "password"]})
            for name, options in fieldsets
        ]

    @admin.display(description="endpoint", ordering="label")
    def name(self, endpoint: SipEndpoint) -> str:
        return str(endpoint)

    @admin.display(description="per minute", ordering="cost_per_minute")
    def rate(self, endpoint: SipEndpoint) -> str:
        return money(endpoint.cost_per_minute, settings.CURRENCY)

    @admin.display(description="routes", ordering="route_count")
    def routes(self, endpoint: SipEndpoint) -> int:
        return endpoint.route_count

    def save_model(
        self, request: HttpRequest, obj: SipEndpoint, form: SipEndpointForm, change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        if form.is_generated:
            text = f"Username {obj.username} and a password were generated for {obj}. "
            self.message_user(request, text + "Asterisk learns them with the next export.")
        if obj.authentication == Authentication.ADDRESS:
            text = f"{obj} has no password: any of Twilio's customers can call it."
            self.message_user(request, text, messages.WARNING)
