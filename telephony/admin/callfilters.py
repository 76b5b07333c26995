"""The filters of the call log, in words."""

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from telephony.models import CallRecord, PhoneNumber

# A longer list of numbers beside the log is no help; the search finds any number.
FILTER_NUMBERS_AT_MOST = 30


class CalledFilter(admin.SimpleListFilter):
    title = "number (DID)"
    parameter_name = "called"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        numbers = PhoneNumber.objects.all()[:FILTER_NUMBERS_AT_MOST]
        return [(number.e164, str(number)) for number in numbers]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[CallRecord]
    ) -> QuerySet[CallRecord]:
        return queryset.filter(called=self.value()) if self.value() else queryset


class ChoiceFilter(admin.SimpleListFilter):
    """A filter with a few fixed choices: value -> (its words, its condition)."""

    choices_by_value: dict[str, tuple[str, Q]] = {}

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(value, words) for value, (words, _) in self.choices_by_value.items()]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[CallRecord]
    ) -> QuerySet[CallRecord]:
        chosen = self.choices_by_value.get(self.value() or "")
        return queryset.filter(chosen[1]) if chosen else queryset


class VerstatFilter(ChoiceFilter):
    title = "caller ID check"
    parameter_name = "verstat"
    choices_by_value = {
        "passed-a": ("passed (A)", Q(verstat__startswith="TN-Validation-Passed-A")),
        "passed-b": ("passed (B)", Q(verstat__startswith="TN-Validation-Passed-B")),
        "passed-c": ("passed (C)", Q(verstat__startswith="TN-Validation-Passed-C")),
        "failed": ("failed", Q(verstat__startswith="TN-Validation-Failed")),
        "none": ("none", Q(verstat="") | Q(verstat__startswith="No-TN-Validation")),
    }


class ForwardedFilter(ChoiceFilter):
    title = "forwarding"
    parameter_name = "forwarded"
    choices_by_value = {
        "yes": ("forwarded", ~Q(forwarded_from="")),
        "no": ("called directly", Q(forwarded_from="")),
    }


class CompleteFilter(ChoiceFilter):
    title = "completeness"
    parameter_name = "complete"
    choices_by_value = {
        "yes": ("nothing missing", Q(missing=[])),
        "no": ("something missing", ~Q(missing=[])),
    }
