"""The form that builds a number with all that it rings: few fields, in everyday words."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet

from telephony.admin.credentials import generate_username
from telephony.admin.guesses import FALLBACK_RATE, RATE, find_free, guess_edge
from telephony.admin.rates import RateInput, refuse_unusual
from telephony.asterisk.values import generate_password
from telephony.models import AsteriskServer, FallbackNumber, PhoneNumber, RouteStep, SipEndpoint
from telephony.models.choices import Edge
from telephony.models.fields import (
    read_number,
    validate_dialled_number,
    validate_e164,
    validate_extension,
    validate_host,
    validate_name,
)
from telephony.models.routes import refuse_loop
from telephony.records.filters import Money
from telephony.routing.spelling import hint

Check = Callable[[str], None]
EMPTY = "Please fill this in."
BOTH = "Clear this choice, or what you have filled in for a new one."


def _rate(label: str, suggested: Decimal) -> Money:
    return Money(
        label=label,
        initial=suggested,
        widget=RateInput,
        min_value=0,
        error_messages={"min_value": "A price cannot be less than nothing."},
    )


def _existing(model: type[Model], of: type[Model], name: str, label: str) -> Any:
    """A choice among rows that are there, however many."""
    widget = AutocompleteSelect(of._meta.get_field(name), admin.site)
    rows: QuerySet[Any] = model.objects.all()
    return forms.ModelChoiceField(rows, required=False, widget=widget, label=label)


def _text(label: str, help_text: str = "", *checks: Check, **options: Any) -> forms.CharField:
    """A text that is judged with all others, so that all that is wrong with them is said at once."""
    field = forms.CharField(label=label, help_text=help_text, required=False, **options)
    field.validators += checks
    return field


class SetupForm(forms.Form):
    use_required_attribute = False
    error_css_class = "errors"

    number = forms.CharField(
        label="Your number at Twilio",
        max_length=40,
        validators=[validate_e164],
    )
    label = _text("What it is for", "Such as Sales. It may stay empty.", max_length=64)
    endpoint = _existing(SipEndpoint, RouteStep, "endpoint", "One that is there already")
    server = _existing(AsteriskServer, SipEndpoint, "server", "On which Asterisk server")
    host = _text(
        "Address of your Asterisk server",
        "The name or IPv4 address by which the Internet reaches it, such as pbx.example.com.",
        validate_host,
    )
    dialled_number = _text(
        "Telephone it is to ring",
        "As Asterisk dials it, such as 099999999.",
        validate_dialled_number,
    )
    trunk = _text(
        "Asterisk's line for that",
        "The name of the trunk in Asterisk's own configuration, such as atapstn.",
        validate_name,
    )
    server_name = _text("What you call the server", "", validate_name, initial="office")
    edge = forms.ChoiceField(
        label="Twilio's place nearest to it", choices=[("", "not known"), *Edge.choices]
    )
    endpoint_label = _text("What you call this telephone", max_length=64)
    user = _text("Its name in SIP addresses", "", validate_extension)
    ring_s = forms.IntegerField(
        label="Seconds to ring before the next one rings", initial=20, min_value=5, max_value=600
    )
    rate = _rate("What a minute costs", RATE)
    fallback = _existing(FallbackNumber, RouteStep, "fallback_number", "One that is there already")
    fallback_number = _text(
        "Telephone to ring then",
        "Twilio rings it without Asterisk.",
        validate_e164,
    )
    fallback_label = _text("What you call it", max_length=64)
    fallback_rate = _rate("What a minute costs through Twilio", FALLBACK_RATE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["edge"].required = False
        for field in self.fields.values():
            field.error_messages["required"] = EMPTY
        for name in ("min_value", "max_value"):
            self.fields["ring_s"].error_messages[name] = "Write a number of seconds from 5 to 600."
        self.fields["number"].widget.attrs["autofocus"] = True
        self.initial |= {"edge": guess_edge(), "user": find_free(SipEndpoint, "user", "landline")}
        self.initial["endpoint_label"] = find_free(SipEndpoint, "label", "Office landline")
        self.initial["fallback_label"] = find_free(FallbackNumber, "label", "Mobile")
        for name in ("number", "fallback_number"):
            told = self.fields[name].help_text
            self.fields[name].help_text = f"{hint(settings.COUNTRY)} {told}".strip()
        for name in ("endpoint", "server", "fallback"):
            self._offer_existing(name)

    def _offer_existing(self, name: str) -> None:
        """Choose the only row that is there; without any there is nothing to choose."""
        first = list(self.fields[name].queryset[:2])
        if not first:
            del self.fields[name]
        elif len(first) == 1:
            self.initial[name] = first[0]

    def sections(self) -> Iterator[Mapping[str, Any]]:
        """Yield what belongs together: what is to be filled in, and what is filled in already."""
        yield self._section("Your number", ("number", "label"))
        yield self._section(
            "Who rings first, through Asterisk",
            ("server", "host", "dialled_number", "trunk"),
            ("server_name", "edge", "endpoint_label", "user", "ring_s", "rate"),
            "names, Twilio's nearest place, seconds to ring, cost",
            "endpoint",
        )
        guessed = ("fallback_label", "fallback_rate")
        yield self._section(
            "Who rings if that fails", ("fallback_number",), guessed, "name, cost", "fallback"
        )

    def _section(
        self,
        title: str,
        needed: tuple[str, ...],
        guessed: tuple[str, ...] = (),
        suggested: str = "",
        existing: str = "",
    ) -> Mapping[str, Any]:
        return {
            "title": title,
            "existing": self[existing] if existing in self.fields else None,
            "needed": [self[name] for name in needed if name in self.fields],
            "guessed": [self[name] for name in guessed],
            "suggested": suggested,
            "is_new": any(name in self.errors for name in (*needed, *guessed)),
            "is_guess_wrong": any(name in self.errors for name in guessed),
        }

    def clean_number(self) -> str:
        return read_number(self.cleaned_data["number"])

    def clean_rate(self) -> Decimal | None:
        return self._ask_about("rate")

    def clean_fallback_rate(self) -> Decimal | None:
        return self._ask_about("fallback_rate")

    def _ask_about(self, name: str) -> Decimal | None:
        rate: Decimal | None = self.cleaned_data[name]
        refuse_unusual(rate, name, self.data)
        return rate

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if PhoneNumber.objects.filter(e164=given.get("number")).exists():
            # All else may have been built with it, a moment ago.
            self.add_error("number", "It is in the panel already: change it on its own page.")
            return given
        is_new = self._choose("endpoint", ("dialled_number", "trunk"), ("user",))
        if is_new:
            self._choose("server", ("host",), ("server_name",))
        elif given.get("host"):
            self.add_error("endpoint", BOTH)
        self._choose("fallback", ("fallback_number",))
        return given

    def _choose(self, existing: str, typed: tuple[str, ...], guessed: tuple[str, ...] = ()) -> bool:
        """Take one that is there, or ask for all that a new one needs, and return True; not both."""
        given = self.cleaned_data
        if not given.get(existing):
            for name in (*typed, *guessed):
                if name in given and not given[name]:
                    self.add_error(name, EMPTY)
            return True
        if any(given.get(name) for name in typed):
            self.add_error(existing, BOTH)
        return False

    def build(self) -> list[Model]:
        """Save everything, and return it, the number first; if anything is wrong, nothing and []."""
        with transaction.atomic():
            built = self._build()
            if self.errors:
                transaction.set_rollback(True)
        return [] if self.errors else built

    def _build(self) -> list[Model]:
        given = self.cleaned_data
        number = PhoneNumber(e164=given["number"], label=given["label"])
        built: list[Model] = [number]
        self._save(number, e164="number")
        endpoint = given.get("endpoint")
        if endpoint is None:
            built += self._build_endpoint()
            endpoint = built[-1]
        fallback = given.get("fallback")
        if fallback is None:
            fallback = FallbackNumber(
                e164=given["fallback_number"],
                label=given["fallback_label"],
                cost_per_minute=given["fallback_rate"],
            )
            self._save(fallback, e164="fallback_number", cost_per_minute="fallback_rate")
            built.append(fallback)
        if not self.errors:
            ring_s = given["ring_s"]
            RouteStep.objects.create(number=number, position=1, endpoint=endpoint, ring_s=ring_s)
            RouteStep.objects.create(number=number, position=2, fallback_number=fallback)
        return built

    def _build_endpoint(self) -> list[Model]:
        given = self.cleaned_data
        built: list[Model] = []
        server = given.get("server")
        if server is None:
            server = AsteriskServer(
                name=given["server_name"], host=given["host"], edge=given["edge"]
            )
            self._save(server, name="server_name")
            built.append(server)
        endpoint = SipEndpoint(
            server=server,
            user=given["user"],
            label=given["endpoint_label"],
            username=generate_username(given["user"]),
            password=generate_password(),
            dialled_number=given["dialled_number"],
            trunk=given["trunk"],
            cost_per_minute=given["rate"],
        )
        self._save(endpoint, username="user", cost_per_minute="rate", **{NON_FIELD_ERRORS: "user"})
        return [*built, endpoint]

    def _save(self, row: Model, **places: str) -> None:
        """Save a row if nothing speaks against it; else say it where the person can mend it."""
        try:
            # A server that could not be saved has said why.
            row.full_clean(exclude={"server"} if getattr(row, "server_id", 1) is None else None)
            if isinstance(row, PhoneNumber):
                refuse_loop(row)
        except ValidationError as error:
            for name, errors in error.error_dict.items():
                place = places.get(name, name)
                self.add_error(place if place in self.fields else None, errors)
        else:
            if getattr(row, "server_id", 1) is not None:
                row.save()
