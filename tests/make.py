"""Makes what tests need, with one story as the default.

+12025550100 rings the endpoint myext on the server office, which Asterisk sends on to 099999999
over atapstn; if that fails, +59899999999 rings through Twilio. `make_` functions write rows; all
others return frozen values.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

from telephony import models
from telephony.records.decision import record_of
from telephony.records.event import Event, make_event
from telephony.routing.decision import Call, Progress
from telephony.routing.destinations import Destination, NumberDestination, SipDestination
from telephony.routing.directory import Directory, Number, Step
from telephony.webhooks.answer import ASKING, decide_on
from telephony.wire.callbacks import LEG_KINDS, parse_callback
from telephony.wire.forms import clean
from telephony.wire.paths import Address, Kind
from tests.environment import ACCOUNT_SID

CALL_SID = "CA00000000000000000000000000000001"
CALLER = "+12025550143"
NUMBER = "+12025550100"
MOBILE = "+59899999999"
PASSWORD = "office-digest-password"
START = datetime(2026, 11, 2, 12, 0, 0, tzinfo=UTC)

# What Twilio posts with every voice webhook.
FIELDS: Mapping[str, str] = {
    "AccountSid": ACCOUNT_SID,
    "ApiVersion": "2010-04-01",
    "CallSid": CALL_SID,
    "CallStatus": "ringing",
    "Called": NUMBER,
    "Caller": CALLER,
    "Direction": "inbound",
    "From": CALLER,
    "FromCity": "",
    "To": NUMBER,
}


def make_server(**fields: Any) -> models.AsteriskServer:
    return models.AsteriskServer.objects.create(
        **{"name": "office", "host": "pbx.example.com", **fields}
    )


def make_probe_hour(**fields: Any) -> models.ProbeHour:
    """One probe, which the server answered with 401 after 4 ms."""
    if "server" not in fields:
        fields["server"] = models.AsteriskServer.objects.first() or make_server()
    last = {"last_probed_at": START, "last_status": 401, "last_latency_ms": 4}
    sums = {"answered": 1, "latency_ms_sum": 4, "latency_ms_max": 4}
    return models.ProbeHour.objects.create(**{"hour": START, **sums, **last, **fields})


def make_endpoint(**fields: Any) -> models.SipEndpoint:
    if "server" not in fields:
        fields["server"] = models.AsteriskServer.objects.first() or make_server()
    user = fields.setdefault("user", "myext")
    defaults = {
        "username": f"switchhook-{user}",
        "password": PASSWORD,
        "dialled_number": "099999999",
        "trunk": "atapstn",
        "cost_per_minute": Decimal("0.1525"),
    }
    return models.SipEndpoint.objects.create(**{**defaults, **fields})


def make_fallback(**fields: Any) -> models.FallbackNumber:
    return models.FallbackNumber.objects.create(
        **{"e164": MOBILE, "cost_per_minute": Decimal("0.38"), **fields}
    )


def make_number(
    *route: models.SipEndpoint | models.FallbackNumber, **fields: Any
) -> models.PhoneNumber:
    """A number whose route rings these destinations one after the other."""
    number = models.PhoneNumber.objects.create(**{"e164": NUMBER, **fields})
    for position, destination in enumerate(route, start=1):
        make_step(number, destination, position=position)
    return number


def make_step(
    number: models.PhoneNumber,
    destination: models.SipEndpoint | models.FallbackNumber,
    **fields: Any,
) -> models.RouteStep:
    kind = "endpoint" if isinstance(destination, models.SipEndpoint) else "fallback_number"
    return models.RouteStep.objects.create(number=number, **{kind: destination}, **fields)


def make_story() -> models.PhoneNumber:
    """The story's number with its endpoint and its fallback number."""
    return make_number(make_endpoint(), make_fallback())


# Every destination that was made has a key of its own, by which a directory finds it again.
_made: dict[str, Destination] = {}
_keys: dict[str, str] = {}


def _with_key(kind: str, bare: Destination) -> Destination:
    # By how it is written: 0.38 equals 0.380, and a record shows which it was.
    written = f"{kind} {asdict(bare)}"
    if written not in _keys:
        _keys[written] = f"{kind}:{len(_keys) + 1}"
        _made[_keys[written]] = replace(bare, key=_keys[written])
    return _made[_keys[written]]


def sip(user: str = "myext", **fields: Any) -> SipDestination:
    defaults = {"label": user, "host": "pbx.example.com", "rate": Decimal("0.1525")}
    return _with_key("endpoint", SipDestination(key="", user=user, **{**defaults, **fields}))


def mobile(e164: str = MOBILE, **fields: Any) -> NumberDestination:
    defaults = {"label": "mobile", "rate": Decimal("0.38")}
    return _with_key("fallback", NumberDestination(key="", e164=e164, **{**defaults, **fields}))


def step(position: int, destination: Destination, **fields: Any) -> Step:
    return Step(position=position, key=destination.key, **fields)


def destination(step: Step) -> Destination:
    """The destination that was made for a step."""
    return _made[step.key]


def number(*steps: Step | Destination, **fields: Any) -> Number:
    """A number with these steps; a bare destination stands at the next position."""
    planned: list[Step] = []
    for item in steps:
        after = planned[-1].position if planned else 0
        planned.append(item if isinstance(item, Step) else step(after + 1, item))
    defaults = {"e164": NUMBER, "account_sid": ACCOUNT_SID}
    return Number(steps=tuple(planned), **{**defaults, **fields})


def directory(*numbers: Number, **fields: Any) -> Directory:
    by_key = {(n.e164, n.account_sid): n for n in numbers}
    destinations = {s.key: _made[s.key] for n in numbers for s in n.steps}
    return Directory(**{"revision": 7, "numbers": by_key, "destinations": destinations, **fields})


def call(caller: str = CALLER, called: str = NUMBER, **fields: Any) -> Call:
    defaults = {"call_sid": CALL_SID, "account_sid": ACCOUNT_SID}
    return Call(caller=caller, called=called, **{**defaults, **fields})


def event(webhook: str, *, at_s: float = 0, live: Directory | None = None, **fields: Any) -> Event:
    """The event of a webhook such as `voice/2`, with the decision that would have answered it."""
    address = _parse(webhook)
    live = directory(number(sip(), mobile())) if live is None else live
    params = {name: [str(value)] for name, value in _fields(address, fields, live).items()}
    callback = parse_callback(address, clean(params))
    received_at = START + timedelta(seconds=at_s)
    recorded = None
    if address.kind in ASKING:
        recorded = record_of(decide_on(callback, live, received_at), live)
    return make_event(callback, received_at, recorded)


def events(text: str, live: Directory | None = None) -> list[Event]:
    """Events from a table: seconds since the start, webhook, fields as NAME=VALUE."""
    made = []
    for line in filter(None, map(str.strip, text.splitlines())):
        at_s, webhook, *pairs = line.split()
        fields = dict(pair.split("=", 1) for pair in pairs)
        if webhook.startswith(("leg", "status")):
            fields.setdefault("Timestamp", format_datetime(START + timedelta(seconds=int(at_s))))
        made.append(event(webhook, at_s=int(at_s), live=live, **fields))
    return made


def moved(event: Event, by: timedelta, **fields: Any) -> Event:
    """The same event at another time, and with other values."""
    params = dict(event.params)
    if "Timestamp" in params:
        params["Timestamp"] = [format_datetime(event.happened_at + by)]
    return replace(event, received_at=event.received_at + by, params=params, **fields)


def _parse(webhook: str) -> Address:
    name, *places = webhook.split("/")
    position, index = (*map(int, places), None, None)[:2]
    kind = Kind(name)
    if kind is Kind.VOICE and position is not None:
        return Address(Kind.ACTION, position, progress=Progress(position))
    return Address(kind, position, index)


def _fields(address: Address, fields: Mapping[str, Any], live: Directory) -> dict[str, Any]:
    given: dict[str, Any] = dict(FIELDS)
    if address.kind in LEG_KINDS:
        given |= {
            "CallSid": leg_sid(address.position, address.index),
            "ParentCallSid": CALL_SID,
            "From": NUMBER,
            "To": _dialled(address, live),
        }
    given |= fields
    return {name: value for name, value in given.items() if value is not None}


def _dialled(address: Address, live: Directory) -> str | None:
    """The To of a leg at this place in the route, where somebody stands there."""
    steps = [s for n in live.numbers.values() for s in n.steps if s.position == address.position]
    index = address.index or 0
    return live.destinations[steps[index].key].uri.partition(";")[0] if index < len(steps) else None


def leg_sid(position: int | None = None, index: int | None = None) -> str:
    """The SID of the leg at a place in the route, as the tables write it."""
    return f"CAleg{position}{'' if index is None else 'abcdefghij'[index]}"


def params(fields: Mapping[str, str | Iterable[str]]) -> dict[str, list[str]]:
    return {n: [value] if isinstance(value, str) else list(value) for n, value in fields.items()}
