"""What a leg cost, and what it saved, rounded up to whole minutes as the carrier bills."""

from decimal import Decimal


def billed_minutes(talk_s: int) -> int:
    """Return the minutes begun; a leg that was not answered has none. Twilio bills each leg like this."""
    return -(-talk_s // 60)


def leg_cost(talk_s: int, rate: Decimal) -> Decimal:
    return billed_minutes(talk_s) * rate


def leg_saving(talk_s: int, rate: Decimal, forward_rate: Decimal | None) -> Decimal | None:
    """How much more a forwarded call would have cost; None if there is no fallback number."""
    return None if forward_rate is None else billed_minutes(talk_s) * (forward_rate - rate)
