"""Tries a route: plays a call on a directory, saved or not, and tells what happens and why.

The webhooks' own code decides, and the records' own code reckons. Nothing is recorded, and neither
the live directory nor what is known of the servers is touched.
"""

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import cast

from telephony.records.decision import RecordedDecision, RecordedDial, RungDestination, record_of
from telephony.records.event import Event, make_event
from telephony.records.projection import CallFacts, project
from telephony.records.timeline import describe_answer
from telephony.rehearsal.endings import DIAL_ENDINGS, cut_off, find_last
from telephony.rehearsal.player import Player, Scenario
from telephony.routing.directory import Directory
from telephony.routing.reasons import explain, explain_passed_over
from telephony.webhooks.answer import ASKING, decide_on
from telephony.wire.callbacks import parse_callback
from telephony.wire.paths import Kind, parse_url
from telephony.wire.static import mask_static
from telephony.wire.twiml import EMPTY, render

# What a destination can do in a trial, and how the story tells it.
ANSWERS = "completed"
DOES: Mapping[str, str] = MappingProxyType(
    {
        ANSWERS: "answers",
        "mailbox": "has a mailbox that picks up",
        "busy": "is busy",
        "declined": "declines",
        "no-answer": "does not answer",
        "failed": "cannot be reached",
        "hangup": "rings until the caller hangs up",
    }
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A call to be tried. `does` says what each destination does, by its key; others answer."""

    called: str
    account_sid: str
    caller: str
    at: datetime
    does: Mapping[str, str]
    talk_s: int = 60


@dataclass(frozen=True, slots=True)
class Moment:
    """What happened, and what Twilio was told then, with its document. No password is in it."""

    after_s: int
    happened: str
    answer: str
    reason: str
    passed_over: tuple[str, ...]
    twiml: str


@dataclass(frozen=True, slots=True)
class Trial:
    """The story of a call, and what its record would hold. `waited_s` is the caller's patience."""

    moments: tuple[Moment, ...]
    facts: CallFacts
    waited_s: int


def attempt(directory: Directory, wanted: Attempt, base_url: str) -> Trial:
    """Play a call on this directory; `base_url` is the panel's public address."""
    started_at = wanted.at.replace(microsecond=0)
    stage = _Stage(directory, wanted.does, base_url)
    scenario = Scenario(
        called=wanted.called,
        caller=wanted.caller,
        account_sid=wanted.account_sid,
        base_url=base_url,
        outcomes=(),
        talk_s=wanted.talk_s,
    )
    player = Player(scenario, stage.post, started_at, time_passes=True, choose=stage.choose)
    for _ in player.play():
        pass
    # There is none only of a call of which nothing was heard.
    facts = cast(CallFacts, project(stage.events))
    moments = tuple(_tell(stage, wanted, started_at))
    last = stage.answers[-1][0].received_at
    waited = (facts.answered_at or last) - started_at
    return Trial(moments, facts, int(waited.total_seconds()))


class _Stage:
    """Answers one player as the panel would, and keeps what was said in memory."""

    def __init__(self, directory: Directory, does: Mapping[str, str], base_url: str) -> None:
        self._directory = directory
        self._does = does
        self._base_url = base_url
        self.events: list[Event] = []
        self.answers: list[tuple[Event, RecordedDecision, str]] = []
        self.dial: RecordedDial | None = None

    def post(self, url: str, params: Mapping[str, str], at: datetime) -> str:
        address = parse_url(url, self._base_url)
        if address is None:
            raise ValueError(f"{url} is not one of the panel's webhooks")
        callback = parse_callback(address, {name: [value] for name, value in params.items()})
        if callback.kind not in ASKING:
            self.events.append(make_event(callback, at, None))
            return EMPTY
        decision = decide_on(callback, self._directory, at)
        recorded = record_of(decision, self._directory)
        event, twiml = make_event(callback, at, recorded), render(decision, self._base_url)
        self.events.append(event)
        self.answers.append((event, recorded, twiml))
        self.dial = recorded.dial or self.dial
        return twiml

    def choose(self, sides: int) -> Sequence[str]:
        rung = self.dial.destinations[:sides] if self.dial else ()
        return [self.does(each) for each in rung]

    def does(self, rung: RungDestination) -> str:
        return self._does.get(rung.key, ANSWERS)


def _tell(stage: _Stage, wanted: Attempt, started_at: datetime) -> list[Moment]:
    told = []
    dial: RecordedDial | None = None
    for event, decision, twiml in stage.answers:
        told.append(
            Moment(
                after_s=int((event.received_at - started_at).total_seconds()),
                happened=_happened(event, dial, stage, wanted),
                answer=describe_answer(decision),
                reason=explain(decision.reasons),
                passed_over=tuple(map(explain_passed_over, decision.passed_over)),
                twiml=_laid_out(twiml),
            )
        )
        dial = decision.dial or dial
    return told


def _happened(event: Event, dial: RecordedDial | None, stage: _Stage, wanted: Attempt) -> str:
    if dial is None:
        return f"{wanted.caller} calls {wanted.called}."
    does = [stage.does(rung) for rung in dial.destinations]
    endings = [DIAL_ENDINGS[name] for name in does]
    last = find_last(endings)
    who = dial.destinations[last].label
    if event.kind is Kind.SCREEN:
        return f"{who} picks up."
    if endings[last].is_picked_up:
        return _picked_up(who, event, dial.destinations[last], does[last])
    cut = cut_off(endings, last)
    return (
        "; ".join(
            f"{rung.label} {DOES[name] if end is DIAL_ENDINGS[name] else 'stops ringing'}"
            for rung, name, end in zip(dial.destinations, does, cut, strict=True)
        )
        + "."
    )


def _picked_up(who: str, event: Event, rung: RungDestination, does: str) -> str:
    if not event.result.is_answered:
        return f"Nobody presses a key at {who}: it was a mailbox."
    talk = f"they have talked for {event.first('DialCallDuration') or 0} s"
    if does == "mailbox" and not rung.ask_for_key:
        return f"A mailbox of {who} takes the call for a person's answer; {talk}."
    return f"{who} has answered; {talk}."


def _laid_out(twiml: str) -> str:
    document = ET.fromstring(twiml)  # noqa: S314  our own panel wrote it
    ET.indent(document)
    return mask_static(ET.tostring(document, encoding="unicode"))
