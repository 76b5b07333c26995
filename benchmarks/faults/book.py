"""What was posted and what came back, and whether the database has it."""

import json
import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import connection

from telephony.models import CallEvent, CallRecord
from telephony.records.outcome import CallEnd

ANSWERED: tuple[CallEnd, ...] = ("answered", "failed-over")


@dataclass
class Call:
    """One call as Twilio saw it. `kept` are the webhooks that were answered with 200."""

    kept: set[str] = field(default_factory=set)
    failed: int = 0
    is_over: bool = False
    was_answered: bool = False


@dataclass
class Balance:
    """What does not add up. `unanswered` calls got no answer from the fallback URL either."""

    calls: int = 0
    webhooks: int = 0
    unanswered: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    longest_s: float = 0.0

    @property
    def is_even(self) -> bool:
        return not (self.unanswered or self.lost or self.doubled or self.wrong)


class Book:
    """Written by the threads that play calls."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: dict[str, Call] = defaultdict(Call)
        self._unanswered = 0
        self._longest_s = 0.0

    def note(self, fields: Mapping[str, str], *, is_kept: bool, waited_s: float) -> None:
        sid = fields.get("ParentCallSid") or fields["CallSid"]
        with self._lock:
            self._longest_s = max(self._longest_s, waited_s)
            if is_kept:
                self._calls[sid].kept.add(_same(fields))
            else:
                self._calls[sid].failed += 1

    def note_end(self, sid: str, *, was_answered: bool) -> None:
        with self._lock:
            self._calls[sid].is_over, self._calls[sid].was_answered = True, was_answered

    def note_unanswered(self) -> None:
        with self._lock:
            self._unanswered += 1

    def count_missing(self) -> int:
        """Return how many webhooks of those that were answered the database does not have."""
        return self.balance().lost

    def balance(self) -> Balance:
        """Hold the book against the database."""
        # The connection of the last time may have died with the database.
        connection.close()
        stored: dict[str, list[str]] = defaultdict(list)
        for sid, params in CallEvent.objects.filter(call_sid__in=self._calls).values_list(
            "call_sid", "params"
        ):
            stored[sid].append(_same({name: values[0] for name, values in params.items()}))
        outcomes = dict(CallRecord.objects.filter(pk__in=self._calls).values_list("pk", "outcome"))
        balance = Balance(len(self._calls), unanswered=self._unanswered, longest_s=self._longest_s)
        for sid, call in self._calls.items():
            there = stored[sid]
            balance.webhooks += len(call.kept)
            balance.lost += len(call.kept - set(there))
            balance.doubled += len(there) - len(set(there))
            # Where Twilio was answered every time, the record must say what happened.
            if call.is_over and not call.failed:
                balance.wrong += (outcomes.get(sid) in ANSWERED) != call.was_answered
        return balance


def _same(fields: Mapping[str, str]) -> str:
    return json.dumps(fields, sort_keys=True)
