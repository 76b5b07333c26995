"""Counts the webhooks that are refused for their signature: in memory, and then in the database.

Whoever refuses only counts. The recorder's thread adds what was counted to one row an hour and
reason, at most once a second, so that a flood costs a handful of writes. While the database is
away the counts stay in memory.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Mapping

from django.db import connection
from django.utils import timezone

from telephony.database import tell, watch
from telephony.models import RefusedWebhooks
from telephony.records.table import add_up
from telephony.wire.signature import looks_signed

logger = logging.getLogger(__name__)

# Seconds between two additions.
EVERY_S = 1.0

NO_SIGNATURE, MALFORMED, STRANGER = "no-signature", "malformed", "another-account"
WRONG, NO_SECRET = "wrong", "no-secret"
# Those that Twilio's own webhooks can have. The others are noise: strangers scan the internet.
ALARMING: Mapping[str, str] = {
    WRONG: "signed with another token or key, or for another address than PUBLIC_BASE_URL",
    NO_SECRET: "no token is set for this account",
}


class Refusals:
    """`count` may be called by any thread, `fold` by one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._fold_at = 0.0
        self._has_failed = False

    def count(
        self, account_sid: str, signature: str | None, *, is_ours: bool, has_secret: bool
    ) -> None:
        """Count one refusal. Accounts that are not ours are not told apart: there is no end of them."""
        reason = _classify(signature, is_ours=is_ours, has_secret=has_secret)
        with self._lock:
            self._counts[reason, account_sid if reason in ALARMING else ""] += 1

    def fold(self) -> None:
        """Add what was counted to the database, unless that was done within the last second."""
        if not self._counts or time.monotonic() < self._fold_at:
            return
        with self._lock:
            counts, self._counts = self._counts, Counter()
        self._fold_at = time.monotonic() + EVERY_S
        try:
            with watch.over("counting refused webhooks"):
                _add(counts)
        except Exception as error:  # webhooks are stored all the same
            connection.close()
            with self._lock:
                self._counts.update(counts)
            if not self._has_failed:
                logger.error("refused webhooks cannot be counted: %s", tell(error))
            self._has_failed = True
        else:
            self._has_failed = False


def _classify(signature: str | None, *, is_ours: bool, has_secret: bool) -> str:
    if not signature:
        return NO_SIGNATURE
    if not looks_signed(signature):
        return MALFORMED
    if not is_ours:
        return STRANGER
    return WRONG if has_secret else NO_SECRET


def _add(counts: Mapping[tuple[str, str], int]) -> None:
    now = timezone.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    # In one order, so that two processes cannot wait for each other.
    rows = [
        (hour, reason, account, count, now) for (reason, account), count in sorted(counts.items())
    ]
    unique = ("hour", "reason", "account_sid")
    add_up(RefusedWebhooks, (*unique, "count", "last_at"), rows, unique=unique, added="count")


refusals = Refusals()
