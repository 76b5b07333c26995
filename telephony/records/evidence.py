"""Sorts out the webhooks of one call: which side each speaks of, which answers count, how dials ended.

Steps 1 to 4 of docs/records.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from telephony.records.decision import RecordedDecision, RecordedDial
from telephony.records.event import Event
from telephony.routing.results import FINAL_CALL_STATUSES
from telephony.wire.forms import to_int
from telephony.wire.paths import PREFIX, Kind, parse_path

# A webhook that asks: its kind, its position, and if an answer has failed, which one.
Question = tuple[Kind, int | None, str]
LAST_WORDS = ("say", "reject", "hangup")
# Final call statuses of a caller who was never put through to anybody.
NEVER_ANSWERED = FINAL_CALL_STATUSES - {"completed"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What we told Twilio, and when."""

    decision: RecordedDecision
    given_at: datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was received of one call.

    `caller_side` are the webhooks that speak of the caller's side, `leg_side` those of dialled
    sides, each as they were received. By position: `dials` are the answers that told Twilio to
    dial, `ends` the webhooks that told how that dial ended. `last_words` are the answers that
    ended the call, the first of them given at `last_word_at`.
    """

    caller_side: tuple[Event, ...]
    leg_side: tuple[Event, ...]
    dials: Mapping[int, RecordedDecision]
    ends: Mapping[int, Event]
    last_words: tuple[RecordedDecision, ...]
    last_word_at: datetime | None

    @property
    def was_never_answered(self) -> bool:
        """Whether Twilio says that the caller was never put through.

        With answerOnBridge the caller's side is `completed` only after that.
        """
        reports = [event.status for event in self.caller_side if event.kind is Kind.STATUS]
        return any(status in NEVER_ANSWERED for status in reports) and "completed" not in reports

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
    last_words = [answer for answer in answers if answer.decision.verb in LAST_WORDS]
    heard = {*ends, *(event.position for event in leg_side)}
    return Evidence(
        tuple(caller_side),
        tuple(leg_side),
        find_dials(caller_side, answers, heard),
        ends,
        tuple(answer.decision for answer in last_words),
        min((answer.given_at for answer in last_words), default=None),
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
        if event.kind not in (Kind.ACTION, Kind.FAILED):
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
            given[_question_of(event)] = Answer(event.decision, event.received_at)
        if event.kind is Kind.FAILED:
            failed[_failed_question(event)] = event
    return [
        answer
        for question, answer in given.items()
        if question not in failed
        or (answer.decision.verb == "dial" and not _was_not_fetched(failed[question]))
    ]


def find_dials(
    caller_side: Sequence[Event], answers: Sequence[Answer], heard: set[int | None]
) -> dict[int, RecordedDecision]:
    """Return position -> the answer that told Twilio to dial it.

    An answer that does not count is passed over, unless Twilio has spoken of just what it dialled.
    """
    dials: dict[int, RecordedDecision] = {}
    for event in caller_side:
        if event.decision and event.decision.dial and event.decision.dial.position in heard:
            dials[event.decision.dial.position] = event.decision
    for answer in answers:
        if answer.decision.dial:
            dials[answer.decision.dial.position] = answer.decision
    return dict(sorted(dials.items()))


def _question_of(event: Event) -> Question:
    if event.kind is Kind.FAILED:
        return event.kind, None, event.first("ErrorUrl")
    return event.kind, event.position, ""


def _failed_question(event: Event) -> Question:
    """Return the question whose answer has failed; if the URL is not ours, one that nobody asks."""
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
