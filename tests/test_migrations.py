"""Migrations widen before they narrow, so that the version before can still write: two servers on one
database need not be upgraded in the same moment.

A column that nothing uses any more is removed by a later release, and listed here with it.
"""

from importlib import import_module
from pathlib import Path

import pytest
from django.db import migrations, models
from django.db.models import NOT_PROVIDED

FOLDER = Path(__file__).resolve().parent.parent / "telephony/migrations"
# Before these nobody ran two servers.
NAMES = sorted(path.stem for path in FOLDER.glob("0*.py") if path.stem[:4] > "0010")
NARROWING = (
    migrations.RemoveField,
    migrations.RenameField,
    migrations.DeleteModel,
    migrations.RenameModel,
    migrations.AlterModelTable,
)


def problems(operations: list[migrations.operations.base.Operation]) -> list[str]:
    found = []
    for operation in operations:
        if isinstance(operation, NARROWING):
            found.append(operation.describe())
        if isinstance(operation, migrations.AddField):
            field = operation.field
            if not field.null and field.db_default is NOT_PROVIDED and not field.many_to_many:
                found.append(f"{operation.name}: the version before cannot insert a row without it")
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_version_before_can_still_write(name: str) -> None:
    assert problems(import_module(f"telephony.migrations.{name}").Migration.operations) == []


@pytest.mark.parametrize(
    ("operation", "is_fine"),
    [
        (migrations.RemoveField("phonenumber", "label"), False),
        (migrations.RenameField("phonenumber", "label", "name"), False),
        (migrations.DeleteModel("CallLeg"), False),
        (migrations.AddField("phonenumber", "a", models.IntegerField(default=1)), False),
        (migrations.AddField("phonenumber", "a", models.IntegerField(db_default=1)), True),
        (migrations.AddField("phonenumber", "a", models.IntegerField(null=True)), True),
    ],
)
def test_what_would_stop_it_is_found(operation, is_fine: bool) -> None:
    assert (problems([operation]) == []) is is_fine
