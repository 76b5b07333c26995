"""What waits for the database, for the start page."""

from dataclasses import dataclass

from django import template
from django.conf import settings

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
