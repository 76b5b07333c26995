"""Asterisk servers, and the SIP endpoints on them."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.core.exceptions import ValidationError
from django.db.models import BooleanField, Count, ExpressionWrapper, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timesince import timesince

from telephony.admin import export, probes
from telephony.admin.base import ModelAdmin
from telephony.admin.bulk import BulkAdmin
from telephony.admin.credentials import SipEndpointForm
from telephony.admin.formats import money
from telephony.admin.guesses import RATE
from telephony.admin.obstacles import describe_switch
from telephony.admin.rates import describe_free
from telephony.admin.sheets import EndpointSheet
from telephony.models import AsteriskServer, ServerHealth, SipEndpoint
from telephony.models.choices import Authentication

SEE_SERVERS = "telephony.view_asteriskserver"
# For how long a server can be taken out of service from the list: up to a week.
MINUTES = forms.IntegerField(min_value=1, max_value=10080)


def _written(time: datetime) -> str:
    return date_format(timezone.localtime(time), "DATETIME_FORMAT")


def _silence(server: AsteriskServer) -> ServerHealth | None:
    """Return the health of a server that does not answer."""
    health: ServerHealth | None = getattr(server, "health", None)
    return health if health is not None and health.opened_at is not None else None


class ServiceForm(ActionForm):
    """The actions of the list, and for how long one of them is meant."""

    # Judged by the action: an action whose form is not valid says "No action selected".
    minutes = forms.CharField(label="minutes:", initial=60, widget=MINUTES.widget, required=False)


@admin.register(AsteriskServer)
class AsteriskServerAdmin(ModelAdmin):
    # A query with a count drops the model's own order, which paging in the autocomplete needs.
    ordering = ("name",)
    # Only its past: hundreds of hours of probes.
    names_what_goes_with_it = False
    list_display = ("name", "state", "probed", "host", "transport", "endpoints")
    list_filter = ("transport", "edge", "driver")
    search_fields = ("name", "host")
    search_help_text = "Name or host"
    action_form = ServiceForm
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
        ("Service", {"fields": ("service", "held_until")}),
    )
    readonly_fields = ("last_export", "service")

    def get_urls(self) -> list[URLPattern]:
        return [*export.urls(self), *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if server := context["original"]:
            context["warnings"] = export.warnings(server)
            context["may_export"] = export.may_see(self, request)
            context |= probes.context(server, timezone.now())
        return super().render_change_form(request, context, *args, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AsteriskServer]:
        is_held = ExpressionWrapper(Q(held_until__gt=timezone.now()), output_field=BooleanField())
        servers = super().get_queryset(request).select_related("health")
        return servers.annotate(endpoint_count=Count("endpoints"), is_held=is_held, **probes.last())

    @admin.display(description="last export")
    def last_export(self, server: AsteriskServer) -> str:
        return _written(server.exported_at) if server.exported_at else "never"

    @admin.display(description="endpoints", ordering="endpoint_count")
    def endpoints(self, server: AsteriskServer) -> int:
        return server.endpoint_count

    @admin.display(description="service", ordering="is_held")
    def state(self, server: AsteriskServer) -> str:
        """Return in few words whether calls ring it now."""
        silent = "" if _silence(server) is None else "does not answer"
        if server.is_held:
            held = f"out of service until {_written(server.held_until)}"
            return f"{held}; {silent}" if silent else held
        return silent or "in service"

    @admin.display(description="last probe")
    def probed(self, server: AsteriskServer) -> str:
        if server.last_probed_at is None:
            return "never"
        answer = "alive" if server.last_status else "dead"
        return f"{answer}, {timesince(server.last_probed_at)} ago"

    @admin.display(description="now")
    def service(self, server: AsteriskServer) -> str:
        health = _silence(server)
        if health is None or server.is_held:
            return self.state(server) if server.pk else "-"
        since = f"has not answered since {_written(health.opened_at)}"
        if health.as_health().is_half_open(timezone.now()):
            return f"{since}: the next call tries it"
        return f"{since}: passed over until {_written(health.open_until)}"

    @admin.action(description="Take out of service (drill, maintenance)", permissions=("change",))
    def take_out_of_service(self, request: HttpRequest, servers: QuerySet[AsteriskServer]) -> None:
        try:
            minutes = MINUTES.clean(request.POST.get("minutes"))
        except ValidationError as error:
            self.message_user(request, f"Minutes: {error.messages[0]}", messages.ERROR)
            return
        until = timezone.now() + timedelta(minutes=minutes)
        count = servers.update(held_until=until)
        text = f"Servers out of service until {_written(until)}: {count}."
        self.message_user(request, f"{text} Their calls go to the next step.")

    @admin.action(description="Put back into service", permissions=("change",))
    def put_back_into_service(
        self, request: HttpRequest, servers: QuerySet[AsteriskServer]
    ) -> None:
        count = servers.update(held_until=None)
        self.message_user(request, f"Servers back in service: {count}.")


@admin.register(SipEndpoint)
class SipEndpointAdmin(BulkAdmin):
    sheet = EndpointSheet
    form = SipEndpointForm
    ordering = ("server", "user")
    list_display = (
        "name",
        "server",
        "user",
        "authentication",
        "on_asterisk",
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
        secret = ("username", "password")
        # Django would lead to the server's page, whoever may see it.
        named = {} if request.user.has_perm(SEE_SERVERS) else {"server": "server_name"}
        return [
            (
                title,
                {
                    **options,
                    "fields": [named.get(f, f) for f in options["fields"] if f not in secret],
                },
            )
            for title, options in fieldsets
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: SipEndpoint | None = None) -> Any:
        return (*super().get_readonly_fields(request, obj), "server_name")

    @admin.display(description="server")
    def server_name(self, endpoint: SipEndpoint) -> str:
        return str(endpoint.server)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Suggest what the last endpoint has; most people have one server and one line."""
        last = SipEndpoint.objects.order_by("-pk").first()
        same = ("server_id", "trunk", "cost_per_minute")
        likely = {name.removesuffix("_id"): getattr(last, name) for name in same} if last else {}
        likely.setdefault("cost_per_minute", RATE)
        return {**likely, **super().get_changeform_initial_data(request)}

    @admin.display(description="endpoint", ordering="label")
    def name(self, endpoint: SipEndpoint) -> str:
        return str(endpoint)

    @admin.display(description="on Asterisk", ordering="next_username")
    def on_asterisk(self, endpoint: SipEndpoint) -> str:
        """Whether its username and password are those that the panel wants."""
        if endpoint.is_pending:
            return "waits for the export"
        return "as exported" if endpoint.server.exported_at else "never exported"

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
        for warning in filter(
            None, (describe_switch(obj, form), describe_free(obj.cost_per_minute))
        ):
            self.message_user(request, warning, messages.WARNING)
        if form.is_generated:
            text = f"Username {obj.wanted[0]} and a password were generated for {obj}. "
            self.message_user(request, text + "Asterisk learns them with the next export.")
        if obj.is_pending:
            text = format_html(
                "Calls to {} go on with the former username and password, until Asterisk has taken "
                'the new ones: <a href="{}">export the files of {}</a>.',
                obj,
                reverse("admin:telephony_asteriskserver_export", args=[obj.server_id]),
                obj.server,
            )
            self.message_user(request, text, messages.WARNING)
        if obj.authentication == Authentication.ADDRESS:
            text = f"{obj} has no password: any of Twilio's customers can call it."
            self.message_user(request, text, messages.WARNING)
