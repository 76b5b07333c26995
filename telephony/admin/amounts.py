"""Says what a call cost in started minutes, and what it saved against what.

Rates are found again from what was kept: a leg costs its rate for each started minute.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from telephony.admin.formats import money
from telephony.ledger import billed_minutes
from telephony.models import CallLeg, CallRecord
from telephony.records.scene import LegKey, Side


def describe_cost(
    call: CallRecord, legs: Sequence[CallLeg], sides: Mapping[LegKey, Side], *, is_going_on: bool
) -> str:
    """Return what all legs cost together; each side that was on the line with its minutes."""
    verb = "would have cost" if call.is_simulated else "cost"
    if is_going_on:
        return "what it costs is known when it is over" if call.dials else ""
    if call.cost is None:
        return f"what it {verb} is not known"
    billed = [leg for leg in legs if leg.cost is not None and billed_minutes(leg.talk_s or 0)]
    if not billed:
        return f"it {verb} nothing" if call.dials else ""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for leg in billed:
        sums[currency_of(call, leg, sides)] += leg.cost or Decimal(0)
    total = " and ".join(money(amount, currency) for currency, amount in sums.items())
    parts = [
        describe_minutes(call, leg, sides) + (f" of {leg.label or leg.uri}" if billed[1:] else "")
        for leg in billed
    ]
    return f"it {verb} {total}: {', '.join(parts)}"


def describe_minutes(call: CallRecord, leg: CallLeg, sides: Mapping[LegKey, Side]) -> str:
    started = billed_minutes(leg.talk_s or 0)
    rate = money((leg.cost or Decimal(0)) / started, currency_of(call, leg, sides))
    return f"{count_minutes(started)} at {rate}"


def describe_saving(call: CallRecord, legs: Sequence[CallLeg], sides: Mapping[LegKey, Side]) -> str:
    """Return what the leg that talked saved against the fallback number, which Twilio would have rung."""
    winner = next((leg for leg in legs if leg.is_answered), None)
    if winner is None or winner.saved is None or winner.cost is None:
        return ""
    started = billed_minutes(winner.talk_s or 0)
    if not started:
        return ""
    currency = currency_of(call, winner, sides)
    forwarded = winner.cost + winner.saved
    compared = (
        f"forwarded through Twilio to the route's fallback number, {count_minutes(started)} would "
        f"have cost {money(forwarded, currency)} at {money(forwarded / started, currency)}"
    )
    difference = money(abs(winner.saved), currency)
    if winner.saved == 0:
        return f"{compared}, which is as much"
    if call.is_simulated:
        return f"{compared}, so this would be {difference} {'less' if winner.saved > 0 else 'more'}"
    return f"{compared}, so {difference} {'was saved' if winner.saved > 0 else 'more was paid'}"


def count_minutes(started: int) -> str:
    return f"{started} started minute{'s' if started > 1 else ''}"


def currency_of(call: CallRecord, leg: CallLeg, sides: Mapping[LegKey, Side]) -> str:
    """Return the currency of the day on which a leg was dialled."""
    side = sides.get((leg.position, leg.index, leg.leg_sid), Side())
    return side.currency or call.currency
