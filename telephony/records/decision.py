"""A decision as it is kept with the webhook that asked for it: written and parsed here, and nowhere else.

It holds no secrets and no sentences: destinations by key, reasons as codes with values, and the rates
of the day, so that later changes do not rewrite history.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from telephony.routing.decision import AskForKey, Decision, Dial, Hangup, Reject, Say
from telephony.routing.destinations import Destination, NumberDestination, SipDestination
from telephony.routing.directory import Directory
from telephony.routing.reasons import Obstacle, PassedOver, Reason, Why, because

Verb = Literal["dial", "say", "ask", "reject", "hangup"]


@dataclass(frozen=True, slots=True)
class RungDestination:
    """One side that was dialled; `rate` is what a minute cost on that day.

    If `ask_for_key`, whoever picked up was to press a key before the call was put through.
    """

    key: str
    kind: Literal["sip", "number"]
    label: str
    uri: str
    rate: Decimal
    ask_for_key: bool = False


@dataclass(frozen=True, slots=True)
class RecordedDial:
    """`forward_rate` is what a minute would have cost without Asterisk, None if that was unknown."""

    position: int
    destinations: tuple[RungDestination, ...]
    ring_s: int
    caller_id: str
    currency: str
    forward_rate: Decimal | None


@dataclass(frozen=True, slots=True)
class RecordedDecision:
    """What Twilio was told. `dial` is set if `verb` is dial.

    `because` is the outcome that ended the call, or what was said: busy or unavailable.
    """

    verb: Verb
    revision: int
    reasons: tuple[Reason, ...]
    passed_over: tuple[PassedOver, ...] = ()
    because: str = ""
    message: str = ""
    dial: RecordedDial | None = None

    @property
    def told(self) -> list[str]:
        """What Twilio was told to do, without the reasons; it tells two answers apart."""
        parts = [self.verb, self.message]
        if dial := self.dial:
            parts += [str(dial.position), str(dial.ring_s), dial.caller_id]
            parts += [
                rung.uri + (" with a key" if rung.ask_for_key else "") for rung in dial.destinations
            ]
        return parts


def record_of(decision: Decision, directory: Directory) -> RecordedDecision:
    """Return what is kept of a decision that was made on this directory."""
    revision, reasons = directory.revision, decision.reasons
    match decision:
        case Dial():
            dial = _record_dial(decision, directory.currency)
            return RecordedDecision("dial", revision, reasons, decision.passed_over, dial=dial)
        case Say(message=message, because=said, passed_over=passed_over):
            return RecordedDecision("say", revision, reasons, passed_over, said, message)
        case AskForKey(message=message):
            return RecordedDecision("ask", revision, reasons, message=message)
        case Reject():
            return RecordedDecision("reject", revision, reasons)
        case Hangup(because=outcome):
            return RecordedDecision("hangup", revision, reasons, because=outcome or "")


def _record_dial(dial: Dial, currency: str) -> RecordedDial:
    return RecordedDial(
        position=dial.position,
        destinations=tuple(map(_record_destination, dial.destinations)),
        ring_s=dial.ring_s,
        caller_id=dial.caller_id,
        currency=currency,
        forward_rate=dial.forward_rate,
    )


def _record_destination(destination: Destination) -> RungDestination:
    return RungDestination(
        key=destination.key,
        kind="sip" if isinstance(destination, SipDestination) else "number",
        label=destination.label,
        uri=destination.uri,
        rate=destination.rate,
        ask_for_key=isinstance(destination, NumberDestination) and destination.ask_for_key,
    )


def dump_decision(decision: RecordedDecision) -> dict[str, Any]:
    """Return plain data for a JSON column; parse_decision() reads it back."""
    data: dict[str, Any] = {
        "verb": decision.verb,
        "revision": decision.revision,
        "reasons": [{"code": r.code.value, **dict(r.values)} for r in decision.reasons],
    }
    if decision.passed_over:
        data["passed_over"] = [
            {"key": p.key, "label": p.label, "position": p.position, "obstacle": p.obstacle.value}
            for p in decision.passed_over
        ]
    data |= {"because": str(decision.because)} if decision.because else {}
    data |= {"message": decision.message} if decision.message else {}
    if decision.dial:
        data["dial"] = _dump_dial(decision.dial)
    return data


def _dump_dial(dial: RecordedDial) -> dict[str, Any]:
    return {
        "position": dial.position,
        "ring_s": dial.ring_s,
        "caller_id": dial.caller_id,
        "currency": dial.currency,
        "forward_rate": None if dial.forward_rate is None else str(dial.forward_rate),
        "destinations": list(map(_dump_destination, dial.destinations)),
    }


def _dump_destination(rung: RungDestination) -> dict[str, Any]:
    data: dict[str, Any] = {"key": rung.key, "kind": rung.kind, "label": rung.label}
    data |= {"uri": rung.uri, "rate": str(rung.rate)}
    return data | ({"ask_for_key": True} if rung.ask_for_key else {})


def parse_decision(data: Mapping[str, Any]) -> RecordedDecision:
    """Return the decision. Raises KeyError, ValueError or TypeError for data that is not one.

    What was kept before there were codes has `step` for the verb, a dial's values beside it, and
    its reasons in words.
    """
    if "step" in data:
        return _parse_worded(data)
    return RecordedDecision(
        verb=data["verb"],
        revision=data["revision"],
        reasons=tuple(map(_parse_reason, data["reasons"])),
        passed_over=tuple(map(_parse_passed_over, data.get("passed_over", ()))),
        because=data.get("because", ""),
        message=data.get("message", ""),
        dial=_parse_dial(data["dial"]) if "dial" in data else None,
    )


def _parse_reason(data: Mapping[str, Any]) -> Reason:
    values = {name: value for name, value in data.items() if name != "code"}
    return because(Why(data["code"]), **values)


def _parse_passed_over(data: Mapping[str, Any]) -> PassedOver:
    return PassedOver(data["key"], data["label"], data["position"], Obstacle(data["obstacle"]))


def _parse_dial(data: Mapping[str, Any]) -> RecordedDial:
    rate = data["forward_rate"]
    return RecordedDial(
        position=data["position"],
        destinations=tuple(map(_parse_destination, data["destinations"])),
        ring_s=data["ring_s"],
        caller_id=data["caller_id"],
        currency=data["currency"],
        forward_rate=None if rate is None else Decimal(rate),
    )


def _parse_destination(data: Mapping[str, Any]) -> RungDestination:
    return RungDestination(
        key=data.get("key", ""),
        kind=data["kind"],
        label=data["label"],
        uri=data["uri"],
        rate=Decimal(data["rate"]),
        ask_for_key=data.get("ask_for_key", False),
    )


def _parse_worded(data: Mapping[str, Any]) -> RecordedDecision:
    told = [data["reason"], *data.get("passed_over", ())]
    return RecordedDecision(
        verb=data["step"],
        revision=data["revision"],
        reasons=tuple(because(Why.TOLD, text=text) for text in told),
        because=data.get("because") or "",
        message=data.get("message", ""),
        dial=_parse_dial(data) if data["step"] == "dial" else None,
    )
