"""What the forms of numbers and destinations refuse beyond the models' own rules: silence, and loops."""

from contextlib import suppress
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget

from telephony.admin.rates import RateInput, refuse_unusual
from telephony.models import PhoneNumber
from telephony.models.fields import read_number
from telephony.models.routes import (
    refuse_company,
    refuse_loop,
    refuse_silence,
    refuse_silent_route,
)
from telephony.records.filters import Money
from telephony.routing.messages import messages_in


class PhoneNumberForm(forms.ModelForm):
    # Whoever may not see steps has none in the form, and may switch the number on all the same.
    is_route_here = True

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
            value = read_number(value)
        return value

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "e164" in cleaned:
            refuse_loop(PhoneNumber(e164=cleaned["e164"]))
        if cleaned.get("enabled") and not self.is_route_here:
            steps = self.instance.steps.all() if self.instance.pk else ()
            refuse_silent_route(steps)
        return cleaned


class DestinationForm(forms.ModelForm):
    """For destinations: refuses to switch off the last one that an enabled number has."""

    # Where several are switched at once, what each does alone says nothing.
    is_alone = True

    class Meta:
        field_classes = {"cost_per_minute": Money}
        widgets = {"cost_per_minute": RateInput}

    def clean_cost_per_minute(self) -> Decimal:
        rate: Decimal = self.cleaned_data["cost_per_minute"]
        if "cost_per_minute" in self.changed_data:
            refuse_unusual(rate, self.add_prefix("cost_per_minute"), self.data)
        return rate

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        is_switched = self.instance.pk and self.is_alone and "enabled" in self.changed_data
        if is_switched and not cleaned["enabled"]:
            refuse_silence(self.instance)
        if self.instance.pk and cleaned.get("ask_for_key"):
            refuse_company(self.instance)
        return cleaned
