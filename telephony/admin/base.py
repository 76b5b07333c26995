"""What every page of the panel has in common; a theme would be changed here."""

from django.contrib import admin
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest


class ModelAdmin(admin.ModelAdmin):
    # What to do while there is nothing to list, in one sentence or two.
    empty_hint = ""
    list_per_page = 50

    class Media:
        css = {"all": ("telephony/admin.css",)}

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # Django allows every column of the model in a list's address, and
        # ?password__startswith=a would tell the password letter by letter.
        if "password" in lookup.split(LOOKUP_SEP):
            return False
        return super().lookup_allowed(lookup, value, request)
