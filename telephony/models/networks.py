"""The addresses from which a carrier sends signalling and media."""

from django.core.exceptions import ValidationError
from django.db import models

from telephony.asterisk.values import check_network
from telephony.models.choices import NetworkKind
from telephony.models.history import Recorded, Records


def validate_cidr(value: str) -> None:
    try:
        check_network(value)
    except ValueError as error:
        raise ValidationError(str(error), code="invalid") from error


class CarrierNetwork(Recorded):
    """One range of addresses. All the carrier's customers share it: it does not prove whose call it is."""

    cidr = models.CharField(
        "network",
        max_length=18,
        unique=True,
        validators=[validate_cidr],
        help_text="In CIDR form, such as 54.172.60.0/30. All of its addresses count, even the first.",
    )
    kind = models.CharField(max_length=16, choices=NetworkKind)
    place = models.CharField(
        max_length=64, blank=True, help_text="Such as ashburn (us1), North America, Virginia."
    )
    source = models.CharField(max_length=200, help_text="Where the network is published.")
    published_on = models.DateField(
        "as of", help_text="The date of that publication, such as 2026-03-09."
    )

    history = Records()

    class Meta:
        ordering = ("kind", "cidr")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(cidr__contains="/"), name="carriernetwork_has_prefix"
            )
        ]

    def __str__(self) -> str:
        return self.cidr
