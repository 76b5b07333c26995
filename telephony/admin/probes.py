"""What the server's page shows of its probes: the last one, and the last 24 hours."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Subquery

from telephony.health.probe import Result
from telephony.health.rounds import told
from telephony.models import AsteriskServer, ProbeHour

SHOWN = timedelta(hours=24)


def last() -> dict[str, Subquery]:
    """Return annotations for a list of servers: when each was last probed, and SIP's status then."""
    hours = ProbeHour.objects.filter(server=OuterRef("pk")).order_by("-hour")
    names = ("last_probed_at", "last_status")
    return {name: Subquery(hours.values(name)[:1]) for name in names}


def context(server: AsteriskServer, now: datetime) -> dict[str, Any]:
    # The row of the last probe may be older than what is shown of the past.
    hours = list(server.probe_hours.order_by("-hour")[: SHOWN // timedelta(hours=1) + 1])
    if not hours:
        return {"last_probe": None}
    last = hours[0]
    result = Result(last.last_status, last.last_latency_ms, last.last_reason, last.last_warning)
    rows = [_row(each) for each in hours if each.hour > now - SHOWN]
    return {
        "last_probe": {"at": last.last_probed_at, "told": told(result)},
        "probe_hours": rows,
        "answered": sum(row["answered"] for row in rows),
        "probes": sum(row["all"] for row in rows),
    }


def _row(hour: ProbeHour) -> dict[str, Any]:
    mean = hour.latency_ms_sum / hour.answered if hour.answered else None
    return {
        "hour": hour.hour,
        "answered": hour.answered,
        "all": hour.answered + hour.unanswered,
        "mean_ms": None if mean is None else round(mean),
        "longest_ms": hour.latency_ms_max,
    }
