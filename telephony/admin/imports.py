"""From the rows of a file to rows of the panel, by the rules and in the words of the forms.

1. `plan` judges every row by its form and writes nothing.
2. `carry_out` writes a plan in which nothing is wrong, all of it or, if anything has been saved
   since by which it was judged, nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, Q

from telephony.admin.columns import sentences
from telephony.admin.judging import Judge, Planned, Rights, state_of, wrong
from telephony.admin.sheets import Sheet
from telephony.bulk.changes import Kind, Outcome
from telephony.bulk.tables import Problem, Row, Table
from telephony.models import DirectoryRevision, PhoneNumber, RouteStep, SipEndpoint
from telephony.models.routes import RINGING, silenced, tell_silence

Saved = tuple[Model, forms.ModelForm, list[Any], bool]


class OutdatedError(Exception):
    """Somebody else has saved a row since it was judged."""


@dataclass
class Plan:
    """`revision` is that of the configuration by which it was judged."""

    sheet: Sheet
    revision: int
    rows: list[Planned] = field(default_factory=list)
    # What is to be known about the file as a whole.
    note: str = ""

    @property
    def outcomes(self) -> list[Outcome]:
        return [row.outcome for row in self.rows]

    @property
    def to_save(self) -> list[Planned]:
        return [row for row in self.rows if row.outcome.kind in (Kind.NEW, Kind.CHANGED)]

    @property
    def is_well(self) -> bool:
        return not any(outcome.problems for outcome in self.outcomes)


def plan(sheet: Sheet, table: Table, rights: Rights) -> Plan:
    # Before anything is read by which a row is judged.
    revision = DirectoryRevision.current()
    keys = [_read_key(sheet, row) for row in table.rows]
    known = {key for key, problems in keys if not problems}
    existing = {sheet.key_of(row): row for row in sheet.find(known)}
    judge = Judge(sheet, existing, rights)
    rows = [
        wrong(row, key, problems) if problems else judge.judge(row, key)
        for row, (key, problems) in zip(table.rows, keys, strict=True)
    ]
    made = Plan(sheet, revision, rows)
    _refuse_silence(made)
    return made


def _read_key(sheet: Sheet, row: Row) -> tuple[str, tuple[Problem, ...]]:
    told = " ".join(row.cells.get(name, "").strip() for name in sheet.keys)
    if row.problems:
        return told, row.problems
    for name in sheet.keys:
        if not row.cells.get(name, "").strip():
            text = f"The {name} is missing, so it is not clear which row is meant."
            return told, (Problem(name, text),)
    try:
        return sheet.read_key(row.cells), ()
    except (ValueError, ValidationError) as error:
        return told, tuple(Problem(sheet.keys[0], sentence) for sentence in sentences(error))


def _refuse_silence(made: Plan) -> None:
    """Refuse to switch off, all together, everybody whom an enabled number rings."""
    names = {SipEndpoint: "endpoint"}.get(made.sheet.model, "fallback_number")
    switched: dict[bool, dict[int, Planned]] = {True: {}, False: {}}
    for row in made.to_save:
        if row.form and row.form.instance.pk and "enabled" in row.form.changed_data:
            switched[row.form.instance.enabled][row.form.instance.pk] = row
    off, on = switched[False], switched[True]
    if not off or made.sheet.model is PhoneNumber:
        return
    ringing = RINGING & ~Q(**{f"{names}__in": list(off)}) | Q(**{f"{names}__in": list(on)})
    numbers = PhoneNumber.objects.filter(**{f"steps__{names}__in": list(off)})
    silent = silenced(numbers, RouteStep.objects.filter(ringing))
    by_destination: dict[int, list[PhoneNumber]] = {}
    steps = RouteStep.objects.filter(number__in=silent, **{f"{names}__in": list(off)})
    for step in steps.select_related("number"):
        by_destination.setdefault(getattr(step, f"{names}_id"), []).append(step.number)
    for pk, those in by_destination.items():
        problem = Problem("enabled", tell_silence(those[:5]))
        off[pk].outcome = replace(off[pk].outcome, kind=Kind.WRONG, problems=(problem,))


@transaction.atomic
def carry_out(made: Plan, note: Callable[[Saved], object] | None = None) -> list[Model]:
    """Save every row, by its form, and call `note` with it. Raises OutdatedError before the first."""
    wanted = made.to_save
    _refuse_outdated(made.sheet, wanted)
    _refuse_other_rules(made.revision)
    saved = []
    for row in wanted:
        if row.form is None:
            continue
        instance = row.form.save()
        formsets = [row.formset] if row.formset is not None else []
        for formset in formsets:
            formset.instance = instance
            formset.save()
        saved.append(instance)
        if note is not None:
            note((instance, row.form, formsets, row.outcome.kind is Kind.NEW))
    return saved


def _refuse_outdated(sheet: Sheet, wanted: Iterable[Planned]) -> None:
    states = {row.key: row.state for row in wanted}
    now = sheet.find(states).select_for_update(of=("self",))
    found = {sheet.key_of(row): state_of(row) for row in now}
    if any(found.get(key, ()) != state for key, state in states.items()):
        raise OutdatedError


def _refuse_other_rules(revision: int) -> None:
    """Two who save at once could do together what neither may: silence a number, or close a loop.

    Rows are locked first and the revision after them, as by a form that is saved.
    """
    rows = DirectoryRevision.objects.select_for_update().filter(pk=1)
    if (rows.values_list("number", flat=True).first() or 0) != revision:
        raise OutdatedError
