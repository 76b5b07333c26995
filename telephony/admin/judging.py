"""What each row of a file would do, judged by the form of its table, in the form's own words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import connection
from django.db.models import Model

from telephony.admin.columns import KEEPS, sentences
from telephony.admin.passedchecks import PassedChecks
from telephony.admin.rates import refuse_unusual
from telephony.admin.routetexts import step_problems
from telephony.admin.sheets import Sheet
from telephony.bulk.changes import Change, Kind, Outcome, compare
from telephony.bulk.tables import (
    CHANGES_AT_MOST,
    CHANGES_ON_SQLITE_AT_MOST,
    Problem,
    Row,
    UnreadableError,
)
from telephony.models import PhoneNumber, SipEndpoint

Cells = Mapping[str, str]
State = tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Rights:
    """What whoever imports may do. A command may do everything."""

    add: bool = True
    change: bool = True
    routes: bool = True


@dataclass
class Planned:
    """What is known of one row of the file; `form` is None where there is nothing to save."""

    outcome: Outcome
    key: str = ""
    state: State = ()
    form: forms.ModelForm | None = None
    formset: Any = None


def state_of(row: Model) -> State:
    """Return what tells whether somebody has saved a row, or its route, in the meantime."""
    steps = row.steps.all() if isinstance(row, PhoneNumber) else ()
    return tuple(
        {field.attname: getattr(each, field.attname) for field in each._meta.concrete_fields}
        for each in (row, *steps)
    )


def wrong(row: Row, key: str, problems: Iterable[Problem]) -> Planned:
    return Planned(Outcome(row.number, key, Kind.WRONG, problems=tuple(problems)), key)


def changes_at_most() -> int:
    is_sqlite = connection.vendor == "sqlite"
    return CHANGES_ON_SQLITE_AT_MOST if is_sqlite else CHANGES_AT_MOST


class Judge:
    """Judges one row after the other, and remembers what each has taken for itself."""

    def __init__(self, sheet: Sheet, existing: Mapping[str, Any], rights: Rights) -> None:
        self.sheet = sheet
        self.existing = existing
        self.rights = rights
        self.judged = 0
        self.checks = PassedChecks()
        self.rows_by_key: dict[str, int] = {}
        self.rows_by_username: dict[tuple[int, str], int] = {}

    def judge(self, row: Row, key: str) -> Planned:
        first = self.rows_by_key.setdefault(key, row.number)
        if first != row.number:
            text = f"{key} is in row {first} already. Remove one of the two."
            return wrong(row, key, [Problem(self.sheet.keys[0], text)])
        old = self.existing.get(key)
        before = self.sheet.cells(old) if old else {}
        if old and all(before[name] == cell for name, cell in row.cells.items()):
            return Planned(Outcome(row.number, str(old), Kind.UNCHANGED), key)
        self.judged += 1
        if self.judged > changes_at_most():
            raise UnreadableError(
                f"More than {changes_at_most():,} rows of the file are new or changed, which is more "
                "than can be done at once. Divide it, and import one part after the other."
            )
        data, problems = self._read(row, old)
        if problems:
            return wrong(row, str(old or key), problems)
        return self._judge_by_form(row, key, before, data)

    def _read(self, row: Row, old: Any) -> tuple[dict[str, Any], list[Problem]]:
        """Return what the cells say, by column."""
        data, problems = {}, []
        for name, cell in row.cells.items():
            column = self.sheet.by_name[name]
            if column.empty == KEEPS and not cell.strip():
                continue
            try:
                data[name] = self._read_cell(name, cell)
            except (ValueError, ValidationError) as error:
                problems += [Problem(name, sentence) for sentence in sentences(error)]
        return data, problems

    def _read_cell(self, name: str, cell: str) -> Any:
        column = self.sheet.by_name[name]
        if self.sheet.has_routes and name == "route":
            return self.sheet.routes.read(cell)
        return column.read(cell)

    def _judge_by_form(self, row: Row, key: str, before: Cells, data: dict[str, Any]) -> Planned:
        old = self.existing.get(key)
        name, state = str(old or key), state_of(old) if old else ()
        form = self._fill_in(old, key, data)
        # It judges the route of a number too, unless the file brings another.
        brings_route = "route" in data and row.cells["route"] != before.get("route")
        form.is_route_here, form.is_alone = brings_route, False
        self.checks.spare(form.instance)
        problems = list(self._problems(form))
        formset = None
        if brings_route:
            formset = self.sheet.routes.formset(form.instance, data["route"])
            problems += self._step_problems(formset)
        problems = problems or self._refuse_taken_username(row, form.instance)
        if problems:
            return wrong(row, name, problems)
        self.checks.remember(form.instance)
        changes = self._changes(before, form, formset)
        kind = (Kind.CHANGED if changes else Kind.UNCHANGED) if old else Kind.NEW
        problems = self._refuse_without_right(kind, changes)
        if problems:
            return wrong(row, name, problems)
        questions = tuple(self._questions(form))
        outcome = Outcome(row.number, name, kind, changes, questions=questions)
        # A route that is only spelled otherwise keeps its steps, and the gaps between positions.
        is_rerouted = any(change.column == "route" for change in changes)
        return Planned(outcome, key, state, form, formset if is_rerouted else None)

    def _fill_in(self, old: Any, key: str, data: Mapping[str, Any]) -> forms.ModelForm:
        """Return the form as if somebody had changed on the page what the file says."""
        form = self.sheet.form_class({}, instance=old or self.sheet.model())
        given = {
            self.sheet.by_name[name].field: value
            for name, value in data.items()
            if self.sheet.by_name[name].field
        }
        if "e164" in given:
            # As it was understood to find the row.
            given["e164"] = key
        form.data = {**form.initial, **given}
        # As a page would bring them back: an amount is text, and 0 is not nothing.
        form.data |= {n: str(v) for n, v in form.data.items() if isinstance(v, Decimal)}
        if "cost_per_minute" in form.fields:
            form.data["cost_per_minute_asked"] = form.data["cost_per_minute"]
        return form

    def _problems(self, form: forms.ModelForm) -> Iterable[Problem]:
        names = {column.field: column.name for column in self.sheet.columns}
        for name, errors in form.errors.items():
            column = "" if name == NON_FIELD_ERRORS else names.get(name, name)
            yield from (Problem(column, str(error)) for error in errors)

    def _step_problems(self, formset: Any) -> list[Problem]:
        steps = [form.instance for form in formset.forms]
        for step in steps:
            self.checks.spare(step)
        problems = [Problem("route", text) for text in step_problems(formset)]
        for step in steps if not problems else ():
            self.checks.remember(step)
        return problems

    def _changes(self, before: Cells, form: forms.ModelForm, formset: Any) -> tuple[Change, ...]:
        after = self.sheet.cells(form.instance)
        if formset is not None:
            after["route"] = self.sheet.routes.write_steps(formset.kept())
        found = compare(before, after)
        if getattr(form, "is_generated", False):
            return (*found, Change("password", "", "generated"))
        if "password" in form.changed_data:
            return (*found, Change("password", "", "changed" if before else "as in the file"))
        return found

    def _questions(self, form: forms.ModelForm) -> Iterable[Problem]:
        if "cost_per_minute" not in form.changed_data:
            return
        try:
            refuse_unusual(form.cleaned_data["cost_per_minute"], "", {})
        except ValidationError as error:
            text = error.messages[0].partition("?")[0] + "?"
            yield Problem("cost per minute", text)

    def _refuse_without_right(self, kind: Kind, changes: Iterable[Change]) -> list[Problem]:
        verb = {Kind.NEW: "add", Kind.CHANGED: "change"}.get(kind, "")
        if verb and not getattr(self.rights, verb):
            return [Problem("", f"You may not {verb} {self.sheet.title}. Remove the row.")]
        is_route_changed = any(change.column == "route" for change in changes)
        if is_route_changed and not self.rights.routes:
            return [Problem("route", "You may not change routes. Remove the column.")]
        return []

    def _refuse_taken_username(self, row: Row, instance: Model) -> list[Problem]:
        """Refuse what the database would refuse only when both rows are saved."""
        if not isinstance(instance, SipEndpoint) or not instance.wanted[0]:
            return []
        wanted = (instance.server_id, instance.wanted[0])
        first = self.rows_by_username.setdefault(wanted, row.number)
        if first == row.number:
            return []
        text = f"Row {first} has the username {wanted[1]} on that server. Give one of them another."
        return [Problem("username", text)]
