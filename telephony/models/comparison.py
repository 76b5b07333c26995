"""How the configuration last compared with what was exported of it."""

from django.db import models
from django.db.models import Q


class Comparison(models.Model):
    """One row, written by `manage.py tick`; telephony/snapshots/comparison.py reads it.

    `revision` is the directory's, as it was compared.
    """

    revision = models.BigIntegerField()
    compared_at = models.DateTimeField()
    # Names of servers whose files differ, and of those that cannot be exported.
    differing = models.JSONField(default=list)
    refused = models.JSONField(default=list)
    outdated_documents = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="comparison_one_row")]

    def __str__(self) -> str:
        return f"comparison of revision {self.revision}"
