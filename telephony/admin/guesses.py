"""What pages suggest to somebody who adds something."""

from decimal import Decimal

from django.conf import settings
from django.db.models import Model

from telephony.models.choices import Edge

# What a minute usually costs: by SIP and landline, and through Twilio.
RATE, FALLBACK_RATE = Decimal("0.1525"), Decimal("0.38")
# A beginning of the office's time zone -> the edge of Twilio's that is probably nearest.
EDGES = {
    "America/Argentina": Edge.SAO_PAULO,
    "America/Asuncion": Edge.SAO_PAULO,
    "America/Bogota": Edge.SAO_PAULO,
    "America/Lima": Edge.SAO_PAULO,
    "America/Montevideo": Edge.SAO_PAULO,
    "America/Santiago": Edge.SAO_PAULO,
    "America/Sao_Paulo": Edge.SAO_PAULO,
    "America/Los_Angeles": Edge.UMATILLA,
    "Asia/Tokyo": Edge.TOKYO,
    "Asia/": Edge.SINGAPORE,
    "Australia/": Edge.SYDNEY,
    "Pacific/": Edge.SYDNEY,
    "Europe/Dublin": Edge.DUBLIN,
    "Europe/London": Edge.DUBLIN,
    "Europe/": Edge.FRANKFURT,
    "Africa/": Edge.FRANKFURT,
}


def guess_edge() -> str:
    found = (edge for zone, edge in EDGES.items() if settings.TIME_ZONE.startswith(zone))
    return next(found, "")


def find_free(model: type[Model], name: str, wanted: str) -> str:
    """Return the first of landline, landline2 …, or Mobile, Mobile 2 …, that no row has."""
    begun = {f"{name}__startswith": wanted}
    taken = set(model._default_manager.filter(**begun).values_list(name, flat=True))
    gap = "" if wanted.islower() else " "
    names = (wanted, *(f"{wanted}{gap}{place}" for place in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)
