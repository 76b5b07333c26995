"""What all pages of the panel have in common; to change the theme, start here."""

import logging
from typing import Any

from django.contrib import admin, messages
from django.db import IntegrityError, OperationalError
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from telephony.database import tell

logger = logging.getLogger(__name__)


class ModelAdmin(admin.ModelAdmin):
    # Says what to do while there is nothing to list, in a sentence or two.
    empty_hint = ""
    list_per_page = 50

    class Media:
        css = {"all": ("telephony/admin.css",)}

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

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # Django allows every column of the model in a list's address, and
        # ?password__startswith=a would give the password away letter by letter.
        if "password" in lookup.split(LOOKUP_SEP):
            return False
        return super().lookup_allowed(lookup, value, request)
