"""Looks everywhere, for the start page and for `manage.py doctor`."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import Error, connection
from django.utils import timezone

from telephony.database import tell, watch
from telephony.health.findings import finders
from telephony.health.findings.codes import TITLES, Code, Kind
from telephony.health.findings.finding import Finding
from telephony.snapshots.comparison import compare, current_standing

KINDS, CODES = list(Kind), list(Code)


@dataclass(frozen=True, slots=True)
class Group:
    """The findings of one kind."""

    kind: Kind
    title: str
    findings: Sequence[Finding]


def find_for(user: Any) -> list[Group]:
    """Return what was found and this user may do something about."""
    return in_groups(each for each in find_all() if user.has_perms(each.needs))


def may_set_up(user: Any) -> bool:
    """Whether this user may build a number with all that it rings."""
    return user.has_perms(Finding(Code.NO_NUMBER).needs)


def in_groups(found: Iterable[Finding]) -> list[Group]:
    by_kind: dict[Kind, list[Finding]] = {kind: [] for kind in Kind}
    for each in found:
        by_kind[each.kind].append(each)
    return [Group(kind, TITLES[kind], some) for kind, some in by_kind.items() if some]


def find_all(*, thorough: bool = False) -> list[Finding]:
    """Return what was found, the worst kind first. `thorough` compares all exports at once, which
    may take seconds. If the database is away, that is found, and what is known without it."""
    found = [*finders.find_in_settings(), *finders.find_on_disk()]
    try:
        with watch.over("looking for findings"):
            found += _find_in_database(thorough)
    except Error as error:
        connection.close()
        found.append(Finding(Code.DATABASE_AWAY, {"reason": tell(error)}))
    found += finders.find_alerts()
    return sorted(found, key=lambda each: (KINDS.index(each.kind), CODES.index(each.code)))


def _find_in_database(thorough: bool) -> Iterator[Finding]:
    yield from finders.find_in_configuration()
    yield from finders.find_exports(compare() if thorough else current_standing())
    yield from finders.find_totals(thorough=thorough)
    yield from finders.find_jobs(timezone.now())
    yield from finders.find_silence()
