"""What an import would do to one row, for a person to read before it is done."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from telephony.bulk.tables import Problem


class Kind(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Change:
    """`before` is "" in a new row."""

    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """`name` is what the row is called; `questions` are what must be confirmed before it is done."""

    number: int
    name: str
    kind: Kind
    changes: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()
    questions: tuple[Problem, ...] = ()


def compare(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Change, ...]:
    """Return what differs, and all that is there where nothing was before."""
    return tuple(
        Change(column, before.get(column, ""), text)
        for column, text in after.items()
        if before.get(column, "") != text
    )


def count(outcomes: Iterable[Outcome]) -> dict[str, int]:
    counts = {kind.value: 0 for kind in Kind}
    for outcome in outcomes:
        counts[outcome.kind] += 1
    return counts
