"""The files with all numbers, endpoints and fallback numbers: their columns, and the rows they speak of."""

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any

from django import forms
from django.db.models import Model, Prefetch, QuerySet

from telephony.admin.columns import CLEARS, KEEPS, Column, amount, choice, read_number, text, yes_no
from telephony.admin.credentials import SipEndpointForm
from telephony.admin.forms import DestinationForm, PhoneNumberForm
from telephony.admin.routetexts import RouteTexts
from telephony.bulk.tables import Table, read_table, write_table
from telephony.models import AsteriskServer, FallbackNumber, PhoneNumber, RouteStep, SipEndpoint
from telephony.models.choices import Authentication, CallerId, Language

Keys = Collection[str]


class Sheet:
    """A file with all rows of one table. Make a new one for each file: it remembers other tables."""

    model: type[Model]
    form: type[forms.ModelForm]
    title = ""
    keys: tuple[str, ...] = ()
    has_routes = False

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        raise NotImplementedError

    @cached_property
    def by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    def read(self, content: bytes) -> Table:
        """Raises UnreadableError."""
        secret = {column.name for column in self.columns if column.is_secret}
        return read_table(content, list(self.by_name), self.keys, secret)

    @cached_property
    def form_class(self) -> type[forms.ModelForm]:
        fields = [column.field for column in self.columns if column.field]
        return forms.modelform_factory(self.model, form=self.form, fields=fields)

    def all(self) -> QuerySet[Any]:
        raise NotImplementedError

    def find(self, keys: Keys) -> QuerySet[Any]:
        """Return at least the rows that have these keys."""
        raise NotImplementedError

    def key_of(self, row: Any) -> str:
        raise NotImplementedError

    def read_key(self, cells: Mapping[str, str]) -> str:
        """Return the key of the row that cells speak of. Raises ValueError or ValidationError."""
        raise NotImplementedError

    def cells(self, row: Any) -> dict[str, str]:
        """Return what a file says of a row."""
        return {column.name: column.write(row) for column in self.columns}


def _known(model: type[Model]) -> dict[str, int]:
    return dict(model._default_manager.values_list("e164", "pk"))


NUMBER_HINT = "Which number, with + and the country code."
MESSAGE_HINT = "Up to 200 characters; empty: a standard message in that language."


class NumberSheet(Sheet):
    model, form = PhoneNumber, PhoneNumberForm
    title, keys, has_routes = "numbers", ("number",), True

    @cached_property
    def known(self) -> dict[str, int]:
        return _known(PhoneNumber)

    @cached_property
    def routes(self) -> RouteTexts:
        return RouteTexts()

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        busy = ("busy message", "busy_message", f"Heard if the last is busy. {MESSAGE_HINT}")
        away = ("unavailable message", "unavailable_message")
        route = (
            "Who rings: > before those who ring later, + between those who ring together, 20s for "
            "the seconds. In brackets when the call moves on, if not after failure and no answer: "
            "[after failure, busy, decline] or [never]."
        )
        example = "Ana's desk 20s > Reception 25s + Lobby 25s > Ana's mobile 30s"
        return (
            text("number", "e164", NUMBER_HINT, "+12025550100"),
            text("label", "label", "What it is for.", "Sales"),
            yes_no("enabled", "enabled", "no: its calls are rejected."),
            Column("route", "", route, example, write=lambda row: self.routes.write(row)),
            choice("language", "language", Language.choices, "English (United States)"),
            text(*busy),
            text(*away, f"Heard if nobody takes the call. {MESSAGE_HINT}"),
            text("Twilio SID", "twilio_sid", "The number's PN… in Twilio's console."),
            text("account SID", "account_sid", "The AC… that owns it. Empty: the panel's own."),
        )

    def all(self) -> QuerySet[PhoneNumber]:
        steps = RouteStep.objects.order_by("position", "pk")
        return PhoneNumber.objects.order_by("e164").prefetch_related(Prefetch("steps", steps))

    def find(self, keys: Keys) -> QuerySet[PhoneNumber]:
        return self.all().filter(e164__in=keys)

    def key_of(self, row: PhoneNumber) -> str:
        return row.e164

    def read_key(self, cells: Mapping[str, str]) -> str:
        return read_number(cells["number"], self.known)


class EndpointSheet(Sheet):
    model, form = SipEndpoint, SipEndpointForm
    title, keys = "endpoints", ("server", "user")

    @cached_property
    def servers(self) -> dict[str, int]:
        return dict(AsteriskServer.objects.values_list("name", "pk"))

    def read_server(self, cell: str) -> int:
        if cell.strip() not in self.servers:
            there = ", ".join(self.servers) or "none yet"
            raise ValueError(f"No server is called {cell.strip()!r}. Servers: {there}.")
        return self.servers[cell.strip()]

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        server = "Which endpoint it is: the name of its server."
        user = "Which endpoint it is: the part of its SIP address before the @."
        kept: dict[str, Any] = {"empty": KEEPS, "is_private": True}
        given = {**kept, "write": lambda row: row.wanted[0]}
        secret = {**kept, "write": lambda row: "", "read": str, "is_secret": True}
        return (
            Column("server", "server", server, "office", CLEARS, self.read_server, _server_of),
            text("user", "user", user, "desk"),
            text("label", "label", "What it rings.", "Ana's desk"),
            yes_no("enabled", "enabled", "no: passed over in every route."),
            choice(
                "authentication",
                "authentication",
                Authentication.choices,
                "username and password",
            ),
            Column(
                "username",
                "username",
                "If it is empty in a new row, it is generated, with a password.",
                "",
                **given,
            ),
            Column(
                "password",
                "password",
                "Never downloaded, and never shown. 12 to 64 characters.",
                "",
                **secret,
            ),
            text("dialled number", "dialled_number", "What Asterisk dials for it.", "099999999"),
            text("trunk", "trunk", "Through which Asterisk dials out.", "atapstn"),
            amount("What a minute costs by SIP and landline together.", "0.1525"),
        )

    def all(self) -> QuerySet[SipEndpoint]:
        return SipEndpoint.objects.select_related("server").order_by("server__name", "user")

    def find(self, keys: Keys) -> QuerySet[SipEndpoint]:
        return self.all().filter(user__in={key.partition("@")[0] for key in keys})

    def key_of(self, row: SipEndpoint) -> str:
        return f"{row.user}@{row.server.name}"

    def read_key(self, cells: Mapping[str, str]) -> str:
        return f"{cells['user'].strip()}@{cells['server'].strip()}"


def _server_of(row: SipEndpoint) -> str:
    return row.server.name if row.server_id else ""


class FallbackSheet(Sheet):
    model, form = FallbackNumber, DestinationForm
    title, keys = "fallback numbers", ("number",)

    @cached_property
    def known(self) -> dict[str, int]:
        return _known(FallbackNumber)

    @cached_property
    def ours(self) -> dict[str, int]:
        return _known(PhoneNumber)

    def read_ours(self, cell: str) -> int | str:
        if not cell.strip():
            return ""
        number = read_number(cell, self.ours)
        if number not in self.ours:
            raise ValueError(f"{number} is none of your numbers. Add it to them first.")
        return self.ours[number]

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        shows = choice("shows", "caller_id", CallerId.choices, "the caller's number")
        fixed = ("fixed number", "fixed_caller_id", "Your number to show, if it shows a fixed one.")
        limit = "Seconds after which Twilio ends the call, 60 to 14400."
        return (
            text("number", "e164", NUMBER_HINT, "+59899999999"),
            text("label", "label", "Whose it is.", "Ana's mobile"),
            yes_no("enabled", "enabled", "no: passed over in every route."),
            shows,
            Column(*fixed, "", CLEARS, self.read_ours, _fixed_number_of),
            amount("What Twilio charges for calling it.", "0.38"),
            Column(
                "longest call (s)",
                "time_limit_s",
                limit,
                "14400",
                KEEPS,
                write=lambda row: str(row.time_limit_s),
            ),
            yes_no("ask for a key", "ask_for_key", "yes: a mailbox does not take the call.", "no"),
            choice("language", "language", Language.choices, "English (United States)"),
        )

    def all(self) -> QuerySet[FallbackNumber]:
        return FallbackNumber.objects.select_related("fixed_caller_id").order_by("e164")

    def find(self, keys: Keys) -> QuerySet[FallbackNumber]:
        return self.all().filter(e164__in=keys)

    def key_of(self, row: FallbackNumber) -> str:
        return row.e164

    def read_key(self, cells: Mapping[str, str]) -> str:
        return read_number(cells["number"], self.known)


def _fixed_number_of(row: FallbackNumber) -> str:
    return row.fixed_caller_id.e164 if row.fixed_caller_id else ""


def download(sheet: Sheet, *, semicolons: bool, private: bool, example: bool = False) -> str:
    """Return the file with all rows, or with one that is made up.

    With semicolons as Excel wants it where the comma is the decimal point.
    """
    columns = [column for column in sheet.columns if private or not column.is_private]
    amounts = {column.name for column in columns if column.is_amount and semicolons}
    made_up = {column.name: column.example for column in columns}
    rows = [made_up] if example else map(sheet.cells, sheet.all())
    cells = [
        [row[c.name].replace(".", ",") if c.name in amounts else row[c.name] for c in columns]
        for row in rows
    ]
    head = [column.name for column in columns]
    return write_table([head, *cells], ";" if semicolons else ",")
