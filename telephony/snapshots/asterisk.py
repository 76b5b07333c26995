"""Reads what is exported for an Asterisk server from the tables into a frozen snapshot."""

import re
from collections.abc import Callable, Iterable

from django.conf import settings
from django.db.models import Max
from django.db.models.functions import Coalesce

from telephony.asterisk.snapshot import Endpoint, Server
from telephony.models import AsteriskServer, CarrierNetwork, PhoneNumber, RouteStep, SipEndpoint
from telephony.models.choices import NetworkKind

# The username and password that Asterisk is to have.
WANTED = (Coalesce("next_username", "username"), Coalesce("next_password", "password"))


def load_asterisk(
    server: AsteriskServer, watch: Callable[[Iterable[tuple]], Iterable[tuple]] = iter
) -> Server:
    """Return what is exported for a server; the endpoints pass through `watch`.

    Asterisk gives up a second before Twilio would, so that its answer says why.
    """
    rings = Max("steps__ring_s")
    default_ring_s = RouteStep._meta.get_field("ring_s").default
    rows = (
        SipEndpoint.objects.filter(server=server)
        .order_by("user")
        .values_list("user", "dialled_number", "trunk", *WANTED, rings)
    )
    endpoints = tuple(
        Endpoint(*values, dial_s=(ring_s or default_ring_s) - 1)
        for *values, ring_s in watch(rows.iterator())
    )
    return Server(
        name=server.name,
        endpoints=endpoints,
        signalling=_networks(NetworkKind.SIGNALLING),
        media=_networks(NetworkKind.MEDIA),
        accounts=_accounts(),
        driver=server.driver,
        context=server.context,
        transport=server.transport,
        port=server.port,
        secure=server.secure,
        account_check=server.account_check,
    )


def _networks(kind: NetworkKind) -> tuple[str, ...]:
    found = CarrierNetwork.objects.filter(kind=kind).values_list("cidr", flat=True)
    return tuple(sorted(found, key=lambda cidr: [int(n) for n in re.findall("[0-9]+", cidr)]))


def _accounts() -> tuple[str, ...]:
    """Return the accounts that own our numbers: a call that Twilio makes for us names one of them."""
    of_numbers = PhoneNumber.objects.values_list("account_sid", flat=True).distinct()
    return tuple(sorted({*of_numbers, settings.TWILIO_ACCOUNT_SID} - {""}))
