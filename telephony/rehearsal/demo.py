"""The demo: a number, its route through an Asterisk server, and calls of every kind."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from telephony.asterisk.values import generate_password
from telephony.models import (
    AsteriskServer,
    CallRecord,
    FallbackNumber,
    PhoneNumber,
    RouteStep,
    SipEndpoint,
)
from telephony.models.demo import HOST, MARK, demo_rows
from telephony.records.recorder import recorder
from telephony.records.store import delete_calls
from telephony.records.totals import add_up
from telephony.rehearsal.player import Player, Scenario
from telephony.snapshots.live import live_directory
from telephony.webhooks.answer import answer
from telephony.wire.callbacks import parse_callback
from telephony.wire.paths import parse_url

NUMBER = "+12025550100"
# Seconds to wait until the calls are in the database.
STORE_S = 30.0

# Hours ago, caller, number called, outcome of each dial, seconds of conversation.
CALLS = (
    (1, "+59891234567", NUMBER, "completed", 134),
    (3, "+12025550143", NUMBER, "failed,completed", 61),
    (5, "anonymous", NUMBER, "completed", 47),
    (8, "+12025550117", NUMBER, "busy", 0),
    (22, "+59894111222", NUMBER, "no-answer,completed", 305),
    (26, "+12025550143", NUMBER, "failed,no-answer", 0),
    (29, "+442079460018", NUMBER, "declined", 0),
    (31, "+59891234567", NUMBER, "hangup", 0),
    (47, "Anonymous", NUMBER, "refused,completed", 18),
    (50, "+12025550160", "+12025550199", "completed", 0),
    (53, "+12025550117", NUMBER, "completed", 722),
    (73, "+59894111222", NUMBER, "failed,busy", 0),
    (76, "+12025550171", NUMBER, "canceled", 0),
    (98, "+59891234567", NUMBER, "completed", 60),
)


class NotStored(Exception):
    """The demo's calls are in the journal, but the database did not take them in time."""


def load_configuration() -> PhoneNumber:
    """Create what the demo needs; what is already there stays as it is."""
    with transaction.atomic():
        server, _ = AsteriskServer.objects.get_or_create(
            name="office", defaults={"host": HOST, "edge": "sao-paulo"}
        )
        endpoint, _ = SipEndpoint.objects.get_or_create(
            server=server,
            user="myext",
            defaults={
                "label": f"Office landline {MARK}",
                "username": "switchhook-myext",
                "password": generate_password(),
                "dialled_number": "099999999",
                "trunk": "atapstn",
                "cost_per_minute": Decimal("0.1525"),
            },
        )
        mobile, _ = FallbackNumber.objects.get_or_create(
            e164="+59899999999",
            defaults={"label": f"Mobile through Twilio {MARK}", "cost_per_minute": Decimal("0.38")},
        )
        number, is_new = PhoneNumber.objects.get_or_create(
            e164=NUMBER, defaults={"label": f"Office, United States {MARK}"}
        )
        if is_new:
            RouteStep.objects.create(number=number, position=1, endpoint=endpoint)
            RouteStep.objects.create(number=number, position=2, fallback_number=mobile)
        return number


def play_calls(number: PhoneNumber) -> int:
    """Play the demo's calls through the code that answers webhooks; return how many were new.

    Raises NotStored.
    """
    live_directory.refresh()
    played = sum(_play(place, number) for place in range(len(CALLS)))
    if not recorder.drain(STORE_S):
        raise NotStored(
            f"{played} calls were played, but the database did not take them within "
            f"{STORE_S:.0f} s. They are in {settings.SPOOL_DIR}, and the panel stores them when it runs."
        )
    # Whoever tries the panel has no timer yet.
    for _ in add_up():
        pass
    return played


def _play(place: int, number: PhoneNumber) -> bool:
    """Play one call, unless it has been played before."""
    hours, caller, called, outcomes, talk_s = CALLS[place]
    sid = _sid(place)
    if CallRecord.objects.filter(pk=sid).exists():
        return False
    scenario = Scenario(
        called=called,
        caller=caller,
        account_sid=number.owning_account,
        base_url=settings.PUBLIC_BASE_URL,
        outcomes=outcomes.split(","),
        talk_s=talk_s,
        call_sid=sid,
    )
    started_at = datetime.now(UTC) - timedelta(hours=hours, minutes=7 * place % 60)
    for _ in Player(scenario, _ask, started_at, time_passes=True).play():
        pass
    return True


def _sid(place: int) -> str:
    return f"CA{hashlib.sha256(f'demo call {place}'.encode()).hexdigest()[:32]}"


@transaction.atomic
def remove() -> str:
    """Delete the demo and the calls that were rehearsed with it; return a sentence for people.

    What something else uses stays, and is the demo's no longer.
    """
    numbers, endpoints, fallbacks = map(demo_rows, (PhoneNumber, SipEndpoint, FallbackNumber))
    called = list(numbers.values_list("e164", flat=True))
    rehearsed = CallRecord.objects.filter(called__in=called, is_simulated=True)
    calls = delete_calls({*map(_sid, range(len(CALLS))), *rehearsed.values_list("pk", flat=True)})
    shown = FallbackNumber.objects.exclude(fixed_caller_id=None).values("fixed_caller_id")
    # Their steps go with them, so it is known then what nobody rings any more.
    numbers.exclude(pk__in=shown).delete()
    for rows in (endpoints, fallbacks):
        rows.filter(steps=None).delete()
    AsteriskServer.objects.filter(host=HOST, endpoints=None).delete()
    kept = [*numbers, *endpoints, *fallbacks]
    for row in kept:
        row.label = row.label.removesuffix(MARK).strip()
        row.save(update_fields=["label"])
    stays = ", ".join(map(str, kept))
    return f"The demo is removed, with {calls} calls." + (
        f" In use, so they stay: {stays}." if kept else ""
    )


def _ask(url: str, params: Mapping[str, str], at: datetime) -> str:
    address = parse_url(url, settings.PUBLIC_BASE_URL)
    if address is None:
        raise ValueError(f"{url} is not one of the panel's webhooks")
    callback = parse_callback(address, {name: [value] for name, value in params.items()})
    return answer(callback, at).twiml
