"""What all pages of the panel have in common; to change the theme, start here."""

from django.contrib import admin
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest


class ModelAdmin(admin.ModelAdmin):
    # Says what to do while there is nothing to list, in a sentence or two.
    empty_hint = ""
    list_per_page = 50

    class Media:
        css = {"all": ("telephony/admin.css",)}

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # Django allows every column of the model in a list's address, and
        # ?password__startswith=a would give the password away letter by letter.
        if "password" in lookup.split(LOOKUP_SEP):
            return False
        return super().lookup_allowed(lookup, value, request)
