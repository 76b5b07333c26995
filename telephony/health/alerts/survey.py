"""What is on now, since when, and who was told: for the start page and for `manage.py alerts`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import Error
from django.utils import timezone

from telephony.database import tell
from telephony.health.alerts.books import FileBook, load_all
from telephony.health.alerts.judging import MOMENTARY, Alert, Heard, Phase, pending
from telephony.health.alerts.words import title_of


@dataclass(frozen=True, slots=True)
class Shown:
    """An alert as people see it. It holds, or is over, `since` a time in the office's time zone."""

    title: str
    since: datetime
    is_on: bool
    told: str
    page: str


@dataclass(frozen=True, slots=True)
class On:
    """`trouble` is why some of them are not known."""

    alerts: Sequence[Shown]
    trouble: str = ""


def find_on() -> On:
    """Return what is on, and what a channel has not taken yet, the oldest first."""
    known: list[Alert] = []
    trouble = []
    try:
        known += load_all().values()
    except Error as error:
        trouble.append(f"The database does not say which alerts are on: {tell(error)}.")
    try:
        known += FileBook(settings.SPOOL_DIR).read().alerts.values()
    except OSError as error:
        trouble.append(f"The alerts of this machine cannot be read: {error}.")
    known = [alert for alert in known if _is_shown(alert)]
    known.sort(key=lambda alert: alert.since)
    return On([_show(alert) for alert in known], " ".join(trouble))


def _is_shown(alert: Alert) -> bool:
    is_waiting = any(pending(alert, name) for name in alert.channels)
    has_failed = any(heard.is_given_up for heard in alert.channels.values())
    return is_waiting or has_failed or (alert.is_on and alert.code not in MOMENTARY)


def _show(alert: Alert) -> Shown:
    told = "; ".join(_tell(alert, name, heard) for name, heard in sorted(alert.channels.items()))
    phase = Phase.BEGUN if alert.is_on else Phase.OVER
    return Shown(
        title_of(alert, phase),
        timezone.localtime(alert.since if alert.is_on else alert.turned_at),
        alert.is_on,
        told or "nobody is told, because no channel is set up",
        str(alert.values["page"]),
    )


def _tell(alert: Alert, channel: str, heard: Heard) -> str:
    if heard.is_given_up:
        return f"given up by {channel} ({heard.error})"
    if pending(alert, channel) is None:
        return f"told by {channel}"
    why = f" ({heard.error})" if heard.error else ""
    return f"not yet told by {channel}{why}"
