"""The guided way: a number with all that it rings, on one page, and then what is left to do."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path

from telephony.admin import formats
from telephony.admin.demo import remove_demo
from telephony.admin.setupform import SetupForm
from telephony.health.findings.finders import last_heard, why_unusable
from telephony.health.findings.survey import find_for, may_set_up
from telephony.health.findings.words import MANAGE
from telephony.models import AsteriskServer, PhoneNumber
from telephony.wire.console import console_entries

# The port that `serve` listens on and `simulate_call` calls, unless told otherwise.
PORT = "8000"


def build(request: HttpRequest) -> HttpResponse:
    """Show the form; build everything and go on, or nothing and show what is wrong."""
    if not may_set_up(request.user):
        raise PermissionDenied
    form = SetupForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and (number := _try_to_build(form, request)):
        return redirect("setup_done", number.pk)
    context = {"title": "Set up a number", "form": form}
    return _show(request, "admin/telephony/setup.html", context)


def _try_to_build(form: SetupForm, request: HttpRequest) -> PhoneNumber | None:
    try:
        built = form.build()
    except (IntegrityError, OperationalError):
        form.add_error(None, "Nothing was saved: somebody else saved at the same time. Try again.")
        return None
    for row in built:
        model_admin = admin.site.get_model_admin(type(row))
        model_admin.log_addition(request, row, "Built on the page for setting up a number.")
    return built[0] if built else None


def show_done(request: HttpRequest, pk: int) -> HttpResponse:
    if not request.user.has_perm("telephony.view_phonenumber"):
        raise PermissionDenied
    number = get_object_or_404(PhoneNumber, pk=pk)
    steps = number.steps.select_related("endpoint__server", "fallback_number")
    servers = AsteriskServer.objects.filter(endpoints__steps__number=number).distinct()
    port = request.META["SERVER_PORT"]
    url = "" if port == PORT else f" --url http://127.0.0.1:{port}"
    context = {
        "title": f"{formats.number(number.e164)} is set up",
        "number": number,
        "rings": [str(step.destination) for step in steps.order_by("position", "pk")],
        "exports": [(server, f"{MANAGE} export_asterisk --server {server}") for server in servers],
        "why_unusable": why_unusable(settings.PUBLIC_BASE_URL),
        "entries": console_entries(
            settings.PUBLIC_BASE_URL, settings.STATIC_FALLBACK_URL, number.static_name
        ),
        "groups": find_for(request.user),
        "rehearse": f"{MANAGE} simulate_call {number.e164} --outcomes failed,completed{url}",
        "last_heard": last_heard(),
    }
    return _show(request, "admin/telephony/setup_done.html", context)


def _show(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    return TemplateResponse(request, template, {**admin.site.each_context(request), **context})


urlpatterns = [
    path("", admin.site.admin_view(build), name="setup"),
    path("remove-demo/", admin.site.admin_view(remove_demo), name="remove_demo"),
    path("<int:pk>/", admin.site.admin_view(show_done), name="setup_done"),
]
