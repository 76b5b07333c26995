"""Reads the configuration by which calls are routed into one frozen snapshot."""

from collections.abc import Iterator

from django.conf import settings
from django.db.models import Prefetch

from telephony.models import DirectoryRevision, FallbackNumber, PhoneNumber, RouteStep, SipEndpoint
from telephony.routing.destinations import Destination
from telephony.routing.directory import Directory, Number


def load_directory() -> Directory:
    """Return the present configuration. The revision is read first: a later change is loaded again."""
    revision = DirectoryRevision.current()
    return Directory(
        revision=revision,
        currency=settings.CURRENCY,
        numbers={(number.e164, number.account_sid): number for number in _numbers()},
        destinations={destination.key: destination for destination in _destinations()},
    )


def _numbers() -> Iterator[Number]:
    steps = RouteStep.objects.order_by("position", "pk")
    for number in PhoneNumber.objects.prefetch_related(Prefetch("steps", queryset=steps)):
        yield Number(
            e164=number.e164,
            account_sid=number.owning_account,
            label=number.label,
            enabled=number.enabled,
            steps=tuple(step.as_step() for step in number.steps.all()),
            language=number.language,
            busy_message=number.busy_message,
            unavailable_message=number.unavailable_message,
        )


def _destinations() -> Iterator[Destination]:
    for endpoint in SipEndpoint.objects.select_related("server"):
        yield endpoint.as_destination()
    for fallback in FallbackNumber.objects.select_related("fixed_caller_id"):
        yield fallback.as_destination()
