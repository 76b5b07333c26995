"""Database to frozen snapshots: the only bridge between the models and the pure rooms."""

from django.conf import settings
from django.db.models import Prefetch

from telephony.models import DirectoryRevision, PhoneNumber, RouteStep
from telephony.routing.directory import Directory, Number


def load_directory() -> Directory:
    """Return the configuration as of now. The revision is read first: a change in between is loaded again."""
    revision = DirectoryRevision.current()
    steps = RouteStep.objects.select_related(
        "endpoint__server", "fallback_number__fixed_caller_id"
    ).order_by("position", "pk")
    numbers = PhoneNumber.objects.prefetch_related(Prefetch("steps", queryset=steps))
    by_key = {}
    for number in numbers:
        account_sid = number.account_sid or settings.TWILIO_ACCOUNT_SID
        by_key[number.e164, account_sid] = Number(
            e164=number.e164,
            account_sid=account_sid,
            label=number.label,
            enabled=number.enabled,
            steps=tuple(step.as_planned() for step in number.steps.all()),
            language=number.language,
            busy_message=number.busy_message,
            unavailable_message=number.unavailable_message,
        )
    return Directory(revision=revision, currency=settings.CURRENCY, numbers=by_key)
