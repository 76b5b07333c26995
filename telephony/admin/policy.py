"""The office's own choices: one row, so its page opens at once."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from telephony.admin.base import ModelAdmin
from telephony.models import Policy


@admin.register(Policy)
class PolicyAdmin(ModelAdmin):
    fieldsets = (
        (
            "Alerts",
            {
                "fields": (
                    "server_down",
                    "database_down",
                    "journal_waiting",
                    "signature_refused",
                    "silence",
                    "silence_calls",
                    "missed_call",
                ),
                "description": "What is told by e-mail and by POST, once when it begins and once "
                "when it is over. Whom to tell is in the settings: ALERT_MAILS_TO and "
                "ALERT_POST_URL.",
            },
        ),
        (
            "How long to wait before it is told",
            {
                "fields": (
                    "server_down_after_s",
                    "database_down_after_s",
                    "journal_waiting_after_s",
                    "signature_refused_after_s",
                    "silence_after_s",
                ),
                "description": "For how many seconds it must hold before it is told, and no longer "
                "hold before its end is told. What comes and goes faster is not told.",
            },
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Policy | None = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            return super().changelist_view(request, extra_context)
        return redirect("admin:telephony_policy_change", Policy.current().pk)
