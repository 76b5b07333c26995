"""One button that removes the demo, for whoever may delete all that it has."""

from collections.abc import Iterable

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from telephony.health.findings.codes import Code
from telephony.health.findings.finding import Finding
from telephony.models import FallbackNumber, PhoneNumber, SipEndpoint
from telephony.models.configuration import Configuration
from telephony.models.demo import HOST, demo_rows
from telephony.rehearsal.demo import remove


def remove_demo(request: HttpRequest) -> HttpResponse:
    """Ask first, and remove it by POST, so that no link can."""
    if not request.user.has_perms(Finding(Code.DEMO).needs):
        raise PermissionDenied
    models = (PhoneNumber, SipEndpoint, FallbackNumber)
    rows = [row for model in models for row in demo_rows(model)]
    if request.method == "POST":
        messages.success(request, remove())
        _note(request, rows)
        return redirect("admin:index")
    context = {
        **admin.site.each_context(request),
        "title": "Remove the demo",
        "rows": rows,
        "host": HOST,
    }
    return TemplateResponse(request, "admin/telephony/remove_demo.html", context)


def _note(request: HttpRequest, rows: Iterable[Configuration]) -> None:
    """Note those rows in the admin's history that are there no more."""
    for row in rows:
        model = type(row)
        if not model.objects.filter(pk=row.pk).exists():
            admin.site.get_model_admin(model).log_deletions(request, [row])
