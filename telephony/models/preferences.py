"""How a person would like to see the panel."""

from django.db import models


class Preference(models.Model):
    """What somebody has chosen; who has chosen nothing has no row."""

    user = models.OneToOneField(
        "auth.User", on_delete=models.CASCADE, primary_key=True, related_name="preference"
    )
    time_zone = models.CharField(max_length=64, blank=True, db_default="")

    def __str__(self) -> str:
        return str(self.user)
