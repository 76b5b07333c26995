"""The static documents of all numbers, and what was last exported of them."""

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings

from telephony.models import PhoneNumber
from telephony.models.numbers import make_static_key
from telephony.snapshots.directory import load_directory, load_directory_of
from telephony.snapshots.exported import fingerprint
from telephony.wire.static import render_static


def name_all_static() -> None:
    """Give a file name to the numbers that an earlier version made without one."""
    for number in PhoneNumber.objects.filter(static_key=None):
        PhoneNumber._base_manager.filter(pk=number.pk).update(static_key=make_static_key())


def render_all_static() -> dict[str, str]:
    """Return file name -> document, for every number that has a file name."""
    directory = load_directory()
    named = PhoneNumber.objects.exclude(static_key=None)
    names = {(n.e164, n.owning_account): n.static_name for n in named}
    return {
        names[key]: render_static(number, directory, settings.PUBLIC_BASE_URL)
        for key, number in directory.numbers.items()
        if key in names
    }


def render_static_of(row: PhoneNumber) -> str:
    """Return the document of one number."""
    directory = load_directory_of(row)
    (number,) = directory.numbers.values()
    return render_static(number, directory, settings.PUBLIC_BASE_URL)


def remember_static(texts: Mapping[str, str], now: datetime) -> None:
    """Note that these documents were written just now."""
    for number in PhoneNumber.objects.all():
        if number.static_name in texts:
            # This bypasses the manager that raises the directory's revision: no call is routed by it.
            PhoneNumber._base_manager.filter(pk=number.pk).update(
                static_fingerprint=fingerprint(texts[number.static_name]), static_exported_at=now
            )


def is_outdated(number: PhoneNumber, text: str) -> bool:
    """Whether the document differs from what was last exported."""
    return number.static_fingerprint != fingerprint(text)
