"""The filters of the call log, read from text: from an address, or from a command's options."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from telephony.models import CallLeg
from telephony.models.choices import CallOutcome
from telephony.models.fields import read_number
from telephony.models.totals import TakenBy
from telephony.records.criteria import Criteria
from telephony.records.parties import NUMBER
from telephony.routing.spelling import make_plain

ANSWERED = Q(outcome__in=(CallOutcome.ANSWERED, CallOutcome.FAILED_OVER))


def taken_by(kind: str) -> Q:
    """Answered calls whose caller talked to a destination of this kind."""
    talked = CallLeg.objects.filter(call=OuterRef("pk"), is_answered=True)
    return ANSWERED & Q(Exists(talked.filter(destination_key__startswith=f"{kind}:")))


BY_ASTERISK, BY_FALLBACK = taken_by("endpoint"), taken_by("fallback")
BY_NOBODY = Q(
    outcome__in=(
        CallOutcome.UNANSWERED,
        CallOutcome.BUSY,
        CallOutcome.CALLER_GONE,
        CallOutcome.REJECTED,
    )
)
# Field -> value -> (its words, its condition).
CHOICES: Mapping[str, Mapping[str, tuple[str, Q]]] = {
    "outcome": {value: (label, Q(outcome=value)) for value, label in CallOutcome.choices},
    # Said a second time, for figures, in telephony/records/sums.py.
    "taken_by": {
        TakenBy.ASTERISK: (TakenBy.ASTERISK.label, BY_ASTERISK),
        TakenBy.FALLBACK: (TakenBy.FALLBACK.label, BY_FALLBACK),
        TakenBy.NOBODY: (TakenBy.NOBODY.label, BY_NOBODY),
        TakenBy.UNKNOWN: (
            TakenBy.UNKNOWN.label,
            Q(outcome=CallOutcome.UNKNOWN) | (ANSWERED & ~BY_ASTERISK & ~BY_FALLBACK),
        ),
    },
    "failed_over": {
        "yes": ("failed over", Q(dials__gt=1)),
        "no": ("did not", Q(dials__lte=1)),
    },
    "verstat": {
        "passed-a": ("passed (A)", Q(verstat__startswith="TN-Validation-Passed-A")),
        "passed-b": ("passed (B)", Q(verstat__startswith="TN-Validation-Passed-B")),
        "passed-c": ("passed (C)", Q(verstat__startswith="TN-Validation-Passed-C")),
        "failed": ("failed", Q(verstat__startswith="TN-Validation-Failed")),
        "none": ("none", Q(verstat="") | Q(verstat__startswith="No-TN-Validation")),
    },
    "forwarded": {
        "yes": ("forwarded", Q(forwarded_from__gt="")),
        "no": ("called directly", Q(forwarded_from="")),
    },
    "complete": {
        "yes": ("nothing missing", Q(missing=[])),
        "no": ("something missing", ~Q(missing=[])),
    },
    "simulated": {
        "yes": ("rehearsed", Q(is_simulated=True)),
        "no": ("real", Q(is_simulated=False)),
    },
}
# Fields that concern what figures are kept of -> column of CallTotal -> how a value is read.
COUNTED: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "outcome": ("outcome", str),
    "taken_by": ("taken_by", str),
    "failed_over": ("failed_over", "yes".__eq__),
    "simulated": ("is_simulated", "yes".__eq__),
}
# Fields that figures are narrowed by in another way.
NARROWING = {"called", "since", "until", "hour"}


def choice(name: str, label: str) -> forms.ChoiceField:
    choices = [("", "any"), *((value, words) for value, (words, _) in CHOICES[name].items())]
    return forms.ChoiceField(label=label, required=False, choices=choices)


class Money(forms.DecimalField):
    """Takes a comma as well as a point, but not both."""

    def to_python(self, value: Any) -> Decimal | None:
        text = str(value or "").strip()
        if "," in text and "." in text:
            raise forms.ValidationError(
                "Write 0.15 or 0,15, and no separator of thousands.", code="invalid"
            )
        return super().to_python(text.replace(",", "."))


def money(label: str) -> Money:
    return Money(label=label, required=False, min_value=0, max_digits=12, decimal_places=5)


def day(label: str) -> forms.DateField:
    wrong = {"invalid": "Write a day that there is, such as 2026-11-24."}
    return forms.DateField(label=label, required=False, error_messages=wrong)


def hour(label: str) -> forms.DateTimeField:
    wrong = {"invalid": "Write a day and a time, such as 2026-11-24T09:00."}
    formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
    return forms.DateTimeField(
        label=label, required=False, input_formats=formats, error_messages=wrong
    )


def line(label: str) -> forms.CharField:
    return forms.CharField(label=label, required=False, max_length=128)


class CallFilter(forms.Form):
    q = line("search")
    called = line("number (DID)")
    caller = line("caller")
    since = day("from")
    until = day("to")
    hour = hour("in the hour from")
    outcome = choice("outcome", "outcome")
    taken_by = choice("taken_by", "taken by")
    answered_by = line("answered by")
    failed_over = choice("failed_over", "failover")
    cost_from = money("cost from")
    cost_to = money("cost to")
    complete = choice("complete", "completeness")
    verstat = choice("verstat", "caller ID check")
    forwarded = choice("forwarded", "forwarding")
    simulated = choice("simulated", "rehearsal")

    def clean_caller(self) -> str:
        return spell(self.cleaned_data["caller"])

    def clean_called(self) -> str:
        return spell(self.cleaned_data["called"])

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or self.cleaned_data
        for low, high, wrong in (
            ("since", "until", "This day is before the one it is to begin with."),
            ("cost_from", "cost_to", "This is less than what it is to begin with."),
        ):
            if None not in (told.get(low), told.get(high)) and told[low] > told[high]:
                self.add_error(high, wrong)
        return told

    def criteria(self) -> Criteria:
        """Return what is looked for. The form must be valid."""
        told = self.cleaned_data
        day_begins = told["since"] and begin(told["since"])
        day_ends = told["until"] and begin(told["until"] + timedelta(days=1))
        hour_ends = told["hour"] and told["hour"] + timedelta(hours=1)
        return Criteria(
            text=told["q"],
            caller=told["caller"],
            called=told["called"],
            answered_by=told["answered_by"],
            since=max(filter(None, (day_begins, told["hour"])), default=None),
            until=min(filter(None, (day_ends, hour_ends)), default=None),
            others=self._others(),
        )

    def counted(self) -> dict[str, list[Any]] | None:
        """Return what figures are to be read of, None if none are kept of what is looked for."""
        given = {
            name: value for name, value in self.cleaned_data.items() if value not in ("", None)
        }
        if given.keys() - NARROWING - COUNTED.keys():
            return None
        return {
            column: [read(given[name])] for name, (column, read) in COUNTED.items() if name in given
        }

    def _others(self) -> Q:
        told, others = self.cleaned_data, Q()
        for name, conditions in CHOICES.items():
            if told[name]:
                others &= conditions[told[name]][1]
        for name, lookup in (("cost_from", "cost__gte"), ("cost_to", "cost__lte")):
            if told[name] is not None:
                others &= Q(**{lookup: told[name]})
        return others


def spell(text: str) -> str:
    """Return a number as records have it, without what people write between its digits."""
    plain = make_plain(text)
    if not NUMBER.fullmatch(plain):
        return text
    with suppress(ValueError):
        return read_number(plain)
    # Some carriers give numbers that are none, or in a form of their own.
    plus = "+" if plain.startswith("+") else ""
    return plus + "".join(filter(str.isdigit, plain))


def begin(day: date) -> datetime:
    """Return when a day begins in the current time zone."""
    return timezone.make_aware(datetime.combine(day, time()))
