"""What is missing from a call: webhooks that have not come, and what nobody can know without them.

Kept as codes with their values; the words are made when they are shown. Step 11 of docs/records.md.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from telephony.records.evidence import Evidence
from telephony.records.legs import LegFacts
from telephony.records.outcome import CallEnd
from telephony.routing.results import FINAL_CALL_STATUSES, PICKED_UP
from telephony.wire.paths import Kind


class Missing(StrEnum):
    """Codes are stored with calls: add new ones, but never rename one."""

    FIRST_WEBHOOK = "first-webhook"
    DIAL = "dial"
    DIAL_END = "dial-end"
    LEG_REPORTS = "leg-reports"
    LEG_END = "leg-end"
    TALK = "talk"
    WHO_ANSWERED = "who-answered"
    END = "end"
    DURATION = "duration"


WORDS: Mapping[Missing, str] = MappingProxyType(
    {
        Missing.FIRST_WEBHOOK: _("the first webhook, with which the call came in"),
        Missing.DIAL: _("who was dialled at position {position}"),
        Missing.DIAL_END: _("how the dial at position {position} ended (its action webhook)"),
        Missing.LEG_REPORTS: _("Twilio's reports on the leg to {label} at position {position}"),
        Missing.LEG_END: _("how the leg to {label} at position {position} ended"),
        Missing.TALK: _("how long {label} at position {position} was on the line"),
        Missing.WHO_ANSWERED: _("who answered"),
        Missing.END: _("the end of the call (its status webhook)"),
        Missing.DURATION: _("how long the call lasted"),
    }
)


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that is missing; `label` is the destination's."""

    code: Missing
    position: int | None = None
    label: str = ""


def find_gaps(
    evidence: Evidence, legs: Sequence[LegFacts], outcome: CallEnd, duration_s: int | None
) -> tuple[Gap, ...]:
    """Return what is missing, in the order of the call."""
    gaps = []
    if all(event.kind is not Kind.VOICE for event in evidence.caller_side):
        gaps.append(Gap(Missing.FIRST_WEBHOOK))
    for position in find_awaited_positions(evidence, legs):
        gaps += find_gaps_at(position, evidence, legs)
    if outcome in ("answered", "failed-over") and not any(leg.is_answered for leg in legs):
        gaps.append(Gap(Missing.WHO_ANSWERED))
    final = [
        event
        for event in evidence.caller_side
        if event.kind is Kind.STATUS and event.status in FINAL_CALL_STATUSES
    ]
    if not final:
        gaps.append(Gap(Missing.END))
    elif duration_s is None:
        gaps.append(Gap(Missing.DURATION))
    return tuple(gaps)


def find_awaited_positions(evidence: Evidence, legs: Sequence[LegFacts]) -> list[int]:
    """Return the positions of which Twilio must have spoken: all that were dialled."""
    placed = {leg.position for leg in legs if leg.position is not None}
    return sorted({*evidence.positions, *placed} - evidence.not_made)


def find_gaps_at(position: int, evidence: Evidence, legs: Sequence[LegFacts]) -> Iterator[Gap]:
    dial, end = evidence.dial_at(position), evidence.ends.get(position)
    here = [leg for leg in legs if leg.position == position]
    if dial is None:
        yield Gap(Missing.DIAL, position)
    # Where Twilio itself refused to dial there was no leg, and nothing to report.
    was_made = end is None or bool(end.leg_sid) or end.result.is_picked_up
    if was_made:
        silent = [leg.label for leg in here if not leg.status]
        if not here and dial:
            silent = [destination.label for destination in dial.destinations]
        yield from (Gap(Missing.LEG_REPORTS, position, label) for label in silent)
    for leg in here:
        was_picked_up = leg.status == "completed" or leg.dial_status in PICKED_UP
        if was_picked_up and leg.talk_s is None:
            yield Gap(Missing.TALK, position, leg.label)
        elif end is not None and leg.status and leg.cost is None and not was_picked_up:
            yield Gap(Missing.LEG_END, position, leg.label)
    if end is None:
        yield Gap(Missing.DIAL_END, position)


def dump_gap(gap: Gap) -> dict[str, Any]:
    """Return plain data for a JSON column; parse_gap() reads it back."""
    data: dict[str, Any] = {"code": gap.code.value}
    data |= {} if gap.position is None else {"position": gap.position}
    return data | ({"label": gap.label} if gap.label else {})


def parse_gap(data: Mapping[str, Any]) -> Gap:
    return Gap(Missing(data["code"]), data.get("position"), data.get("label", ""))


def describe_gap(gap: Gap) -> str:
    return WORDS[gap.code].format(
        position=gap.position, label=gap.label or gettext("somebody unknown")
    )
