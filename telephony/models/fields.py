"""Model fields and validators: the pure rules, put as Django's form errors."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from telephony.asterisk import values
from telephony.identifiers import E164
from telephony.routing.destinations import host_problem, unreachable_host
from telephony.routing.spelling import hint, parse_e164

E164_PATTERN = rf"^{E164.pattern}\Z"


def _refuse(check: Callable[[str], object], value: str) -> None:
    try:
        check(value)
    except ValueError as error:
        raise ValidationError(str(error), code="invalid") from error


def read_number(text: str) -> str:
    """Return in E.164 a number that is written as in the panel's country, or with its code.

    Raises ValueError with a reason a person can act on.
    """
    return parse_e164(text, settings.COUNTRY)


def validate_e164(value: str) -> None:
    _refuse(read_number, value)


def validate_name(value: str) -> None:
    _refuse(values.check_name, value)


def validate_extension(value: str) -> None:
    _refuse(values.check_extension, value)


def validate_dialled_number(value: str) -> None:
    _refuse(values.check_dialled_number, value)


def validate_password(value: str) -> None:
    _refuse(values.check_password, value)


def validate_host(value: str) -> None:
    reason = host_problem(value) or unreachable_host(value)
    if reason:
        raise ValidationError(reason, code="invalid")


def validate_spoken(value: str) -> None:
    if any(ord(character) < 32 or ord(character) > 0xFFFF for character in value):
        raise ValidationError("Use plain text without line breaks or emoji.", code="invalid")


class E164Field(models.CharField):
    """A number, written as people write it, and made E.164 when it is cleaned."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 16)
        super().__init__(*args, **kwargs)
        self.validators = [*self.validators, validate_e164]

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        try:
            value = read_number(str(value))
        except ValueError:
            value = str(value)
        return super().clean(value, model_instance)

    def formfield(self, **kwargs: Any) -> Any:
        # Room for the blanks and brackets that people type around the digits.
        options = {"max_length": 40, "help_text": hint(settings.COUNTRY)}
        return super().formfield(**{**options, **kwargs})


def rate_field(**kwargs: Any) -> models.DecimalField:
    """A price per minute, to a thousandth of a cent; the currency is the panel's CURRENCY."""
    return models.DecimalField(
        "cost per minute",
        max_digits=9,
        decimal_places=5,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
        **kwargs,
    )
