"""The site of the panel's pages: what it is called, and its navigation in the order of what people do."""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

# Heading -> models. A page that is not listed here cannot be found.
SECTIONS = {
    "Calls and numbers": ("CallRecord", "PhoneNumber"),
    "Who rings": ("SipEndpoint", "FallbackNumber", "AsteriskServer"),
    "Settings": ("Policy", "CarrierNetwork"),
    "People": ("User", "Group"),
}


class PanelSite(AdminSite):
    site_header = site_title = "Switchhook"
    index_title = "Start"
    site_url = None
    # The navigation is at the top, on narrow screens too, and leaves the width to the lists.
    enable_nav_sidebar = False

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the sections, each as Django's templates expect an app to be."""
        apps = self._build_app_dict(request, app_label).values()
        models = {model["object_name"]: model for app in apps for model in app["models"]}
        sections = {
            heading: [models[name] for name in names if name in models]
            for heading, names in SECTIONS.items()
        }
        start = reverse("admin:index", current_app=self.name)
        return [
            {"name": heading, "app_label": "telephony", "app_url": start, "models": found}
            for heading, found in sections.items()
            if found
        ]

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: Any = None
    ) -> HttpResponse:
        """The sections are not Django's apps, so an app has no page of its own."""
        return HttpResponseRedirect(reverse("admin:index", current_app=self.name))
