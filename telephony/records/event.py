"""A webhook as received: the fact from which call records are made."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property

from telephony.records.decision import RecordedDecision
from telephony.routing.results import FINAL_CALL_STATUSES, DialResult
from telephony.wire.callbacks import Callback, dial_result, is_of_leg
from telephony.wire.forms import Params, first, to_int
from telephony.wire.paths import Kind

# The fields that tell two webhooks of one call apart. A retry repeats them all; anything else
# in it may differ. Twilio's SequenceNumber alone is not enough: it is absent in many webhooks.
IDENTIFYING_FIELDS = (
    "CallSid",
    "SequenceNumber",
    "CallStatus",
    "DialCallSid",
    "DialCallStatus",
    "ErrorCode",
    "ErrorUrl",
)

STATUS_ORDER = ("", "queued", "initiated", "ringing", "in-progress")

# Twilio ends every call after 24 hours. Anything far longer is not a duration, and its cost would
# not fit its column.
LONGEST_CALL_S = 2 * 24 * 3600


@dataclass(frozen=True)
class Event:
    """One webhook and our answer to it; `decision` is None where nothing was asked of us.

    What a projection asks for again and again is worked out once.
    """

    identity: str
    kind: Kind
    call_sid: str
    leg_sid: str
    account_sid: str
    position: int | None
    index: int | None
    received_at: datetime
    params: Params
    decision: RecordedDecision | None = None

    def first(self, name: str) -> str:
        return first(self.params, name)

    @cached_property
    def status(self) -> str:
        """CallStatus: that of the caller's side, or in a leg's webhook that of the leg."""
        return self.first("CallStatus").lower()[:16]

    @cached_property
    def happened_at(self) -> datetime:
        """When Twilio says it happened; if Twilio does not say, when we heard of it.

        RFC 2822 is documented; ISO 8601 has been seen too, even as `2024-06-17 16:49:31 UTC`.
        """
        told = self.first("Timestamp").strip()
        for parse in (parsedate_to_datetime, datetime.fromisoformat):
            try:
                said = parse(told.removesuffix(" UTC"))
                return said.replace(tzinfo=UTC) if said.tzinfo is None else said.astimezone(UTC)
            except (ValueError, OverflowError):
                continue
        return self.received_at

    def seconds(self, name: str) -> int | None:
        """Return a duration, or None if there is none or no call can have lasted that long."""
        told = to_int(self.first(name))
        return told if told is not None and told <= LONGEST_CALL_S else None

    @cached_property
    def result(self) -> DialResult:
        return dial_result(self.kind, self.params)

    @property
    def is_of_leg(self) -> bool:
        return is_of_leg(self.kind, self.params)


def make_event(
    callback: Callback, received_at: datetime, decision: RecordedDecision | None
) -> Event:
    """Return what is kept of a webhook, with our answer to it."""
    return Event(
        identity=identify(callback, decision),
        kind=callback.kind,
        call_sid=callback.call.call_sid,
        leg_sid=callback.leg_sid,
        account_sid=callback.call.account_sid,
        position=callback.address.position,
        index=callback.address.index,
        received_at=received_at,
        params=callback.params,
        decision=decision,
    )


def status_rank(status: str) -> int:
    """A call only moves forward: a late `ringing` never reopens a finished one."""
    if status == "completed":
        return len(STATUS_ORDER) + 1
    if status in FINAL_CALL_STATUSES:
        return len(STATUS_ORDER)
    return STATUS_ORDER.index(status) if status in STATUS_ORDER else 0


def identify(callback: Callback, decision: RecordedDecision | None) -> str:
    """Return the same 32 hex digits for a webhook and its retries that were answered alike.

    A retry that was decided differently, because the configuration had changed, is another event:
    every answer that Twilio was given is kept.
    """
    address, params = callback.address, callback.params
    parts = [address.kind.value, str(address.position), str(address.index)]
    parts += [first(params, name) for name in IDENTIFYING_FIELDS]
    if decision is not None:
        parts += decision.told
    text = "\x1f".join(parts).encode("utf-8", "surrogateescape")
    return hashlib.sha256(text).hexdigest()[:32]
