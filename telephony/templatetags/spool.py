"""What the start page says of work in the background: what waits, periodic jobs, and alerts."""

from dataclasses import dataclass
from datetime import timedelta

from django import template
from django.conf import settings
from django.utils import timezone

from telephony.health.alerts.survey import On, find_on
from telephony.models import PeriodicJob
from telephony.records.survey import find_waiting, read_refused

register = template.Library()

# Seconds after which a webhook that waits is worth a word. Usually it is milliseconds.
LATE_S = 60


@dataclass(frozen=True, slots=True)
class SpoolState:
    """`late_bytes` is the size of journals that have waited for long; `trouble` why that is unknown."""

    late_bytes: int = 0
    refused: int = 0
    trouble: str = ""


@register.simple_tag
def spool_state() -> SpoolState:
    folder = settings.SPOOL_DIR
    try:
        late = sum(journal.size for journal in find_waiting(folder) if journal.age_s > LATE_S)
        return SpoolState(late, sum(1 for _ in read_refused(folder)))
    except OSError as error:
        return SpoolState(trouble=str(error))


@register.simple_tag
def troubled_jobs() -> list[PeriodicJob]:
    """Return the periodic jobs that have failed, or that have not run for an hour though they did before."""
    late = timezone.now() - timedelta(hours=1)
    return [job for job in PeriodicJob.objects.all() if job.has_failed or job.is_late(late)]


@register.simple_tag
def alerts_on() -> On:
    return find_on()
