"""The filters of the call log as a form, with suggestions while one types."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import AutocompleteMixin
from django.db.models import Q, QuerySet, Value
from django.http import HttpRequest, JsonResponse

from telephony.admin.formats import number
from telephony.admin.numbersearch import has_part
from telephony.models import CallParty, PhoneNumber
from telephony.records.filters import CallFilter
from telephony.records.parties import fold

SUGGESTED_AT_ONCE = 20


class Suggested(forms.Select):
    """The admin's own choice with a search, over what `suggest` returns."""

    media = AutocompleteMixin.media

    def __init__(self, kind: str) -> None:
        super().__init__(
            {
                "class": "admin-autocomplete",
                # Beside the log's own address.
                "data-ajax--url": f"suggestions/{kind}/",
                "data-ajax--delay": 250,
                "data-ajax--cache": "true",
                "data-ajax--type": "GET",
                "data-theme": "admin-autocomplete",
                "data-allow-clear": "true",
                "data-placeholder": "any",
                "lang": "en",
            }
        )
        self.i18n_name = None

    def optgroups(self, name: str, value: list[str], attrs: dict[str, Any] | None = None) -> Any:
        # Only what is chosen: the others are asked for.
        chosen = [(text, number(text)) for text in value if text]
        self.choices = [("", ""), *chosen]
        return super().optgroups(name, value, attrs)


class ListFilter(CallFilter):
    """What stands above the list."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        for name in ("called", "answered_by"):
            self.fields[name].widget = Suggested(name)
        for name in ("since", "until"):
            self.fields[name].widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
        self.fields["hour"].widget = forms.DateTimeInput(
            {"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
        )
        for name in ("cost_from", "cost_to"):
            self.fields[name].widget = forms.TextInput({"inputmode": "decimal"})
        # Found by its index; a part of it is what the search is for.
        self.fields["caller"].widget = forms.TextInput({"placeholder": "the whole number"})
        self.fields["q"].widget = forms.TextInput(
            {"type": "search", "placeholder": "Part of a number, a name, or a call SID"}
        )

    def narrowing(self) -> list[forms.BoundField]:
        """The fields beside the search."""
        return [field for field in self if field.name != "q"]

    def chosen(self) -> int:
        """How many of them are filled in."""
        return sum(bool(field.value()) for field in self.narrowing())


def suggest(request: HttpRequest, kind: str) -> JsonResponse:
    """Return what can be chosen, as the admin's own script asks for it."""
    term, page = request.GET.get("term", "").strip(), request.GET.get("page", "")
    begin = (int(page) - 1) * SUGGESTED_AT_ONCE if page.isdecimal() and int(page) else 0
    found = (numbers if kind == "called" else answerers)(term)
    some = list(found[begin : begin + SUGGESTED_AT_ONCE + 1])
    return JsonResponse(
        {
            "results": [
                {"id": value, "text": f"{number(value)} ({label})" if label else number(value)}
                for value, label in some[:SUGGESTED_AT_ONCE]
            ],
            "pagination": {"more": len(some) > SUGGESTED_AT_ONCE},
        }
    )


def numbers(term: str) -> QuerySet[Any]:
    matching = PhoneNumber.objects.order_by("e164").values_list("e164", "label")
    if not term:
        return matching
    return matching.filter(has_part(term) | Q(label__icontains=term))


def answerers(term: str) -> QuerySet[Any]:
    there = CallParty.objects.filter(role="answered_by", folded__contains=fold(term))
    return there.order_by("text").values_list("text", Value(""))
