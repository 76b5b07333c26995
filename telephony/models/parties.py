"""Who stands in the call records, once each: what the search of the log looks through."""

from django.db import models
from django.db.models import Q


class CallParty(models.Model):
    """A text that stands in call records, and the column in which it does: a caller's number, say.

    Beside it the database has an index of the trigrams of `folded`, which Django has no word for:
    see telephony/records/trigrams.py. SQLite's is a table of its own, which has the ids of this one.
    """

    role = models.CharField(max_length=16)
    text = models.CharField(max_length=128)
    # Some letters become several when they are folded.
    folded = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("role", "text"), name="callparty_once_a_role"),
            models.CheckConstraint(condition=Q(text__gt=""), name="callparty_has_text"),
        ]

    def __str__(self) -> str:
        return self.text
