"""What to know after an import: what the pages say when one row is saved, in few sentences for many."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Model, Prefetch
from django.utils import timezone

from telephony.admin.imports import Plan
from telephony.models import FallbackNumber, PhoneNumber, RouteStep, SipEndpoint
from telephony.models.choices import Authentication
from telephony.models.routes import foreign_caller_ids
from telephony.routing.advice import beware, explain_caution
from telephony.snapshots.directory import OF_STEPS, directory_of

# Sentences of one kind that are told; the rest is counted.
TOLD_AT_MOST = 5


def warnings_of(made: Plan, saved: Sequence[Any]) -> list[str]:
    model, keys = made.sheet.model, [row.pk for row in saved]
    if model is SipEndpoint:
        generated = sum(row.form.is_generated for row in made.to_save)
        return list(_about_endpoints(saved, generated))
    steps = RouteStep.objects.filter(**{f"{_step_field(model)}__in": keys})
    found = list(_about_routes(keys)) if model is PhoneNumber else []
    return _shorten([*found, *foreign_caller_ids(steps)])


def _step_field(model: type[Model]) -> str:
    return "fallback_number" if model is FallbackNumber else "number"


def _about_routes(keys: Iterable[int]) -> Iterable[str]:
    steps = RouteStep.objects.select_related(*OF_STEPS).order_by("position", "pk")
    rows = PhoneNumber.objects.filter(pk__in=keys).prefetch_related(Prefetch("steps", steps))
    now = timezone.now()
    for row in rows:
        directory = directory_of(row, list(row.steps.all()))
        (number,) = directory.numbers.values()
        for warned in beware(number, directory, now):
            yield f"{row}: {explain_caution(warned)}"


def _about_endpoints(saved: Sequence[SipEndpoint], generated: int) -> Iterable[str]:
    if generated:
        yield (
            f"Endpoints for which a username and a password were generated: {generated}. Asterisk "
            "learns them with the next export."
        )
    pending = [row for row in saved if row.is_pending]
    if pending:
        servers = ", ".join(sorted({row.server.name for row in pending}))
        yield (
            f"Endpoints with another username or password: {len(pending)}. Calls to them go on with "
            f"the former ones, until Asterisk has taken the new ones: export the files of {servers}."
        )
    is_open = sum(row.authentication == Authentication.ADDRESS for row in saved)
    if is_open:
        yield f"Endpoints without a password: {is_open}. Any of Twilio's customers can call them."


def _shorten(sentences: Sequence[str]) -> list[str]:
    more = len(sentences[TOLD_AT_MOST:])
    rest = [f"And {more} more like these: the numbers' own pages say which."] if more else []
    return [*sentences[:TOLD_AT_MOST], *rest]
