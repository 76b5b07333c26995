"""How numbers, amounts and times are written in lists and on the call's page."""

import re
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.html import format_html
from django.utils.safestring import SafeString

from telephony.models.choices import CallOutcome
from telephony.routing.spelling import show_number

# How each outcome looks: a colour of the stylesheet, and a mark for those who do not see colours.
LOOKS = {
    CallOutcome.RINGING: ("going", "…"),
    CallOutcome.ANSWERED: ("good", "✓"),
    CallOutcome.FAILED_OVER: ("fair", "↪"),
    CallOutcome.UNANSWERED: ("bad", "✕"),
    CallOutcome.BUSY: ("bad", "⊘"),
    CallOutcome.CALLER_GONE: ("quiet", "↩"),
    CallOutcome.REJECTED: ("quiet", "⊘"),
    CallOutcome.UNKNOWN: ("quiet", "?"),
}
# Characters that turn the text around them; a caller's name may have any.
DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def number(text: str) -> str:
    """Return a telephone number as the panel's people write it; anything else stays as it is."""
    return show_number(text, settings.COUNTRY)


def in_reading_order(text: str) -> str:
    """Return text that others wrote so that it cannot turn what stands around it."""
    return DIRECTIONS.sub("", text)


def outcome_badge(outcome: str, words: str) -> SafeString:
    """Return how a call ended as a word, a mark and a colour, each of which says it alone."""
    look, mark = LOOKS[CallOutcome(outcome)]
    badge = '<span class="badge {}"><span aria-hidden="true">{}</span> {}</span>'
    return format_html(badge, look, mark, words)


def minutes(seconds: int | None) -> str:
    """Return m:ss."""
    return "" if seconds is None else f"{seconds // 60}:{seconds % 60:02d}"


def spelled(seconds: int) -> str:
    """Return 8 s, 2 min 14 s or 1 h 5 min, for sentences."""
    parts = {"h": seconds // 3600, "min": seconds // 60 % 60, "s": seconds % 60}
    return " ".join(f"{count} {unit}" for unit, count in parts.items() if count) or "0 s"


def duration(seconds: int) -> str:
    """Return m:ss, or hours and minutes from an hour on."""
    if seconds < 3600:
        return minutes(seconds)
    return f"{seconds // 3600:,} h {seconds % 3600 // 60} min"


def money(amount: Decimal | None, currency: str) -> str:
    """Return at least two decimals, more only where they say something.

    A call without a currency was never dialled, so there is no amount to speak of.
    """
    if amount is None or not currency:
        return ""
    text = f"{amount:.5f}"
    text = text[:-3] + text[-3:].rstrip("0")
    return f"{text} {currency}"


def rounded(amount: Decimal | None, currency: str) -> str:
    """Return two decimals, for lists."""
    if amount is None or not currency:
        return ""
    if 0 < amount < Decimal("0.005"):
        return f"< 0.01 {currency}"
    # Half a cent goes up, as people round.
    return f"{amount.quantize(Decimal('0.01'), ROUND_HALF_UP):,} {currency}"


def near(moment: datetime, now: datetime) -> str:
    """Return a moment as short as its distance allows: today 05:10, 2 Nov 05:10, 2 Nov 2025 05:10."""
    here, today = timezone.localtime(moment), timezone.localtime(now).date()
    if here.date() == today:
        return f"today {here:%H:%M}"
    if here.date() == today - timedelta(days=1):
        return f"yesterday {here:%H:%M}"
    return format_date(here, "j M H:i" if here.year == today.year else "j M Y H:i")


def exactly(moment: datetime) -> str:
    """Return a moment to the second, with its zone."""
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S %Z}"
