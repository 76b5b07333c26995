"""A number's route in its form: one row for each step."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms.formsets import DELETION_FIELD_NAME
from django.http import HttpRequest

from telephony.admin.destinations import DestinationField, DestinationSelect
from telephony.models import FallbackNumber, RouteStep, SipEndpoint
from telephony.models.routes import POSITIONS, refuse_silent_route
from telephony.routing.directory import STEPS_AT_MOST, TOGETHER_AT_MOST

FIELDS = ("position", "ring_s", "on_failed", "on_no_answer", "on_busy", "on_declined")
# The columns that one choice fills.
COLUMNS = frozenset({"endpoint", "fallback_number"})


class RouteStepForm(forms.ModelForm):
    destination = DestinationField(label="rings", widget=DestinationSelect(admin.site))

    class Meta:
        model = RouteStep
        fields = FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            # The row's own words: its columns' headings are far away for whoever cannot see them.
            if not field.widget.is_hidden and name != DELETION_FIELD_NAME:
                field.widget.attrs["aria-label"] = str(field.label).capitalize()
        if "position" in self.fields:
            # Empty: after all others. The model's own default would ring with the first in silence.
            self.fields["position"].required = False
            self.fields["position"].initial = None
            self.fields["position"].help_text += " Empty: after all others."
        if "destination" in self.fields and self.instance.pk:
            self.initial["destination"] = self.instance.key
            widget = self.fields["destination"].widget
            widget.loaded, widget.loaded_key = self.instance.destination, self.instance.key

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if destination := cleaned.get("destination"):
            chosen = {
                "endpoint": destination if isinstance(destination, SipEndpoint) else None,
                "fallback_number": destination if isinstance(destination, FallbackNumber) else None,
            }
            for name, value in chosen.items():
                setattr(self.instance, name, value)
            # The formset looks here for steps that ring one destination twice.
            cleaned |= chosen
        return cleaned

    def _get_validation_exclusions(self) -> set[str]:
        # The rules of the columns hold, although one choice stands for them.
        missing = set() if self.cleaned_data.get("destination") else COLUMNS
        return (super()._get_validation_exclusions() - COLUMNS) | missing

    def add_error(self, field: str | None, error: Any) -> None:
        if field is None and hasattr(error, "error_dict"):
            told = error.error_dict
            error = ValidationError(
                {("destination" if name in COLUMNS else name): told[name] for name in told}
            )
        super().add_error(field, error)


# What a form has changed when its step leaves its place or its company.
MOVES = frozenset({"position", "destination", DELETION_FIELD_NAME})


class RouteFormSet(forms.BaseInlineFormSet):
    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        steps = self.kept()
        _give_positions(steps)
        _refuse_length(steps)
        _refuse_crowd(steps)
        _refuse_company(steps)
        if self.instance.enabled:
            refuse_silent_route(steps)

    def kept(self) -> list[RouteStep]:
        """Return the steps that the route has once the form is saved."""
        return [
            form.instance
            for form in self.forms
            if form.has_changed() or form.instance.pk
            if not self._should_delete_form(form)
        ]

    def save(self, commit: bool = True) -> list[RouteStep]:
        # The database judges each row at once, so steps that change places are parted first.
        if commit:
            self._part()
        saved = super().save(commit)
        if commit:
            self._close_gaps()
        return saved

    def _part(self) -> None:
        """Give each step that moves, changes its destination or goes a position of its own."""
        moved = [form for form in self.initial_forms if MOVES & set(form.changed_data)]
        taken = {form.initial["position"] for form in self.initial_forms}
        taken |= {form.instance.position for form in self.forms}
        free = (position for position in range(POSITIONS, 0, -1) if position not in taken)
        places = zip(moved, free, strict=False)
        parted = [RouteStep(pk=form.instance.pk, position=position) for form, position in places]
        RouteStep.objects.bulk_update(parted, ["position"])

    def _close_gaps(self) -> None:
        """Number the positions from 1 on, as the page shows them, where a step has been removed."""
        # Asked for anew: what was fetched before is as old as the page.
        steps = list(self.instance.steps.order_by("position", "pk"))
        for step, place in zip(steps, places_of(steps), strict=True):
            if step.position != place:
                step.position = place
                step.save(update_fields=("position",))

    def get_form_error(self) -> str:
        return "It rings at this position already."

    def get_unique_error_message(self, unique_check: Any) -> str:
        return "A destination can ring only once at a position: remove one, or give it another position."


def places_of(steps: Sequence[RouteStep]) -> list[int]:
    """Return the position of each step when positions are numbered from 1 on without a gap."""
    positions = sorted({step.position for step in steps})
    return [positions.index(step.position) + 1 for step in steps]


def _give_positions(steps: Iterable[RouteStep]) -> None:
    """Give each step that has none a position of its own after all others."""
    steps = list(steps)
    last = max((step.position for step in steps if step.position), default=0)
    for step in steps:
        if not step.position:
            last += 1
            step.position = last
    if last > POSITIONS:
        raise ValidationError(
            f"Positions go from 1 to {POSITIONS}. Number the steps anew.", code="positions"
        )


def _refuse_length(steps: Sequence[RouteStep]) -> None:
    if len(steps) > STEPS_AT_MOST:
        raise ValidationError(
            f"The route has {len(steps)} steps, but at most {STEPS_AT_MOST} can be carried along "
            "while a call is under way. Remove some.",
            code="length",
        )


def _refuse_company(steps: Iterable[RouteStep]) -> None:
    groups: dict[int, list[RouteStep]] = {}
    for step in steps:
        groups.setdefault(step.position, []).append(step)
    for position, group in groups.items():
        asking = [s for s in group if s.fallback_number and s.fallback_number.ask_for_key]
        if asking and len(group) > 1:
            raise ValidationError(
                f"{asking[0].fallback_number} asks for a key, so it must ring alone, but position "
                f"{position} has {len(group)} steps. Give it another position.",
                code="company",
            )


def _refuse_crowd(steps: Iterable[RouteStep]) -> None:
    for position, count in Counter(step.position for step in steps).items():
        if count > TOGETHER_AT_MOST:
            raise ValidationError(
                f"Position {position} has {count} steps, but Twilio rings at most "
                f"{TOGETHER_AT_MOST} together. Move some to another position.",
                code="crowd",
            )


class RouteStepInline(admin.TabularInline):
    model = RouteStep
    form = RouteStepForm
    formset = RouteFormSet
    extra = 0
    ordering = ("position", "pk")
    fields = ("position", "destination", *FIELDS[1:])
    verbose_name = "step"
    verbose_name_plural = "route: who rings, and when the call moves on"

    class Media:
        js = ("telephony/steps.js",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[RouteStep]:
        return super().get_queryset(request).select_related("endpoint__server", "fallback_number")
