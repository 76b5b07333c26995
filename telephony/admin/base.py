"""What all pages of the panel have in common; to change the theme, start here."""

import logging
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminDateWidget, AdminSplitDateTime, AdminTimeWidget
from django.db import IntegrityError, OperationalError
from django.db.models import DateTimeField, Model
from django.db.models.constants import LOOKUP_SEP
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.text import capfirst

from telephony.admin import conflicts, history
from telephony.admin.obstacles import describe_obstacles
from telephony.database import tell
from telephony.models.history import records_of

logger = logging.getLogger(__name__)


class DateAndTime(AdminSplitDateTime):
    """The admin's own, with names for its two inputs."""

    def __init__(self, attrs: dict[str, str] | None = None) -> None:
        inputs = (AdminDateWidget({"aria-label": "Date"}), AdminTimeWidget({"aria-label": "Time"}))
        forms.MultiWidget.__init__(self, inputs, attrs)


class ModelAdmin(admin.ModelAdmin):
    # Says what to do while there is nothing to list, in a sentence or two.
    empty_hint = ""
    list_per_page = 50
    # Whether the page of a deletion names each row that goes with it; its summary counts them anyway.
    names_what_goes_with_it = True
    formfield_overrides = {
        DateTimeField: {"form_class": forms.SplitDateTimeField, "widget": DateAndTime}
    }

    class Media:
        js = ("telephony/keep.js", "telephony/leave.js")

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except (IntegrityError, OperationalError) as error:
            # The form found nothing wrong, so somebody has saved since it looked. Where nothing was
            # posted, it is another trouble.
            if request.method != "POST":
                raise
            logger.warning("a form was not saved: %s", tell(error))
            text = (
                "Nothing was saved: somebody else saved at the same time, or the database is busy. "
                "Try again."
            )
            self.message_user(request, text, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any
    ) -> type[ModelForm]:
        form: type[ModelForm] = super().get_form(request, obj, change=change, **kwargs)
        if obj is None or not change:
            return form
        row: Model | None = obj
        if request.method == "POST":
            # Until the transaction ends nobody else saves it: two who save at once take turns.
            row = self.model._base_manager.select_for_update().filter(pk=obj.pk).first()
        # Now, because the form is going to write into what it is given.
        request.seen = conflicts.fingerprint(self, request, row or obj)
        was_seen = request.POST.get(conflicts.NAME, request.seen)
        return form if was_seen == request.seen else conflicts.refusing(form, obj)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["seen"] = getattr(request, "seen", None)
        is_kept = records_of(self.model) is not None
        # Its history says more than the page does to those who may not change it.
        context["hides_history"] = is_kept and not self.has_change_permission(request, obj=None)
        if original := context.get("original"):
            context |= {"title": str(original), "subtitle": None}
        return super().render_change_form(request, context, *args, **kwargs)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if records_of(self.model) is None:
            return super().history_view(request, object_id, extra_context)
        return history.show(self, request, object_id)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, ...]:
        listed, *rest, protected = super().get_deleted_objects(objs, request)
        if not self.names_what_goes_with_it:
            listed = [each for each in listed if isinstance(each, str)]
        return listed, *rest, describe_obstacles(objs) if protected else []

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = {"title": capfirst(self.opts.verbose_name_plural)}
        return super().changelist_view(request, title | (extra_context or {}))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # Django allows every column of the model in a list's address, and
        # ?password__startswith=a would give the password away letter by letter.
        if "password" in lookup.split(LOOKUP_SEP):
            return False
        return super().lookup_allowed(lookup, value, request)
