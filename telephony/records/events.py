"""A webhook as received: the fact from which call records are made."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import chain
from typing import Any

from telephony.routing.results import FINAL_CALL_STATUSES, DialResult
from telephony.webhooks.callbacks import dial_result, first, to_int

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

# Twilio ends every call after 24 hours. What is far longer is no duration, and its cost would
# not fit its column.
LONGEST_CALL_S = 2 * 24 * 3600

# What neither XML nor PostgreSQL can hold: NUL, and bytes that were not UTF-8.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Event:
    """One webhook and our answer to it; `decision` is None where nothing was asked of us."""

    identity: str
    kind: str
    call_sid: str
    leg_sid: str
    account_sid: str
    position: int | None
    index: int | None
    received_at: datetime
    params: Mapping[str, Sequence[str]]
    decision: Mapping[str, Any] | None = None

    def first(self, name: str) -> str:
        return first(self.params, name)

    @property
    def status(self) -> str:
        """CallStatus: the caller's side's, or in a leg's webhook the leg's."""
        return self.first("CallStatus").lower()[:16]

    @property
    def happened_at(self) -> datetime:
        """When Twilio says it happened; when we heard of it, where Twilio does not say."""
        try:
            said = parsedate_to_datetime(self.first("Timestamp"))
            return said.replace(tzinfo=UTC) if said.tzinfo is None else said.astimezone(UTC)
        except (ValueError, OverflowError):
            return self.received_at

    def seconds(self, name: str) -> int | None:
        """A duration, None where there is none or no call can have lasted so long."""
        told = to_int(self.first(name))
        return told if told is not None and told <= LONGEST_CALL_S else None

    @property
    def result(self) -> DialResult:
        return dial_result(self.kind, self.params)


def status_rank(status: str) -> int:
    """A call only moves forward: a late `ringing` never reopens a finished one."""
    if status == "completed":
        return len(STATUS_ORDER) + 1
    if status in FINAL_CALL_STATUSES:
        return len(STATUS_ORDER)
    return STATUS_ORDER.index(status) if status in STATUS_ORDER else 0


def identify(
    kind: str, position: int | None, index: int | None, params: Mapping[str, Sequence[str]]
) -> str:
    """Return the same 32 hex digits for a webhook and its retries, others for any other of its call."""
    parts = [kind, str(position), str(index)]
    for name in IDENTIFYING_FIELDS:
        values = params.get(name)
        parts.append(values[0] if values else "")
    text = "\x1f".join(parts).encode("utf-8", "surrogateescape")
    return hashlib.sha256(text).hexdigest()[:32]


def storable(params: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
    """Return the fields with what no database can hold made visible as U+FFFD."""
    if not any(map(UNSTORABLE.search, chain(params, *params.values()))):
        return params
    return {
        UNSTORABLE.sub("\ufffd", name): [UNSTORABLE.sub("\ufffd", value) for value in values]
        for name, values in params.items()
    }
