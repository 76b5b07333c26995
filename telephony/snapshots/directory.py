"""Reads the configuration by which calls are routed into one frozen snapshot."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.db.models import Prefetch

from telephony.models import (
    DirectoryRevision,
    FallbackNumber,
    PhoneNumber,
    RouteStep,
    ServerHealth,
    SipEndpoint,
)
from telephony.routing.destinations import Destination
from telephony.routing.directory import Directory, Number

# What the steps of a number are loaded with, for a directory of it alone.
OF_STEPS = ("endpoint__server__health", "fallback_number__fixed_caller_id")


def load_directory() -> Directory:
    """Return the present configuration. The revision is read first: a later change is loaded again."""
    revision = DirectoryRevision.current()
    return Directory(
        revision=revision,
        currency=settings.CURRENCY,
        numbers={(number.e164, number.account_sid): number for number in _numbers()},
        destinations={destination.key: destination for destination in _destinations()},
        silent_until=_silent_until(),
    )


def load_directory_of(row: PhoneNumber) -> Directory:
    """Return the present configuration of one number alone."""
    steps = row.steps.select_related(*OF_STEPS).order_by("position", "pk")
    return directory_of(row, list(steps))


def directory_of(row: PhoneNumber, steps: Sequence[RouteStep]) -> Directory:
    """Return the configuration of one number alone, from steps in order, loaded with OF_STEPS."""
    number = _number(row, steps)
    destinations = [step.destination.as_destination() for step in steps if step.destination]
    servers = {step.endpoint.server for step in steps if step.endpoint}
    known = {server.name: getattr(server, "health", None) for server in servers}
    return Directory(
        currency=settings.CURRENCY,
        numbers={(number.e164, number.account_sid): number},
        destinations={destination.key: destination for destination in destinations},
        silent_until={
            name: health.open_until
            for name, health in known.items()
            if health and health.open_until
        },
    )


def load_directory_as_if(row: PhoneNumber, steps: Iterable[RouteStep]) -> Directory:
    """Return the present configuration as it would be if a number had these values and steps.

    Nothing is written, so neither of them needs to be saved; the destinations are as stored.
    """
    directory = load_directory()
    stored = PhoneNumber.objects.filter(pk=row.pk).values_list("e164", flat=True)
    replaced = {*stored, row.e164}
    number = _number(row, sorted(steps, key=lambda step: (step.position, step.pk or math.inf)))
    others = {key: each for key, each in directory.numbers.items() if each.e164 not in replaced}
    return replace(directory, numbers={**others, (number.e164, number.account_sid): number})


def _silent_until() -> Mapping[str, datetime]:
    known = ServerHealth.load()
    return {server: health.open_until for server, health in known.items() if health.open_until}


def _numbers() -> Iterator[Number]:
    steps = RouteStep.objects.order_by("position", "pk")
    for row in PhoneNumber.objects.prefetch_related(Prefetch("steps", queryset=steps)):
        yield _number(row, row.steps.all())


def _number(row: PhoneNumber, steps: Iterable[RouteStep]) -> Number:
    return Number(
        e164=row.e164,
        account_sid=row.owning_account,
        label=row.label,
        enabled=row.enabled,
        steps=tuple(step.as_step() for step in steps),
        language=row.language,
        busy_message=row.busy_message,
        unavailable_message=row.unavailable_message,
    )


def _destinations() -> Iterator[Destination]:
    for endpoint in SipEndpoint.objects.select_related("server"):
        yield endpoint.as_destination()
    for fallback in FallbackNumber.objects.select_related("fixed_caller_id"):
        yield fallback.as_destination()
