"""Routes: the ordered steps of a number."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet

from telephony.models.configuration import Configuration
from telephony.models.endpoints import SipEndpoint
from telephony.models.history import Records
from telephony.models.numbers import FallbackNumber, PhoneNumber
from telephony.routing.destinations import find_obstacle
from telephony.routing.directory import Step
from telephony.routing.numbers import is_same_line
from telephony.routing.reasons import OBSTACLES
from telephony.routing.results import Outcome

# The steps that can ring.
RINGING = Q(endpoint__enabled=True) | Q(fallback_number__enabled=True)
# Positions go from 1 to this.
POSITIONS = 999


class RouteStep(Configuration):
    """One destination of a number's route. Steps with one position ring together."""

    number = models.ForeignKey(PhoneNumber, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(POSITIONS)],
        help_text="1 rings first. Steps with the same position ring together.",
    )
    endpoint = models.ForeignKey(
        SipEndpoint, on_delete=models.PROTECT, null=True, blank=True, related_name="steps"
    )
    fallback_number = models.ForeignKey(
        FallbackNumber, on_delete=models.PROTECT, null=True, blank=True, related_name="steps"
    )
    ring_s = models.PositiveSmallIntegerField(
        "ring (s)",
        default=20,
        validators=[MinValueValidator(5), MaxValueValidator(600)],
        help_text="Seconds to ring, 5 to 600; Twilio adds up to 5. Four rings are about 20.",
    )
    on_failed = models.BooleanField(
        "after failure", default=True, help_text="Move on when it cannot be reached."
    )
    on_no_answer = models.BooleanField(
        "after no answer", default=True, help_text="Move on when nobody answers."
    )
    on_busy = models.BooleanField("after busy", default=False, help_text="Move on when it is busy.")
    on_declined = models.BooleanField(
        "after decline", default=False, help_text="Move on when a person declines the call."
    )

    history = Records()

    class Meta:
        ordering = ("number", "position", "pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(endpoint__isnull=False, fallback_number__isnull=True)
                | Q(endpoint__isnull=True, fallback_number__isnull=False),
                name="routestep_one_destination",
                violation_error_message="Choose an endpoint or a fallback number, not both.",
            ),
            models.CheckConstraint(
                condition=Q(ring_s__range=(5, 600)), name="routestep_ring_s_5_600"
            ),
            models.CheckConstraint(
                condition=Q(position__range=(1, POSITIONS)), name="routestep_position_1_999"
            ),
            models.UniqueConstraint(
                fields=("number", "position", "endpoint"),
                name="routestep_endpoint_once_a_position",
                violation_error_message="This endpoint already rings at that position.",
            ),
            models.UniqueConstraint(
                fields=("number", "position", "fallback_number"),
                name="routestep_fallback_once_a_position",
                violation_error_message="This fallback number already rings at that position.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.destination}"

    @property
    def destination(self) -> SipEndpoint | FallbackNumber | None:
        return self.endpoint or self.fallback_number

    def clean(self) -> None:
        for name in ("endpoint", "fallback_number"):
            try:
                if destination := getattr(self, name):
                    destination.clean()
            except ValidationError as error:
                # The error names a field that a step does not have.
                raise ValidationError({name: error.messages}) from error

    @property
    def key(self) -> str:
        """What names the destination in a plan, in paths and in records."""
        if self.endpoint_id:
            return f"endpoint:{self.endpoint_id}"
        return f"fallback:{self.fallback_number_id}"

    def as_step(self) -> Step:
        flags = {
            Outcome.FAILED: self.on_failed,
            Outcome.NO_ANSWER: self.on_no_answer,
            Outcome.BUSY: self.on_busy,
            Outcome.DECLINED: self.on_declined,
        }
        return Step(
            position=self.position,
            key=self.key,
            ring_s=self.ring_s,
            moves_on=frozenset(outcome for outcome, moves_on in flags.items() if moves_on),
        )


def refuse_loop(number: PhoneNumber) -> None:
    """Refuse a number that one of our endpoints dials. Raises ValidationError naming it."""
    last_digits = number.e164[-6:]
    for endpoint in SipEndpoint.objects.filter(dialled_number__endswith=last_digits):
        if is_same_line(endpoint.dialled_number, number.e164):
            raise ValidationError(
                {"e164": f"The endpoint {endpoint} dials this number: its calls would loop."},
                code="loop",
            )


def silenced(numbers: QuerySet[PhoneNumber], ringing: QuerySet[RouteStep]) -> QuerySet[PhoneNumber]:
    """Return those of the numbers that are enabled, and have none of the steps that ring."""
    return numbers.filter(enabled=True).exclude(steps__in=ringing).distinct()


def tell_silence(numbers: Iterable[PhoneNumber]) -> str:
    names = ", ".join(map(str, numbers))
    return f"Nobody else would ring for {names}. Give the route another step first."


def refuse_silence(destination: SipEndpoint | FallbackNumber) -> None:
    """Refuse to disable the only destination that an enabled number has.

    Raises ValidationError naming the numbers.
    """
    field = "endpoint" if isinstance(destination, SipEndpoint) else "fallback_number"
    others = RouteStep.objects.filter(RINGING).exclude(**{field: destination})
    silent = PhoneNumber.objects.filter(**{f"steps__{field}": destination})
    if numbers := silenced(silent, others)[:5]:
        raise ValidationError({"enabled": tell_silence(numbers)}, code="silent")


def refuse_silent_route(steps: Iterable[RouteStep]) -> None:
    """Refuse a route with which an enabled number rings nobody. Raises ValidationError saying why."""
    reasons = []
    for step in steps:
        destination = step.destination
        if destination is None:
            continue
        obstacle = find_obstacle(destination.as_destination())
        if obstacle is None:
            return
        reasons.append(f"{destination}: {OBSTACLES[obstacle]}")
    why = "; ".join(reasons) or "its route has no step"
    raise ValidationError(
        f"A call to this number would ring nobody ({why}). "
        "Add a step that can ring, or switch the number off.",
        code="silent",
    )


def refuse_company(fallback: FallbackNumber) -> None:
    """Refuse to let a fallback number ask for a key where it rings together with others.

    Twilio hangs up on all others once one is picked up. Raises ValidationError naming the numbers.
    """
    others = RouteStep.objects.exclude(fallback_number=fallback).filter(
        number=OuterRef("number"), position=OuterRef("position")
    )
    shared = fallback.steps.filter(Exists(others)).select_related("number")
    names = ", ".join(f"{step.number} at position {step.position}" for step in shared[:5])
    if names:
        text = f"It would have to ring alone, but it rings together with others for {names}."
        raise ValidationError(
            {"ask_for_key": f"{text} Give it a position of its own there first."}, code="company"
        )


def foreign_caller_ids(steps: QuerySet[RouteStep]) -> list[str]:
    """Return a sentence for each step whose fixed caller ID Twilio would refuse (error 13214)."""
    fixed = steps.filter(fallback_number__fixed_caller_id__isnull=False)
    found = []
    for step in fixed.select_related("number", "fallback_number__fixed_caller_id"):
        shown = step.fallback_number.fixed_caller_id
        if shown.owning_account != step.number.owning_account:
            found.append(
                f"{step.fallback_number} shows {shown.e164}, which belongs to another Twilio "
                f"account than {step.number.e164}. Twilio would refuse it, so calls to "
                f"{step.number.e164} show {step.number.e164} instead."
            )
    return found
