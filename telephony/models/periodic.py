"""When each periodic job last ran, and how it went."""

from datetime import datetime

from django.db import models
from django.db.models import Q


class PeriodicJob(models.Model):
    """One row for each job of `manage.py tick`. `result` is what it said, or its error."""

    name = models.CharField(max_length=64, primary_key=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    has_failed = models.BooleanField(default=False)
    result = models.CharField(max_length=255, blank=True)

    def __str__(self) -> str:
        return self.name

    def is_late(self, since: datetime) -> bool:
        """Whether it has not been begun since then."""
        return self.started_at is not None and self.started_at < since

    @classmethod
    def claim(cls, name: str, now: datetime, not_after: datetime) -> bool:
        """Take a job for oneself, unless somebody has begun it after `not_after`."""
        cls.objects.get_or_create(name=name)
        # What was begun in the future was so by a clock that was wrong.
        is_free = (
            Q(started_at=None)
            | Q(started_at__lt=not_after)
            | Q(started_at__gt=now + (now - not_after))
        )
        free = cls.objects.filter(is_free, name=name)
        return bool(free.update(started_at=now))
