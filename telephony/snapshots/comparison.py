"""Compares the configuration with what was last exported of it.

That renders everything, which takes seconds where there is much. So `manage.py tick` compares
whatever has changed and keeps the result, and a page compares by itself only where there is little.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max

from telephony.asterisk.export import Refused, render_all
from telephony.models import AsteriskServer, Comparison, DirectoryRevision, PhoneNumber, RouteStep
from telephony.models.endpoints import SipEndpoint
from telephony.snapshots.asterisk import load_asterisk
from telephony.snapshots.exported import differing
from telephony.snapshots.static import is_outdated, render_all_static

# Endpoints, and steps, that a page renders by itself: some 20 ms.
FEW = 100
# Twilio's networks and the settings are no part of the revision.
COMPARED_ANYWAY = timedelta(hours=1)
# It takes some 8 seconds for 10,000 numbers, and where there are so many something changes all the time.
AGAIN_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Standing:
    """Names of servers whose files differ from what was exported, and of those that cannot be
    exported; and how many static documents are out of date. What was never exported is in none."""

    differing: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    outdated_documents: int = 0


def compare() -> Standing:
    """Compare everything that was ever exported with what would be exported now."""
    different, refused = [], []
    for server in AsteriskServer.objects.order_by("name"):
        try:
            texts = render_all(load_asterisk(server))
        except Refused:
            refused.append(server.name)
            continue
        if server.exported_at and differing(server, texts):
            different.append(server.name)
    return Standing(tuple(different), tuple(refused), _count_outdated())


def _count_outdated() -> int:
    exported = PhoneNumber.objects.exclude(static_exported_at=None).exclude(static_key=None)
    if not exported.exists():
        return 0
    texts = render_all_static()
    return sum(is_outdated(number, texts.get(number.static_name, "")) for number in exported)


def current_standing() -> Standing | None:
    """Return the standing for a page; None where there is much, and nothing was compared yet."""
    if _is_little():
        return compare()
    kept = Comparison.objects.first()
    if kept is None:
        return None
    # What was exported since is as it should be.
    servers = AsteriskServer.objects.exclude(exported_at__gte=kept.compared_at)
    still = set(servers.filter(name__in=kept.differing).values_list("name", flat=True))
    documents = PhoneNumber.objects.aggregate(at=Max("static_exported_at"))["at"]
    is_newer = documents is not None and documents >= kept.compared_at
    return Standing(
        tuple(name for name in kept.differing if name in still),
        tuple(kept.refused),
        0 if is_newer else kept.outdated_documents,
    )


def _is_little() -> bool:
    rows = (SipEndpoint, RouteStep, AsteriskServer)
    return all(model.objects.values("pk")[FEW : FEW + 1].count() == 0 for model in rows)


def compare_what_changed(now: datetime) -> str:
    """Compare and keep the result, if anything has changed; return a sentence for the log."""
    revision = DirectoryRevision.current()
    kept = Comparison.objects.first()
    age = now - kept.compared_at if kept else COMPARED_ANYWAY
    if kept and kept.revision == revision and age < COMPARED_ANYWAY:
        return "nothing has changed"
    if age < AGAIN_AFTER and not _is_little():
        return f"not again within {AGAIN_AFTER.seconds // 60} minutes"
    standing = compare()
    Comparison.objects.update_or_create(
        pk=1,
        defaults={
            "revision": revision,
            "compared_at": now,
            "differing": standing.differing,
            "refused": standing.refused,
            "outdated_documents": standing.outdated_documents,
        },
    )
    servers = len(standing.differing) + len(standing.refused)
    return f"servers that differ: {servers}, documents: {standing.outdated_documents}"
