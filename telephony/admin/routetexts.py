"""Routes of numbers as text, and text as what the form of a route is given."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache, cached_property
from itertools import groupby
from typing import Any

from django.db.models import Model
from django.forms import BaseInlineFormSet, inlineformset_factory

from telephony.admin.routes import FIELDS, RouteFormSet, RouteStepForm
from telephony.bulk.routes import Names, Ring, read_route, write_route
from telephony.models import FallbackNumber, PhoneNumber, RouteStep, SipEndpoint

# The column of a step -> its word in the text.
WORDS = {
    "on_failed": "failure",
    "on_no_answer": "no answer",
    "on_busy": "busy",
    "on_declined": "decline",
}
PREFIX = "steps"
Steps = Sequence[dict[str, Any]]


class RouteTexts:
    """Knows what destinations are called. Made anew for each file."""

    @cached_property
    def destinations(self) -> dict[str, SipEndpoint | FallbackNumber]:
        endpoints = SipEndpoint.objects.select_related("server")
        fallbacks = FallbackNumber.objects.select_related("fixed_caller_id")
        found = {f"endpoint:{row.pk}": row for row in endpoints}
        found |= {f"fallback:{row.pk}": row for row in fallbacks}
        for row in found.values():
            # Each step judges its destination anew, and whether it is well does not change.
            row.clean = cache(row.clean)
        return found

    @cached_property
    def names(self) -> Names:
        known = self.destinations.items()
        addresses = {key: _address(row) for key, row in known}
        return Names(addresses, {key: row.label for key, row in known if row.label})

    def write(self, number: PhoneNumber) -> str:
        return self.write_steps(_steps_of(number))

    def write_steps(self, steps: Iterable[RouteStep]) -> str:
        ordered = sorted(steps, key=lambda step: (step.position, step.pk or math.inf))
        groups = groupby(ordered, key=lambda step: step.position)
        return write_route(tuple(tuple(map(self._ring, group)) for _, group in groups))

    def _ring(self, step: RouteStep) -> Ring:
        words = frozenset(word for name, word in WORDS.items() if getattr(step, name))
        return Ring(self.names.name_of(step.key), step.ring_s, words)

    def read(self, text: str) -> Steps:
        """Return the fields of each step. Raises ValueError with a sentence for the person."""
        return [
            {
                "position": position,
                "destination": self.names.find(ring.name),
                "ring_s": ring.ring_s,
                **{name: word in ring.moves_on for name, word in WORDS.items()},
            }
            for position, group in enumerate(read_route(text), start=1)
            for ring in group
        ]

    def formset(self, number: PhoneNumber, steps: Steps) -> BaseInlineFormSet:
        """Return the form of a number's route, filled in with these steps.

        A step that rings whom one has rung before is that step, moved.
        """
        rows = _steps_of(number)
        data: dict[str, Any] = {f"{PREFIX}-INITIAL_FORMS": len(rows)}
        waiting = defaultdict(list)
        for place, row in enumerate(rows):
            data |= _fields(place, {"id": row.pk, "destination": row.key, "DELETE": "on"})
            data |= _fields(place, {name: getattr(row, name) for name in FIELDS})
            waiting[row.key].append(place)
        place = len(rows)
        for step in steps:
            if there := waiting[step["destination"]]:
                data |= _fields(there.pop(0), {**step, "DELETE": ""})
            else:
                data |= _fields(place, step)
                place += 1
        data[f"{PREFIX}-TOTAL_FORMS"] = place
        formset = FORMSET(data, instance=number, prefix=PREFIX)
        for form in formset.forms:
            form.fields["destination"].loaded = self.destinations
        return formset


def _fields(place: int, values: dict[str, Any]) -> dict[str, Any]:
    return {f"{PREFIX}-{place}-{name}": value for name, value in values.items()}


def _steps_of(number: PhoneNumber) -> list[RouteStep]:
    return list(number.steps.all()) if number.pk else []


def _address(row: Any) -> str:
    return f"{row.user}@{row.server.name}" if isinstance(row, SipEndpoint) else row.e164


def step_problems(formset: BaseInlineFormSet) -> Iterable[str]:
    """Yield what is wrong with a route, by the sentences of its form."""
    if errors := formset.non_form_errors():
        # What the forms then say of single steps is the same again.
        yield from errors
        return
    for form in formset.forms:
        for field, errors in form.errors.items():
            name = form.cleaned_data.get("destination") or "a step"
            label = form.fields[field].label if field in form.fields else ""
            yield from (f"{name}{f', {label}' if label else ''}: {error}" for error in errors)


def _formset() -> type[BaseInlineFormSet]:
    parent: type[Model] = PhoneNumber
    options = {"form": RouteStepForm, "formset": RouteFormSet, "extra": 0, "can_delete": True}
    return inlineformset_factory(parent, RouteStep, **options)


FORMSET = _formset()
