"""How amounts and times are written in lists and on the call's page."""

from decimal import Decimal


def minutes(seconds: int | None) -> str:
    """Return m:ss."""
    return "" if seconds is None else f"{seconds // 60}:{seconds % 60:02d}"


def money(amount: Decimal | None, currency: str) -> str:
    """Return at least two decimals, more only where they say something.

    A call without a currency was never dialled, so there is no amount to speak of.
    """
    if amount is None or not currency:
        return ""
    text = f"{amount:.5f}"
    text = text[:-3] + text[-3:].rstrip("0")
    return f"{text} {currency}"
