"""Reads a number's past calls for a backtest, the newest first, for as long as there is time."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from telephony.models import CallLeg, CallRecord
from telephony.models.choices import CallOutcome
from telephony.records.criteria import Criteria, Key, key_of
from telephony.records.search import find
from telephony.rehearsal.backtest import PastCall, course_by, course_then, in_service
from telephony.rehearsal.seen import PastLeg
from telephony.rehearsal.tally import Tally
from telephony.routing.directory import Directory, Number

# Calls in memory at once. A block of them takes some 50 ms.
AT_ONCE = 250
LEG_FIELDS = tuple(name for name in PastLeg.__slots__ if name != "key")


@dataclass(frozen=True, slots=True)
class Backtest:
    """`stopped` is where the time was up, None if there are no more calls.

    `is_rehearsed`: no real call was found, so those that were rehearsed stand for them.
    """

    tally: Tally
    stopped: Key | None
    is_rehearsed: bool


def backtest(
    directory: Directory,
    number: Number,
    calls: Criteria,
    beyond: Key | None,
    seconds: float,
) -> Backtest:
    """Send the calls older than a key through a number's route; `directory` is the one it is in."""
    directory = in_service(directory)
    until = time.monotonic() + seconds
    tallies = {kind: Tally(directory.currency) for kind in (False, True)}
    while True:
        found = find(calls, beyond=beyond, at_most=AT_ONCE)
        over = [record for record in found.calls if record.outcome != CallOutcome.RINGING]
        for record, call in zip(over, _past(over), strict=True):
            then = course_then(call)
            now = course_by(directory, number, call, then)
            tallies[record.is_simulated].add(call, then, now)
        beyond = key_of(found.calls[-1]) if found.calls else beyond
        if found.is_end or time.monotonic() > until:
            is_rehearsed = not tallies[False].calls and tallies[True].calls > 0
            stopped = None if found.is_end else beyond
            return Backtest(tallies[is_rehearsed], stopped, is_rehearsed)


def _past(records: Iterable[CallRecord]) -> Iterator[PastCall]:
    records = list(records)
    legs: dict[str, list[PastLeg]] = {record.pk: [] for record in records}
    rows = CallLeg.objects.filter(call__in=list(legs)).order_by("call", "position", "index", "pk")
    for sid, key, *values in rows.values_list("call_id", "destination_key", *LEG_FIELDS):
        legs[sid].append(PastLeg(key, *values))
    for record in records:
        yield PastCall(
            call_sid=record.pk,
            started_at=record.started_at,
            caller=record.caller,
            forwarded_from=record.forwarded_from,
            outcome=record.outcome,
            cost=record.cost,
            currency=record.currency,
            legs=tuple(legs[record.pk]),
        )
