"""Two people on one page: the second is told what the first has saved, and overwrites nothing unawares.

A page brings back a fingerprint of the row and of its inline rows as it has shown them. If they are
others when it is saved, its form has an error, and the page that says so has the new fingerprint:
whoever saves again does it knowingly.
"""

import json
from typing import Any

from django import forms
from django.contrib.admin import ModelAdmin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import get_content_type_for_model
from django.db.models import Model
from django.forms.models import _get_foreign_key, model_to_dict
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.formats import date_format

NAME = "seen"
SALT = "telephony.admin.conflicts"


def fingerprint(model_admin: ModelAdmin, request: HttpRequest, row: Model) -> str:
    """Return what tells one state of a row, and of the rows that its page shows below, from another."""
    states = [model_to_dict(row)]
    for inline in model_admin.get_inline_instances(request, row):
        key = _get_foreign_key(model_admin.model, inline.model, fk_name=inline.fk_name)
        below = inline.model._default_manager.filter(**{key.name: row}).order_by("pk")
        states += map(model_to_dict, below)
    # Passwords are in it, so it is no plain hash.
    return salted_hmac(SALT, json.dumps(states, default=str), algorithm="sha256").hexdigest()


def refusing(form: type[forms.ModelForm], row: Model) -> type[forms.ModelForm]:
    """Return the form with the error that somebody else has saved the row."""

    class Refusing(form):  # type: ignore[misc, valid-type]
        def clean(self) -> Any:
            cleaned = super().clean()
            self.add_error(None, _say_who(row))
            return cleaned

    return Refusing


def _say_who(row: Model) -> str:
    content_type = get_content_type_for_model(row)
    entries = LogEntry.objects.filter(
        content_type=content_type, object_id=row.pk, action_flag=CHANGE
    )
    last = entries.select_related("user").order_by("-action_time").first()
    who, when = "Somebody", ""
    if last is not None:
        who = last.user.get_username()
        when = f" ({date_format(timezone.localtime(last.action_time), 'DATETIME_FORMAT')})"
    return (
        f"{who} has saved this page since you opened it{when}. Nothing of yours was saved yet. Open "
        "the page in another tab to compare; if you save again, yours replaces what is there."
    )
