"""What the forms refuse beyond the models' own rules: silence, and loops."""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget, AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.forms.formsets import DELETION_FIELD_NAME

from telephony.admin.rates import RateField, RateInput, refuse_unusual
from telephony.models import PhoneNumber, RouteStep
from telephony.models.routes import POSITIONS, refuse_company, refuse_loop, refuse_silence
from telephony.routing.destinations import find_obstacle
from telephony.routing.directory import STEPS_AT_MOST, TOGETHER_AT_MOST
from telephony.routing.messages import messages_in
from telephony.routing.numbers import parse_e164
from telephony.routing.reasons import OBSTACLES


class PhoneNumberForm(forms.ModelForm):
    class Meta:
        widgets = {
            name: AdminTextInputWidget(attrs={"class": "vLargeTextField"})
            for name in ("busy_message", "unavailable_message")
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What is spoken while a message is empty, in the language that was last saved.
        spoken = messages_in(self.instance.language)
        for name, text in (
            ("busy_message", spoken.busy),
            ("unavailable_message", spoken.unavailable),
        ):
            if name in self.fields:
                self.fields[name].widget.attrs["placeholder"] = text

    def clean_e164(self) -> str:
        value: str = self.cleaned_data["e164"]
        # The model's field will say what is wrong with it.
        with suppress(ValueError):
            value = parse_e164(value)
        return value

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "e164" in cleaned:
            refuse_loop(PhoneNumber(e164=cleaned["e164"]))
        return cleaned


class DestinationForm(forms.ModelForm):
    """For destinations: refuses to switch off the last one that an enabled number has."""

    class Meta:
        field_classes = {"cost_per_minute": RateField}
        widgets = {"cost_per_minute": RateInput}

    def clean_cost_per_minute(self) -> Decimal:
        rate: Decimal = self.cleaned_data["cost_per_minute"]
        if "cost_per_minute" in self.changed_data:
            refuse_unusual(rate, self.add_prefix("cost_per_minute"), self.data)
        return rate

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.instance.pk and "enabled" in self.changed_data and not cleaned["enabled"]:
            refuse_silence(self.instance)
        if self.instance.pk and cleaned.get("ask_for_key"):
            refuse_company(self.instance)
        return cleaned


class LoadedSelect(AutocompleteSelect):
    """Shows what its row has already loaded; the stock widget queries the database for each row."""

    loaded: Model | None = None

    def optgroups(self, name: str, value: list[str], attr: Any = None) -> list[Any]:
        if self.loaded is None or [str(item) for item in value] != [str(self.loaded.pk)]:
            return super().optgroups(name, value, attr)
        empty = self.create_option(name, "", "", False, 0)
        chosen = self.create_option(name, self.loaded.pk, str(self.loaded), True, 1)
        return [(None, [empty, chosen], 0)]


class RouteStepForm(forms.ModelForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in {"endpoint", "fallback_number"} & self.fields.keys():
            widget = self.fields[name].widget
            # The columns are narrow: a link to add is enough, and the rest is on a page of its own.
            widget.can_change_related = widget.can_view_related = False
            widget.can_delete_related = False
            # The admin wraps the select in its links to add and to change.
            widget.widget.loaded = getattr(self.instance, name)


# What a form has changed when its step leaves its place or its company.
MOVES = frozenset({"position", "endpoint", "fallback_number", DELETION_FIELD_NAME})


class RouteFormSet(forms.BaseInlineFormSet):
    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        steps = self.kept()
        _refuse_length(steps)
        _refuse_crowd(steps)
        _refuse_company(steps)
        if self.instance.enabled:
            _refuse_silent_route(steps)

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
        return super().save(commit)

    def _part(self) -> None:
        """Give each step that moves, changes its destination or goes a position of its own."""
        moved = [form for form in self.initial_forms if MOVES & set(form.changed_data)]
        taken = {form.initial["position"] for form in self.initial_forms}
        taken |= {form.instance.position for form in self.forms}
        free = (position for position in range(POSITIONS, 0, -1) if position not in taken)
        for form, position in zip(moved, free, strict=False):
            RouteStep.objects.filter(pk=form.instance.pk).update(position=position)

    def get_unique_error_message(self, unique_check: Any) -> str:
        return "A destination can ring only once at a position: remove one, or give it another position."


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


def _refuse_silent_route(steps: Iterable[RouteStep]) -> None:
    reasons = []
    for step in steps:
        destination = step.destination
        if destination is None:
            continue
        obstacle = find_obstacle(destination.as_destination())
        if obstacle is None:
            return
        reasons.append(f"{destination}: {OBSTACLES[obstacle]}")
    why = "; ".join(reasons) or "its route has no step"
    raise ValidationError(
        f"A call to this number would ring nobody ({why}). "
        "Add a step that can ring, or switch the number off.",
        code="silent",
    )
