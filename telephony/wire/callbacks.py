"""Parses what Twilio posts into typed callbacks. Unknown fields are kept; any value may be nonsense."""

from dataclasses import dataclass

from telephony.identifiers import CALL_SID
from telephony.routing.decision import Call
from telephony.routing.results import DialResult
from telephony.wire.forms import Params, first, to_int
from telephony.wire.paths import SCREEN_PATH, Address, Kind

# A field that the player adds, and Twilio does not know.
SIMULATED = "SwitchhookSimulated"
# Webhooks of a dialled side, where CallSid is the leg's and ParentCallSid the call's.
LEG_KINDS = frozenset({Kind.LEG, Kind.SCREEN, Kind.KEY})


@dataclass(frozen=True, slots=True)
class Callback:
    """One genuine webhook. `leg_sid` is the dialled side's CallSid, "" where none is named."""

    address: Address
    call: Call
    leg_sid: str
    result: DialResult
    params: Params

    @property
    def kind(self) -> Kind:
        return self.address.kind

    @property
    def error_code(self) -> int | None:
        return to_int(first(self.params, "ErrorCode"))

    @property
    def is_simulated(self) -> bool:
        return bool(first(self.params, SIMULATED))

    @property
    def sip_code(self) -> int | None:
        """The far side's last SIP code, in a leg's webhook."""
        return to_int(first(self.params, "SipResponseCode"))

    @property
    def error_url(self) -> str:
        """The URL whose answer has failed, in a voice-failed webhook."""
        return first(self.params, "ErrorUrl")


def parse_callback(address: Address, params: Params) -> Callback:
    """Return the typed callback. Raises ValueError naming the field that is missing or malformed."""
    sid = _read_sid(params, "CallSid")
    if not sid:
        raise ValueError("CallSid is missing")
    parent = _read_sid(params, "ParentCallSid")
    leg_sid = _read_sid(params, "DialCallSid")
    if is_of_leg(address.kind, params):
        sid, leg_sid = parent or sid, sid
    if address.kind is Kind.VOICE and "To" not in params:
        raise ValueError("To is missing: the request does not say which number was called")
    call = Call(
        call_sid=sid,
        account_sid=first(params, "AccountSid"),
        caller=first(params, "From"),
        called=first(params, "To"),
        forwarded_from=first(params, "ForwardedFrom"),
    )
    return Callback(address, call, leg_sid, dial_result(address.kind, params), params)


def is_of_leg(kind: Kind, params: Params) -> bool:
    """Whether a webhook speaks of a dialled side and not of the caller's."""
    if kind is not Kind.FAILED:
        return kind in LEG_KINDS
    return bool(first(params, "ParentCallSid")) or SCREEN_PATH in first(params, "ErrorUrl")


def dial_result(kind: Kind, params: Params) -> DialResult:
    """Return how a dial ended, as its action webhook tells it."""
    # In voice-failed the ErrorCode is that of the failed answer, not of a leg.
    error_code = None if kind is Kind.FAILED else to_int(first(params, "ErrorCode"))
    return DialResult(
        dial_status=first(params, "DialCallStatus").lower(),
        call_status=first(params, "CallStatus").lower(),
        bridged={"true": True, "false": False}.get(first(params, "DialBridged").lower()),
        sip_code=to_int(first(params, "DialSipResponseCode")),
        error_code=error_code,
    )


def _read_sid(params: Params, name: str) -> str:
    sid = first(params, name)
    if sid and not CALL_SID.fullmatch(sid):
        raise ValueError(f"{name} {sid[:40]!r} is not a call SID (CA and letters or digits)")
    return sid
