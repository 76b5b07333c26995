"""Each person's own settings, and the time zone in which they see every page."""

import logging
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db import IntegrityError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone

from telephony.database import tell
from telephony.models import Preference

logger = logging.getLogger(__name__)

# Set by zone.js.
COOKIE = "time_zone"
NOT_SAVED = (
    "Nothing was saved: somebody else saved at the same time, or the database is busy. Try again."
)


class OwnTimeZone:
    """Shows times in the zone that the user has chosen, else the browser's, else the panel's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(ZoneInfo(browsers(request) or panels())):
            return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        # Not before: an address that leads nowhere must not ask the database.
        if zone := chosen(request):
            timezone.activate(ZoneInfo(zone))


def chosen(request: HttpRequest) -> str:
    if not request.user.is_authenticated:
        return ""
    found = Preference.objects.filter(user=request.user).values_list("time_zone", flat=True)
    return known(found.first() or "")


def browsers(request: HttpRequest) -> str:
    return known(unquote(request.COOKIES.get(COOKIE, "")))


def panels() -> str:
    return settings.TIME_ZONE


def known(zone: str) -> str:
    return zone if zone in zones() else ""


@cache
def zones() -> frozenset[str]:
    """The names that people know: of places, and UTC."""
    return frozenset(zone for zone in available_timezones() if "/" in zone or zone == "UTC")


class PreferenceForm(forms.ModelForm):
    time_zone = forms.ChoiceField(label="Time zone", required=False)

    class Meta:
        model = Preference
        fields = ("time_zone",)

    def __init__(self, request: HttpRequest) -> None:
        own = Preference.objects.filter(user_id=request.user.pk).first()
        super().__init__(request.POST or None, instance=own or Preference(user_id=request.user.pk))
        if browser := browsers(request):
            theirs = f"as this browser: {browser}"
        else:
            theirs = f"as the browser; while it does not say: {panels()}"
        named = [(zone, zone.replace("_", " ")) for zone in sorted(zones())]
        self.fields["time_zone"].choices = [("", theirs), *named]


def show(request: HttpRequest) -> HttpResponse:
    form = PreferenceForm(request)
    if request.method == "POST" and form.is_valid():
        try:
            form.save()
        except (IntegrityError, OperationalError) as error:
            # The form found nothing wrong, so it is no fault of what was chosen.
            logger.warning("the settings of a user were not saved: %s", tell(error))
            messages.error(request, NOT_SAVED)
        else:
            messages.success(request, "Your settings are saved.")
        return redirect("preferences")
    context = {**admin.site.each_context(request), "title": "Your settings", "form": form}
    return TemplateResponse(request, "admin/telephony/preferences.html", context)


urlpatterns = [path("", admin.site.admin_view(show), name="preferences")]
