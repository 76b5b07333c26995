"""Judges the CHECK constraints of thousands of rows: once for each combination of values.

Django asks the database about each of them for each row, which takes most of the time of a form.
"""

from collections.abc import Hashable, Iterator
from typing import Any

from django.db.models import BaseConstraint, CheckConstraint, Model


class PassedChecks:
    """Remembers which values have passed. Whatever has not is judged by Django, every time."""

    def __init__(self) -> None:
        self._passed: set[Hashable] = set()

    def spare(self, row: Model) -> None:
        """Let this row be asked only about what has not passed yet."""

        def get_constraints() -> Iterator[tuple[type[Model], list[BaseConstraint]]]:
            for model, constraints in Model.get_constraints(row):
                yield model, [c for c in constraints if _key(c, row) not in self._passed]

        row.get_constraints = get_constraints

    def remember(self, row: Model) -> None:
        """Remember the values of a row whose form has found nothing wrong."""
        for _, constraints in Model.get_constraints(row):
            self._passed |= {_key(c, row) for c in constraints if isinstance(c, CheckConstraint)}


def _key(constraint: Any, row: Model) -> Hashable:
    if not isinstance(constraint, CheckConstraint):
        return None
    # A foreign key's own value, without loading what it points to.
    names = [row._meta.get_field(name).attname for name in _names(constraint)]
    return (constraint.name, *(getattr(row, name) for name in names))


def _names(constraint: CheckConstraint) -> list[str]:
    return sorted(constraint.condition.referenced_base_fields)
