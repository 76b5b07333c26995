"""One choice for all that a step can ring: endpoints and fallback numbers, by their keys."""

import re
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, path
from django.utils.text import capfirst

from telephony.models import FallbackNumber, RouteStep, SipEndpoint

Destination = SipEndpoint | FallbackNumber
# What keys begin with; RouteStep.key makes them.
MODELS: Mapping[str, type[Model]] = MappingProxyType(
    {"endpoint": SipEndpoint, "fallback": FallbackNumber}
)
KEY = re.compile(rf"({'|'.join(MODELS)}):([1-9][0-9]{{0,18}})", re.ASCII)
SHOWN_OF_EACH = 20
URL_NAME = "telephony_routestep_destinations"


def find(key: str) -> Destination | None:
    """Return the destination of a key such as `endpoint:5` or `fallback:3`."""
    found = KEY.fullmatch(key)
    model = MODELS[found[1]] if found else None
    related = "server" if model is SipEndpoint else "fixed_caller_id"
    if model is None or found is None:
        return None
    return model.objects.select_related(related).filter(pk=found[2]).first()


class DestinationSelect(AutocompleteSelect):
    """Searches both tables, and shows what its row has already loaded without a query."""

    url_name = f"%s:{URL_NAME}"
    loaded: Destination | None = None
    loaded_key = ""

    def __init__(self, admin_site: AdminSite) -> None:
        # The script sends the names of a field along; our view asks for none.
        super().__init__(RouteStep._meta.get_field("endpoint"), admin_site)

    def optgroups(self, name: str, value: list[str], attrs: Any = None) -> list[Any]:
        key = str(value[0]) if value and value[0] else ""
        chosen = self.loaded if key == self.loaded_key else find(key)
        options = [self.create_option(name, "", "", False, 0)]
        if chosen is not None:
            options.append(self.create_option(name, key, str(chosen), True, 1))
        return [(None, options, 0)]


class DestinationField(forms.Field):
    # Key -> destination, of those that are loaded already.
    loaded: Mapping[str, Destination] = MappingProxyType({})
    default_error_messages = {
        "required": "Choose who rings, or remove the step.",
        "gone": "This destination is no longer in the panel. Choose another.",
    }

    def to_python(self, value: Any) -> Destination | None:
        if value in self.empty_values:
            return None
        destination = self.loaded.get(str(value)) or find(str(value))
        if destination is None:
            raise forms.ValidationError(self.error_messages["gone"], code="gone")
        return destination

    def has_changed(self, initial: Any, data: Any) -> bool:
        # A row is loaded with the key of its destination, and brings back a key.
        return str(initial or "") != str(data or "")


def urls(admin_site: AdminSite) -> list[URLPattern]:
    view = admin_site.admin_view(partial(search, admin_site))
    return [path("destinations/", view, name=URL_NAME)]


def search(admin_site: AdminSite, request: HttpRequest) -> JsonResponse:
    """Return, grouped as Select2 wants it, what of each table has the words that were typed."""
    page = request.GET.get("page", "1")
    begin = (int(page) - 1) * SHOWN_OF_EACH if re.fullmatch("[1-9][0-9]{0,5}", page) else 0
    groups, has_more, is_allowed = [], False, False
    for kind, model in MODELS.items():
        model_admin = admin_site.get_model_admin(model)
        if not model_admin.has_view_permission(request):
            continue
        is_allowed = True
        rows, _ = model_admin.get_search_results(
            request, model_admin.get_queryset(request), request.GET.get("term", "")
        )
        found = list(rows.order_by(*model_admin.ordering)[begin : begin + SHOWN_OF_EACH + 1])
        has_more = has_more or len(found) > SHOWN_OF_EACH
        children = [_option(kind, row) for row in found[:SHOWN_OF_EACH]]
        if children:
            groups.append({"text": capfirst(model._meta.verbose_name_plural), "children": children})
    if not is_allowed:
        raise PermissionDenied
    return JsonResponse({"results": groups, "pagination": {"more": has_more}})


def _option(kind: str, row: Any) -> dict[str, str]:
    disabled = "" if row.enabled else " (disabled)"
    return {"id": f"{kind}:{row.pk}", "text": f"{row}{disabled}"}
