"""The base of every table that routing depends on: a change raises the directory's revision.

Web processes look at the revision to learn that their snapshot is old. They do not see changes by
SQL that bypasses these classes: then raise the revision by hand, or restart.
"""

from collections.abc import Collection, Sequence
from typing import Any

from django.db import models, transaction
from django.db.models import F

from telephony.models.history import Recorded, RecordedQuerySet


class DirectoryRevision(models.Model):
    """One row that counts the changes of the configuration."""

    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"revision {self.number}"

    @classmethod
    def current(cls) -> int:
        return cls.objects.filter(pk=1).values_list("number", flat=True).first() or 0

    @classmethod
    def increase(cls) -> None:
        """Raise the number in the transaction of the change, so that both are seen at once."""
        if not cls.objects.filter(pk=1).update(number=F("number") + 1):
            cls.objects.create(pk=1, number=1)


class ConfigurationQuerySet(RecordedQuerySet):
    def update(self, **values: Any) -> int:
        with transaction.atomic():
            changed = super().update(**values)
            DirectoryRevision.increase()
        return changed

    update.alters_data = True

    def delete(self) -> tuple[int, dict[str, int]]:
        with transaction.atomic():
            deleted = super().delete()
            DirectoryRevision.increase()
        return deleted

    delete.alters_data = True
    delete.queryset_only = True

    def bulk_create(self, objs: Collection, *args: Any, **kwargs: Any) -> list:
        with transaction.atomic():
            created = super().bulk_create(objs, *args, **kwargs)
            DirectoryRevision.increase()
        return created

    def bulk_update(self, objs: Sequence, *args: Any, **kwargs: Any) -> int:
        with transaction.atomic():
            changed = super().bulk_update(objs, *args, **kwargs)
            DirectoryRevision.increase()
        return changed


class Configuration(Recorded):
    objects = ConfigurationQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        with transaction.atomic():
            super().save(*args, **kwargs)
            DirectoryRevision.increase()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        with transaction.atomic():
            deleted = super().delete(*args, **kwargs)
            DirectoryRevision.increase()
        return deleted
