"""Sorts out the webhooks of one call: which side each speaks of, which answers count, how dials ended.

Steps 1 to 4 of docs/records.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from telephony.records.decision import RecordedDecision, RecordedDial, RungDestination
from telephony.records.event import Event
from telephony.routing.destinations import bare_address
from telephony.routing.results import FINAL_CALL_STATUSES, Outcome
from telephony.wire.forms import to_int
from telephony.wire.paths import PREFIX, Kind, parse_path

# A webhook that asks: its kind, its position, and if an answer has failed, which one.
Question = tuple[Kind, int | None, str]
# Kinds that come when a dial has ended, or when the answer to that has failed.
ENDING = (Kind.ACTION, Kind.FAILED)
LAST_WORDS = ("say", "reject", "hangup")
# Final call statuses of a caller who was never put through to anybody.
NEVER_ANSWERED = FINAL_CALL_STATUSES - {"completed"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What we told Twilio, and when.

    `position` is that of the dial after which Twilio asked, 0 for the first webhook, None if unknown.
    If it `has_failed`, Twilio could not execute it.
    """

    decision: RecordedDecision
    given_at: datetime
    position: int | None
    has_failed: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was received of one call.

    `caller_side` are the webhooks that speak of the caller's side, `leg_side` those of dialled
    sides, each as they were received. By position: `dials` are the answers that told Twilio to
    dial, `ends` the webhooks that told how that dial ended. `positions` are all that are known to
    have been dialled, those of `not_made` in vain: Twilio could not execute the answer.
    `last_words` are the answers that ended the call. `ended_at` is None where nobody knows when it
    ended; it `is_over` if it has, or must have by now.
    """

    caller_side: tuple[Event, ...]
    leg_side: tuple[Event, ...]
    dials: Mapping[int, RecordedDecision]
    ends: Mapping[int, Event]
    positions: tuple[int, ...]
    not_made: frozenset[int]
    last_words: tuple[RecordedDecision, ...]
    ended_at: datetime | None

    @property
    def is_over(self) -> bool:
        was_closed = any(event.kind is Kind.CLOSED for event in self.caller_side)
        return self.ended_at is not None or was_closed

    @property
    def was_never_answered(self) -> bool:
        """Whether Twilio says that the caller was never put through.

        With answerOnBridge the caller's side is `completed` only after that.
        """
        reports = [event.status for event in self.caller_side if event.kind is Kind.STATUS]
        return any(status in NEVER_ANSWERED for status in reports) and "completed" not in reports

    @property
    def is_every_dial_known(self) -> bool:
        """Whether no dial can have been made of which nothing was heard."""
        # The first answer dialled the first of them; each other one is told by the one before.
        first = (Kind.VOICE, None, "")
        has_begun = any(
            first in (_question_of(event), _failed_question(event)) for event in self.caller_side
        )
        return has_begun and all(position in self.dials for position in self.positions)

    def dial_at(self, position: int | None) -> RecordedDial | None:
        answer = None if position is None else self.dials.get(position)
        return answer.dial if answer else None


def gather_evidence(events: Iterable[Event]) -> Evidence:
    """Return what the webhooks of one call say."""
    distinct = keep_owners(keep_first_of_each(events))
    caller_side = [event for event in distinct if not event.is_of_leg]
    # Without ParentCallSid nobody knows which call the leg belongs to.
    leg_side = [event for event in distinct if event.is_of_leg and event.first("ParentCallSid")]
    ends = find_ends(caller_side)
    answers = find_answers(caller_side)
    spoken_of = {_position_of(event) for event in caller_side if event.kind in ENDING}
    heard = {p for p in (*spoken_of, *(event.position for event in leg_side)) if p is not None}
    last_words = find_last_words(answers, furthest=max(heard, default=0))
    dials = find_dials(caller_side, answers, leg_side)
    told = {a.decision.dial.position: a for a in answers if a.decision.dial}
    return Evidence(
        tuple(caller_side),
        tuple(leg_side),
        dials,
        ends,
        tuple(sorted({*dials, *heard, *told})),
        frozenset(p for p, a in told.items() if a.has_failed and p not in heard),
        tuple(answer.decision for answer in last_words),
        find_end(caller_side, last_words),
    )


def keep_first_of_each(events: Iterable[Event]) -> list[Event]:
    """Return one event of each identity, the first received, in the order of reception."""
    kept: dict[str, Event] = {}
    for event in sorted(events, key=lambda event: (event.received_at, event.identity)):
        kept.setdefault(event.identity, event)
    return list(kept.values())


def keep_owners(events: Sequence[Event]) -> list[Event]:
    """Return the webhooks of the account that owns the call.

    Another account's token signs for that account only, and must not tell of this one's calls.
    """
    owners = [
        e for e in events if e.kind is Kind.VOICE and e.decision and e.decision.verb != "reject"
    ]
    owner = next(iter([*owners, *events]), None)
    return [event for event in events if owner and event.account_sid == owner.account_sid]


def find_ends(caller_side: Sequence[Event]) -> dict[int, Event]:
    """Return position -> the webhook that told how its dial ended: the last, but an answered one first."""
    ends: dict[int, Event] = {}
    for event in caller_side:
        if event.kind not in ENDING:
            continue
        position = _position_of(event)
        tells = event.kind is Kind.ACTION or bool(event.result.dial_status)
        if position is None or not tells:
            continue
        known = ends.get(position)
        if known is None or event.result.is_answered or not known.result.is_answered:
            ends[position] = event
    return dict(sorted(ends.items()))


def find_answers(caller_side: Sequence[Event]) -> list[Answer]:
    """Return the answer to each question that counts: the last, unless Twilio could not use it.

    An answer that could not be executed was given all the same: what it dialled was tried. What it
    said was not heard.
    """
    given: dict[Question, Answer] = {}
    failed: dict[Question, Event] = {}
    for event in caller_side:
        if event.decision is not None:
            answer = Answer(event.decision, event.received_at, _asked_after(event))
            given[_question_of(event)] = answer
        if event.kind is Kind.FAILED:
            failed[_failed_question(event)] = event
    counting = [answer for question, answer in given.items() if question not in failed]
    counting += [
        replace(answer, has_failed=True)
        for question, answer in given.items()
        if question in failed
        and answer.decision.verb == "dial"
        and not _was_not_fetched(failed[question])
    ]
    return counting


def find_last_words(answers: Sequence[Answer], furthest: int) -> list[Answer]:
    """Return the answers that ended the call; `furthest` is the last position of which Twilio spoke.

    One that was given before that position was dialled did not end the call, unless it only
    repeats what Twilio had said: that the call was answered, or that the caller had hung up.
    """
    return [
        answer
        for answer in answers
        if answer.decision.verb in LAST_WORDS
        and (
            answer.position is None
            or answer.position >= furthest
            or answer.decision.because in (Outcome.ANSWERED, Outcome.CALLER_GONE)
        )
    ]


def find_dials(
    caller_side: Sequence[Event], answers: Sequence[Answer], leg_side: Sequence[Event]
) -> dict[int, RecordedDecision]:
    """Return position -> the answer that told Twilio to dial it.

    It is the one that counts, unless the legs' webhooks name others than it dialled: then it is the
    last that dialled whom they name, if there is one.
    """
    dials = {a.decision.dial.position: a.decision for a in answers if a.decision.dial}
    others = [event.decision for event in caller_side if event.decision and event.decision.dial]
    for position in {*dials, *(event.position for event in leg_side if event.position)}:
        named = [event for event in leg_side if event.position == position and event.first("To")]
        if not named or (position in dials and _has_dialled(dials[position], position, named)):
            continue
        dials.pop(position, None)
        for told in others:
            if _has_dialled(told, position, named):
                dials[position] = told
    return dict(sorted(dials.items()))


def find_end(caller_side: Sequence[Event], last_words: Sequence[Answer]) -> datetime | None:
    """Return when the call ended: Twilio's time, else that of a final status, else our last word's."""
    final = [event for event in caller_side if event.status in FINAL_CALL_STATUSES]
    told = [event.happened_at for event in final if event.kind is Kind.STATUS]
    said = [answer.given_at for answer in last_words]
    return min(told or [event.received_at for event in final] or said, default=None)


def names(webhook: Event, destination: RungDestination) -> bool:
    """Whether a leg's webhook has this destination in To. Twilio leaves out a SIP URI's options."""
    return bare_address(webhook.first("To")) == bare_address(destination.uri)


def _has_dialled(told: RecordedDecision, position: int, named: Sequence[Event]) -> bool:
    """Whether all these webhooks of legs at a position name whom this answer dialled at their place."""
    dial = told.dial
    return (
        dial is not None
        and dial.position == position
        and all(
            (event.index or 0) < len(dial.destinations)
            and names(event, dial.destinations[event.index or 0])
            for event in named
        )
    )


def _asked_after(event: Event) -> int | None:
    return 0 if event.kind is Kind.VOICE else _position_of(event)


def _question_of(event: Event) -> Question:
    if event.kind is Kind.FAILED:
        return event.kind, None, event.first("ErrorUrl")
    return event.kind, event.position, ""


def _failed_question(event: Event) -> Question:
    """Return the question whose answer has failed; if none of ours has, one that nobody asks."""
    path = _path_of_failed(event)
    address = parse_path(path)
    return (address.kind, address.position, "") if address else (Kind.FAILED, None, path)


def _position_of(event: Event) -> int | None:
    """Return the position whose end a webhook reports; that of a failed answer is in its ErrorUrl."""
    if event.kind is not Kind.FAILED or event.position is not None:
        return event.position
    address = parse_path(_path_of_failed(event))
    return address.position if address else None


def _path_of_failed(event: Event) -> str:
    try:
        path = urlsplit(event.first("ErrorUrl")).path
    except ValueError:
        return ""
    # The panel's public address may have a path of its own before ours.
    return path[max(path.rfind(PREFIX), 0) :]


def _was_not_fetched(failed: Event) -> bool:
    """Whether nothing of the answer was done. Source: Twilio's error dictionary, 11000 to 11999."""
    return 11000 <= (to_int(failed.first("ErrorCode")) or 0) <= 11999
