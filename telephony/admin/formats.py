"""How amounts and times are written in lists and on the call's page."""

import re
from decimal import Decimal

# Characters that turn the text around them; a caller's name may have any.
DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def in_reading_order(text: str) -> str:
    """Return text that others wrote so that it cannot turn what stands around it."""
    return DIRECTIONS.sub("", text)


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
