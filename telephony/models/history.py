"""What has become of the tables that people and commands edit: a row of history for each change.

django-simple-history makes the tables, and writes to them when a row is saved or deleted. What is
added here:

- Rows that are written together, in one transaction, have one moment in their history.
- What is written past `save`, by a queryset, is kept as well.
- What was changed past all of this, by SQL or by `loaddata`, is found when the row is next saved:
  it gets a row of its own first, so that nobody is taken for who has changed it.
- Of a secret there is a fingerprint only, which tells whether it has changed.
"""

import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection, models, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from simple_history.models import HistoricalRecords

SALT = "telephony.history"
MADE, CHANGED, REMOVED = "+", "~", "-"
# Why there is a row that no save has made: it had none before, or it was changed past the panel.
BEGUN, FOUND = "begun", "found"
COMMANDS = frozenset({"manage.py", "django-admin"})


class Fingerprints(models.Model):
    """`history_secrets`: name of a column -> the fingerprint of its value; `key` tells which
    SECRET_KEY they were made with, because only those of one key can be compared."""

    history_secrets = models.JSONField(default=dict, editable=False)

    class Meta:
        abstract = True


def who(request: HttpRequest | None = None, **_: Any) -> str:
    """Return a user's name, the command that is running, or "" for another program."""
    if request is not None:
        return str(request.user.get_username())
    program, *words = sys.argv
    name = Path(program).name
    return f"manage.py {words[0]}"[:150] if name in COMMANDS and words else ""


class _Moment:
    """Stands among what Django does after a transaction, so it lasts as long as that does."""

    def __init__(self) -> None:
        self.at = timezone.now()

    def __call__(self) -> None:
        """Nothing is to be done."""


def moment() -> datetime:
    """Return one time for all that is written in one transaction."""
    for _, function, *_ in connection.run_on_commit:
        if isinstance(function, _Moment):
            return function.at
    made = _Moment()
    transaction.on_commit(made)
    return made.at


class Records(HistoricalRecords):
    """`leaves_out` are columns that the panel itself keeps; `secrets` are never written down."""

    def __init__(self, *, leaves_out: Sequence[str] = (), secrets: Sequence[str] = ()) -> None:
        self.secrets = tuple(secrets)
        super().__init__(
            excluded_fields=[*leaves_out, *secrets],
            bases=(Fingerprints if secrets else models.Model,),
            get_user=who,
            # A name, so that it is still told when the user is gone.
            history_user_id_field=models.CharField(max_length=150, blank=True, editable=False),
            history_user_getter=lambda row: row.history_user_id,
            history_user_setter=lambda row, name: setattr(row, "history_user_id", name),
        )

    def finalize(self, sender: type[models.Model], **kwargs: Any) -> None:
        super().finalize(sender, **kwargs)
        if sender is self.cls:
            sender._meta.records = self
            models.signals.pre_save.connect(self.pre_save, sender=sender, weak=False)

    def pre_save(self, instance: models.Model, raw: bool, **_: Any) -> None:
        if not raw and instance.pk is not None:
            instance._newest_history = self.catch_up([instance.pk])

    def pre_delete(self, instance: models.Model, **kwargs: Any) -> None:
        super().pre_delete(instance, **kwargs)
        self.catch_up([instance.pk])

    def create_historical_record(
        self, instance: models.Model, history_type: str, using: str | None = None
    ) -> None:
        if history_type == REMOVED:
            self.row_of(instance, history_type).save()
        else:
            newest = instance.__dict__.pop("_newest_history", {})
            self.keep([instance.pk], history_type, newest)

    def concerns(self, columns: Collection[str]) -> bool:
        kept = {name for field in self.kept() for name in (field.name, field.attname)}
        return bool((kept | set(self.secrets)) & set(columns))

    def kept(self) -> list[models.Field]:
        fields: list[models.Field] = self.fields_included(self.cls)
        return fields

    def keep(self, keys: Collection[Any], kind: str, newest: Mapping[Any, Any]) -> None:
        """Write down how these rows are now, as far as that is news."""
        # The table says it: what is in memory may be old, or a reckoning that the database does.
        self._write(self.cls._base_manager.filter(pk__in=keys), kind, "", newest)

    def catch_up(self, keys: Any) -> dict[Any, Any]:
        """Write down what was changed past the panel, before more is changed.

        Returns the newest row of history of each of the rows that are there.
        """
        rows = self.cls._base_manager.select_for_update(no_key=True).filter(pk__in=keys)
        with transaction.atomic(savepoint=False):
            found = list(rows)
            newest = self.newest([row.pk for row in found]) if found else {}
            written = self._write(found, CHANGED, FOUND, newest)
        return newest | {row.id: row for row in written}

    def _write(
        self, rows: Iterable[models.Model], kind: str, reason: str, newest: Mapping[Any, Any]
    ) -> list[Any]:
        new = []
        for row in rows:
            last = newest.get(row.pk)
            why = BEGUN if last is None and kind == CHANGED else reason
            made = self.row_of(row, kind, why)
            if last is None or is_other(last, made):
                new.append(made)
        if new:
            self.table.objects.bulk_create(new, batch_size=100)
        return new

    def unkept(self, **of: Any) -> list[Any]:
        """Return what has become of these rows since their last row of history, not yet saved.

        They are chosen by columns that the table and its history both have.
        """
        last = self.newest(self.table.objects.filter(**of).values("id"))
        rows = {row.pk: row for row in self.cls._base_manager.filter(**of)}
        gone = [row for key, row in last.items() if key not in rows and _is_there(row)]
        made = [
            self.row_of(row, CHANGED, FOUND if key in last else BEGUN) for key, row in rows.items()
        ]
        made = [row for row in made if row.id not in last or is_other(last[row.id], row)]
        return [*made, *(self._removed(row) for row in gone)]

    def _removed(self, last: Any) -> Any:
        values = {field.attname: getattr(last, field.attname) for field in self.kept()}
        return self.table(
            history_date=moment(), history_type=REMOVED, history_change_reason=FOUND, **values
        )

    # It makes a class each time that it is asked for its manager.
    @cached_property
    def table(self) -> type[Any]:
        return self.cls.history.model

    def newest(self, keys: Collection[Any], **of: Any) -> dict[Any, Any]:
        """Return the newest row of history of each key that has one."""
        rows = self.table.objects.filter(id__in=keys, **of).order_by()
        last = rows.values("id").annotate(last=models.Max("history_id")).values("last")
        return {row.id: row for row in self.table.objects.filter(history_id__in=last)}

    def row_of(self, row: models.Model, kind: str, reason: str = "") -> Any:
        """Return the row of history that says how a row is, not yet saved."""
        made = self.table(
            history_date=moment(),
            history_type=kind,
            history_change_reason=reason or None,
            **{field.attname: getattr(row, field.attname) for field in self.kept()},
        )
        made.history_user_id = "" if reason else self.get_history_user(row)
        if self.secrets:
            made.history_secrets = _fingerprints(row, self.secrets)
        return made


def _is_there(row: Any) -> bool:
    return bool(row.history_type != REMOVED)


def _fingerprints(row: models.Model, names: Iterable[str]) -> dict[str, str | None]:
    # HMACs under SECRET_KEY: a plain hash could be tried against guesses.
    made: dict[str, str | None] = {"key": salted_hmac(SALT, "key").hexdigest()[:8]}
    for name in names:
        value = getattr(row, name)
        text = f"{row._meta.label} {row.pk} {value}"
        made[name] = value and salted_hmac(SALT, text, algorithm="sha256").hexdigest()
    return made


def is_other(before: Any, after: Any) -> bool:
    """Whether two rows of history say different things, as far as the row itself is concerned."""
    if not (_is_there(before) and _is_there(after)):
        return _is_there(before) or _is_there(after)
    names = [field.attname for field in after.tracked_fields]
    if getattr(before, "history_secrets", None) != getattr(after, "history_secrets", None):
        return True
    return any(getattr(before, name) != getattr(after, name) for name in names)


def records_of(model: type[models.Model]) -> Records | None:
    """Return what keeps a table's history, if anything does."""
    return getattr(model._meta, "records", None)


class RecordedQuerySet(models.QuerySet):
    """Keeps what is written past `save`. Deletions are kept row by row, as Django tells of them."""

    def update(self, **values: Any) -> int:
        records: Records = self.model._meta.records
        if not records.concerns(values):
            return super().update(**values)
        with transaction.atomic(savepoint=False):
            newest = records.catch_up(self.order_by().values("pk"))
            changed = super().update(**values)
            records.keep(newest, CHANGED, newest)
        return changed

    update.alters_data = True

    def bulk_create(self, objs: Collection, *args: Any, **kwargs: Any) -> list:
        if kwargs.get("ignore_conflicts") or kwargs.get("update_conflicts"):
            # Django does not tell which rows were made, so history could not either.
            raise NotImplementedError(f"{self.model._meta.label} keeps a history: save row by row.")
        with transaction.atomic(savepoint=False):
            created = super().bulk_create(objs, *args, **kwargs)
            self.model._meta.records.keep([row.pk for row in created], MADE, {})
        return created


class Recorded(models.Model):
    """A table with a history: it also has `history = Records()`."""

    objects = RecordedQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        # The change and its history together, or neither.
        with transaction.atomic(savepoint=False):
            super().save(*args, **kwargs)
