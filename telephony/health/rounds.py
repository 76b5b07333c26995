"""Rounds of probes: which servers are asked, and what is kept of their answers."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import Error as DatabaseTrouble
from django.db import IntegrityError, connections, transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from telephony.database import tell, watch
from telephony.health.probe import Result, Target, probe_all
from telephony.models import AsteriskServer, ProbeHour, ServerHealth
from telephony.routing.breaker import Sign

logger = logging.getLogger(__name__)

KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Probed:
    """A server, and how its probe went."""

    server_id: int
    name: str
    target: Target
    result: Result

    def __str__(self) -> str:
        return f"{self.name} {self.target} {told(self.result)}"


def told(result: Result) -> str:
    """Return a result for people: `alive 200 in 4 ms`, or `dead: ` and the reason."""
    if not result.is_alive:
        return f"dead: {result.reason}"
    warning = f" ({result.warning})" if result.warning else ""
    return f"alive {result.status} in {result.latency_ms} ms{warning}"


def load_servers() -> list[AsteriskServer]:
    """Return all servers, also those out of service: their maintenance ends when they answer."""
    return list(AsteriskServer.objects.only("pk", "name", "host", "port", "transport"))


def probe_servers(servers: Sequence[AsteriskServer], timeout_s: float) -> list[Probed]:
    targets = [Target(server.host, server.port, server.transport) for server in servers]
    results = probe_all(targets, timeout_s)
    rows = zip(servers, targets, results, strict=True)
    return [Probed(server.pk, server.name, target, result) for server, target, result in rows]


def was_probed_within(age: timedelta, now: datetime) -> bool:
    # What was probed in the future was so by a clock that was wrong.
    return ProbeHour.objects.filter(last_probed_at__range=(now - age, now + age)).exists()


def keep(probes: Sequence[Probed], now: datetime) -> None:
    """Store what the probes said, and let calls go by it. Raises django.db.Error."""
    for probed in probes:
        try:
            with transaction.atomic():
                _fold(probed.server_id, probed.result, now)
        except IntegrityError as error:
            # Somebody has deleted the server meanwhile.
            logger.warning("the probe of %s is not kept: %s", probed.name, tell(error))
    ServerHealth.fold(
        Sign(probed.name, probed.result.is_alive, now, is_probe=True)
        for probed in probes
        if probed.result.is_alive or _has_ever_answered(probed)
    )


def _has_ever_answered(probed: Probed) -> bool:
    """Whether silence says anything: a firewall that knows Twilio only keeps our probes out."""
    return ProbeHour.objects.filter(server_id=probed.server_id, answered__gt=0).exists()


def _fold(server_id: int, result: Result, now: datetime) -> None:
    """Add a probe to its server's hour, whoever else does the same."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    row, is_new = ProbeHour.objects.get_or_create(
        server_id=server_id, hour=hour, defaults={"last_probed_at": now}
    )
    latency_ms = result.latency_ms or 0
    rows = ProbeHour.objects.filter(pk=row.pk)
    rows.update(
        answered=F("answered") + int(result.is_alive),
        unanswered=F("unanswered") + int(not result.is_alive),
        latency_ms_sum=F("latency_ms_sum") + latency_ms,
        latency_ms_max=Greatest(F("latency_ms_max"), latency_ms),
    )
    rows.filter(last_probed_at__lte=now).update(
        last_probed_at=now,
        last_status=result.status,
        last_latency_ms=result.latency_ms,
        last_reason=result.reason[:255],
        last_warning=result.warning[:255],
    )
    if is_new:
        ProbeHour.objects.filter(server_id=server_id, hour__lt=now - KEPT).delete()


class Rounds:
    """Probes round after round; while the database is away, the servers that were last read."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._servers: list[AsteriskServer] = []
        self._is_down = False

    def run(self) -> list[Probed]:
        """Read the servers, probe them and keep what they said."""
        trouble = _try(self._read)
        probes = probe_servers(self._servers, self._timeout_s)
        trouble = trouble or _try(partial(keep, probes, timezone.now()))
        if trouble and not self._is_down:
            logger.error("the database takes no probes, they go on without it: %s", tell(trouble))
        if self._is_down and not trouble:
            logger.warning("the database takes probes again")
        self._is_down = trouble is not None
        return probes

    def _read(self) -> None:
        self._servers = load_servers()


def _try(step: Callable[[], None]) -> DatabaseTrouble | None:
    try:
        with watch.over("probing"):
            step()
    except DatabaseTrouble as error:
        return error
    finally:
        # Between two rounds there is no connection that could break.
        connections.close_all()
    return None
