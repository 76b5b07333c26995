"""The call log, which is read-only."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from telephony.admin.base import ModelAdmin
from telephony.admin.callfilters import suggest
from telephony.admin.calllist import describe_page, stream_csv
from telephony.admin.callpage import describe_call
from telephony.models import CallRecord
from telephony.records.filters import CallFilter

# Of the pages' addresses.
NAME = "telephony_callrecord"


@admin.register(CallRecord)
class CallRecordAdmin(ModelAdmin):
    fields = ()

    class Media:
        css = {"all": ("telephony/calls.css",)}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: CallRecord | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: CallRecord | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        # Before the pages of single calls, of which each takes any text for a SID.
        return [
            path("csv/", self.admin_site.admin_view(self.csv_view), name=f"{NAME}_csv"),
            path(
                "suggestions/<str:kind>/",
                self.admin_site.admin_view(self.suggestions_view),
                name=f"{NAME}_suggestions",
            ),
            path(
                "<path:object_id>/now/",
                self.admin_site.admin_view(self.now_view),
                name=f"{NAME}_now",
            ),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Not Django's list: that one counts, and sorts by columns without an index."""
        self._refuse_others(request)
        listed = describe_page(request)
        context = {
            **self.admin_site.each_context(request),
            "title": "Calls",
            "opts": self.opts,
            **listed,
            "media": self.media + listed["media"],
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/telephony/callrecord/change_list.html", context)

    def csv_view(self, request: HttpRequest) -> HttpResponseBase:
        self._refuse_others(request)
        form = CallFilter(request.GET)
        if not form.is_valid():
            return HttpResponseRedirect(f"../?{request.GET.urlencode()}")
        return stream_csv(request, form.criteria())

    def suggestions_view(self, request: HttpRequest, kind: str) -> HttpResponse:
        self._refuse_others(request)
        return suggest(request, kind)

    def _refuse_others(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context |= describe_call(context["original"], request)
        return super().render_change_form(request, context, *args, **kwargs)

    def now_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The content of the call's page, which call.js asks for while the call goes on."""
        call = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, call):
            raise PermissionDenied
        if call is None:
            raise Http404(f"there is no call with the SID {object_id!r}")
        context = {"original": call, **describe_call(call, request)}
        return TemplateResponse(request, "admin/telephony/callrecord/call.html", context)
