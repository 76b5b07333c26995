"""Which servers do not answer, as this process knows it: from its own calls, and from all others.

A process goes by its own calls at once, and goes on by them alone while the database is away. The
thread that keeps the snapshot fresh tells the database what they have shown, and learns from it
what other processes, other machines and probes have.
"""

import logging
import threading
from collections import deque
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from django.utils import timezone

from telephony.models.health import ServerHealth, breaker_limits
from telephony.routing.breaker import WELL, Health, Sign, after

logger = logging.getLogger(__name__)

# Seconds within which a call that tries a server shows whether that answers: as long as it is
# likely to ring, and what Twilio adds.
TRIAL_S = 45
# Older signs say nothing of today: they have waited for the database.
FRESH = timedelta(minutes=2)
# What calls have shown, kept until the database takes it.
SIGNS_AT_MOST = 1000


class LiveHealth:
    """What is known of the servers that have failed lately; of all others nothing is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, Health] = {}
        self._untold: deque[Sign] = deque(maxlen=SIGNS_AT_MOST)
        self._trials: dict[str, datetime] = {}
        self._silent_until: Mapping[str, datetime] = MappingProxyType({})

    @property
    def silent_until(self) -> Mapping[str, datetime]:
        """Until when servers are passed over, by name. A new mapping after each change."""
        return self._silent_until

    def hear(self, sign: Sign) -> None:
        """Take in what a call has shown. Of a server that is well, a success tells nothing new."""
        with self._lock:
            changed = self._after(self._known, sign)
            if changed == self._known.get(sign.server, WELL):
                return
            self._untold.append(sign)
            self._trials.pop(sign.server, None)
            self._take({**self._known, sign.server: changed})

    def try_out(self, servers: Collection[str], now: datetime) -> None:
        """Let nobody else ring those of these servers that a call now tries, until it has shown more."""
        with self._lock:
            tried = [s for s in servers if self._known.get(s, WELL).is_half_open(now)]
            if tried:
                self._trials.update(dict.fromkeys(tried, now + timedelta(seconds=TRIAL_S)))
                self._take(self._known)

    def exchange(self) -> None:
        """Tell the database what calls have shown, and learn what it knows. Raises django.db.Error."""
        with self._lock:
            told = list(self._untold)
        now = timezone.now()
        ServerHealth.fold(sign for sign in told if abs(now - sign.at) < FRESH)
        stored = dict(ServerHealth.load())
        with self._lock:
            for sign in told:
                # One that came meanwhile may have pushed the oldest out.
                if self._untold and self._untold[0] is sign:
                    self._untold.popleft()
            for sign in self._untold:
                stored[sign.server] = self._after(stored, sign)
            self._take(stored)

    def _after(self, known: Mapping[str, Health], sign: Sign) -> Health:
        return after(known.get(sign.server, WELL), sign, breaker_limits())

    def _take(self, known: Mapping[str, Health]) -> None:
        before, self._known = self._known, {s: h for s, h in known.items() if h != WELL}
        self._tell(before)
        self._trials = {s: until for s, until in self._trials.items() if s in self._known}
        silent = {s: h.open_until for s, h in self._known.items() if h.open_until}
        for server, until in self._trials.items():
            silent[server] = max(until, silent.get(server, until))
        if silent != self._silent_until:
            self._silent_until = MappingProxyType(silent)

    def _tell(self, before: Mapping[str, Health]) -> None:
        for server in {*before, *self._known}:
            was, now = before.get(server, WELL), self._known.get(server, WELL)
            if was.is_closed and not now.is_closed:
                logger.warning("the server %s does not answer: calls pass it over", server)
            elif now.is_closed and not was.is_closed:
                logger.warning("the server %s answers again: calls ring it", server)


live_health = LiveHealth()
