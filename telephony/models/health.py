"""Whether each Asterisk server answers, as calls and probes have shown: shared by all processes."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from telephony.models.endpoints import AsteriskServer
from telephony.routing.breaker import WELL, Health, Limits, Sign, after

NAMES = tuple(field.name for field in fields(Health))


def breaker_limits() -> Limits:
    return Limits(settings.BREAKER_FAILURES, settings.BREAKER_SUCCESSES, settings.BREAKER_PAUSE_S)


class ServerHealth(models.Model):
    """One row a server, from its first failure on. `revision` counts its changes."""

    server = models.OneToOneField(
        AsteriskServer, on_delete=models.CASCADE, primary_key=True, related_name="health"
    )
    revision = models.BigIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    probe_failures = models.PositiveIntegerField(default=0)
    successes = models.PositiveIntegerField(default=0)
    openings = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(null=True)
    open_until = models.DateTimeField(null=True)
    calls = models.JSONField(null=True)

    class Meta:
        verbose_name = "health of a server"
        verbose_name_plural = "health of servers"
        constraints = [
            models.CheckConstraint(
                condition=Q(opened_at__isnull=True, open_until__isnull=True)
                | Q(opened_at__isnull=False, open_until__gt=F("opened_at")),
                name="serverhealth_is_open_from_until",
            )
        ]

    def __str__(self) -> str:
        return f"health of {self.server}"

    def as_health(self) -> Health:
        values = {name: getattr(self, name) for name in NAMES}
        return Health(**{**values, "calls": tuple(map(tuple, self.calls or ()))})

    @classmethod
    def load(cls) -> Mapping[str, Health]:
        """Return the servers of which something is known that matters, by name."""
        pristine = {"failures": 0, "probe_failures": 0, "openings": 0, "open_until": None}
        rows = cls.objects.select_related("server").exclude(**pristine)
        return {row.server.name: row.as_health() for row in rows}

    @classmethod
    def fold(cls, signs: Iterable[Sign]) -> None:
        """Add these signs to what is known, whoever else does so at the same time."""
        by_server: dict[str, list[Sign]] = {}
        for sign in signs:
            by_server.setdefault(sign.server, []).append(sign)
        for server in AsteriskServer.objects.filter(name__in=by_server):
            while not cls._try_to_fold(server, by_server[server.name]):
                pass

    @classmethod
    def _try_to_fold(cls, server: AsteriskServer, signs: Iterable[Sign]) -> bool:
        """Return False if the row was not there yet, or somebody else has changed it meanwhile."""
        row = cls.objects.filter(server=server).first()
        health = known = row.as_health() if row else WELL
        for sign in signs:
            health = after(health, sign, breaker_limits())
        if health == known:
            return True
        if row is None:
            cls.objects.get_or_create(server=server)
            return False
        unchanged = cls.objects.filter(server=server, revision=row.revision)
        return bool(unchanged.update(revision=row.revision + 1, **asdict(health)))
