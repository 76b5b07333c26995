"""How a price per minute is typed: with comma or point, beside its currency, and asked about if it is high."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.safestring import SafeString

from telephony.admin.formats import money
from telephony.records.filters import Money

# A minute that costs more has most often lost its decimal point.
USUAL_AT_MOST = Decimal(1)


def _asked(name: str) -> str:
    return f"{name}_asked"


class RateInput(forms.TextInput):
    """A browser's own input for numbers drops a comma where it does not expect one: 0,15 becomes 15.

    Whatever it has shown, somebody has seen: a hidden input brings that back.
    """

    def __init__(self) -> None:
        super().__init__({"inputmode": "decimal", "size": 8})

    def render(self, name: str, value: Any, *args: Any, **kwargs: Any) -> SafeString:
        return format_html(
            '{} <span class="unit">{}</span><input type="hidden" name="{}" value="{}">',
            super().render(name, value, *args, **kwargs),
            settings.CURRENCY,
            _asked(name),
            "" if value is None else value,
        )


def refuse_unusual(rate: Decimal | None, name: str, data: Mapping[str, Any]) -> None:
    """Ask about a high rate, unless the page has shown it already. Raises ValidationError."""
    if rate is None or rate <= USUAL_AT_MOST:
        return
    try:
        asked = Money().to_python(data.get(_asked(name)))
    except ValidationError:
        asked = None
    if asked != rate:
        text = (
            f"{money(rate, settings.CURRENCY)} a minute? If that is right, send the form once more."
        )
        raise ValidationError(text, code="unusual")


def describe_free(rate: Decimal) -> str:
    """Return a word on a price of nothing, which is most often one that nobody has filled in."""
    if rate:
        return ""
    return "Its price is 0, so its calls are taken to be free, and what others save is less."
