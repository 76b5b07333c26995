"""What happens to a call to a number: told when the number has been saved, and in the list."""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.html import format_html

from telephony.models import PhoneNumber
from telephony.routing.advice import (
    beware,
    course_of,
    describe,
    describe_passed_over,
    explain_caution,
    ringing_now,
)
from telephony.routing.reasons import explain_passed_over
from telephony.snapshots.directory import directory_of, load_directory_of


@dataclass(frozen=True)
class Story:
    """What happens to a call, who is passed over, and what is wrong with the route, in sentences."""

    course: str = ""
    passed_over: str = ""
    warnings: tuple[str, ...] = ()


def of_saved(pk: int | None) -> Story:
    """Return the story of a number as it is stored now, an empty one if there is none."""
    row = PhoneNumber.objects.filter(pk=pk).first()
    if row is None:
        return Story()
    directory, now = load_directory_of(row), timezone.now()
    (number,) = directory.numbers.values()
    course = course_of(number, directory, now)
    return Story(
        describe(number, course),
        describe_passed_over(course),
        tuple(map(explain_caution, beware(number, directory, now))),
    )


def compare(before: Story, after: Story) -> str:
    """Return what happens now, and what did before if that was something else."""
    parts = [after.course, after.passed_over]
    if before.course and before.course != after.course:
        parts.append(f"Before this change: {before.course}")
    return " ".join(filter(None, parts))


def now(row: PhoneNumber) -> str:
    """Return who would really ring now, and who would not, for a number whose steps are loaded."""
    directory = directory_of(row, list(row.steps.all()))
    (number,) = directory.numbers.values()
    ringing = ringing_now(number, directory, timezone.now())
    if not number.enabled:
        return "nobody: the number is off"
    names = ", then ".join(" + ".join(group) for group in ringing.groups) or "nobody"
    if not ringing.passed_over:
        return names
    passed = "; ".join(map(explain_passed_over, ringing.passed_over))
    return format_html('{}<br><span class="quiet">passed over now: {}</span>', names, passed)
