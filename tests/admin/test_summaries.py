"""How a call is put into words."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from telephony.admin import formats
from telephony.admin.formats import minutes, money, spelled
from telephony.admin.summaries import (
    ANSWERED,
    BY_DIAL_END,
    BY_OUTCOME,
    describe_outcome,
    may_go_on,
    summarise,
)
from telephony.ledger import leg_cost
from telephony.models import CallLeg, CallRecord
from telephony.models.choices import CallOutcome
from telephony.records.gaps import dump_gap
from telephony.records.projection import project
from telephony.records.scene import LegKey, Side, find_scene
from telephony.records.store import CALL_FIELDS, LEG_FIELDS
from telephony.routing.results import Outcome
from tests import make
from tests import test_corpus as corpus


def told(*legs: CallLeg, sides: object = None, hours: float = 0, **fields: object) -> str:
    given = {"caller": make.CALLER, "called": make.NUMBER, "started_at": make.START}
    call = CallRecord(**{**given, **fields})
    now = make.START + timedelta(hours=hours)
    return summarise(call, legs, now, sides).removeprefix(
        "+1 202-555-0143 called +1 202-555-0100. "
    )


def leg(label: str = "Ana", position: int = 1, index: int = 0, **fields: object) -> CallLeg:
    return CallLeg(label=label, position=position, index=index, **fields)


def key(position: int = 1, index: int = 0, **fields: Any) -> dict[LegKey, Side]:
    return {(position, index, ""): Side(**fields)}


def line(talk_s: int, rate: str = "0.1525", **fields: object) -> dict[str, object]:
    """A leg that was picked up, by the ledger."""
    cost = leg_cost(talk_s, Decimal(rate))
    return {"status": "completed", "talk_s": talk_s, "cost": cost, **fields}


WINS = {"dial_status": "completed", "is_answered": True}
USD = {"currency": "USD", "dials": 1}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"dial_status": "no-answer"}, "did not answer"),
        ({"dial_status": "no-answer", "ring_s": 20}, "rang for 20 s and did not answer"),
        ({"dial_status": "busy", "sip_code": 486, "ring_s": 1}, "was busy"),
        ({"dial_status": "busy", "sip_code": 603}, "declined"),
        ({"dial_status": "busy", "sip_code": 603, "ring_s": 4}, "declined after 4 s"),
        ({"dial_status": "busy", "error_code": 13247}, "could not be reached"),
        ({"dial_status": "failed"}, "could not be reached"),
        ({"dial_status": "failed", "ring_s": 5}, "could not be reached, which took 5 s"),
        ({"dial_status": "canceled"}, "was cancelled"),
        ({"dial_status": "canceled", "ring_s": 3}, "rang for 3 s and was cancelled"),
        ({"dial_status": "completed", "talk_s": 3}, "picked up but was not put through"),
        ({"status": "completed"}, "picked up but was not put through"),
        (
            {"status": "completed", "ring_s": 65},
            "picked up after ringing for 1 min 5 s but was not put through",
        ),
        ({"status": "canceled"}, "stopped ringing"),
        ({"status": "canceled", "ring_s": 7}, "rang for 7 s and then stopped"),
        ({"status": "busy"}, "was busy"),
        ({"status": "ringing"}, "was rung"),
        ({}, "was not heard from"),
        ({"status": "in-progress"}, "picked up but was not put through"),
    ],
)
def test_each_end_of_a_leg_has_its_words(fields: dict[str, object], words: str) -> None:
    assert told(leg(**fields), outcome="unanswered") == (
        f"Ana {words}. Nobody answered. What it cost is not known."
    )


ANSWERED_CALL = {"outcome": "answered", "answered_by": "Ana", **USD}
ANSWERED_AFTER_FAILOVER = {"outcome": "failed-over", "answered_by": "Eva", **USD, "dials": 2}
UNREACHED = {"dial_status": "failed", "ring_s": 5, "cost": Decimal(0)}
# What is known of a call, and what is said after who called.
STORIES = {
    "answered, and saved against the fallback number": (
        [leg(**line(134, saved=Decimal("0.6825"), ring_s=6, **WINS))],
        {**ANSWERED_CALL, "cost": Decimal("0.4575")},
        "Ana answered after ringing for 6 s and talked for 2 min 14 s. "
        "It cost 0.4575 USD: 3 started minutes at 0.1525 USD. "
        "Forwarded through Twilio to the route's fallback number, 3 started minutes would have "
        "cost 1.14 USD at 0.38 USD, so 0.6825 USD was saved.",
    ),
    "answered at a price above the fallback number's": (
        [leg(**line(60, "0.5", saved=Decimal("-0.12"), **WINS))],
        {**ANSWERED_CALL, "cost": Decimal("0.5")},
        "Ana answered and talked for 1 min. It cost 0.50 USD: 1 started minute at 0.50 USD. "
        "Forwarded through Twilio to the route's fallback number, 1 started minute would have "
        "cost 0.38 USD at 0.38 USD, so 0.12 USD more was paid.",
    ),
    "answered at the fallback number's price": (
        [leg(**line(1, "0.38", saved=Decimal(0), **WINS))],
        {**ANSWERED_CALL, "cost": Decimal("0.38")},
        "Ana answered and talked for 1 s. It cost 0.38 USD: 1 started minute at 0.38 USD. "
        "Forwarded through Twilio to the route's fallback number, 1 started minute would have "
        "cost 0.38 USD at 0.38 USD, which is as much.",
    ),
    "answered without a fallback number to compare with": (
        [leg(**line(61, **WINS))],
        {**ANSWERED_CALL, "cost": Decimal("0.305")},
        "Ana answered and talked for 1 min 1 s. "
        "It cost 0.305 USD: 2 started minutes at 0.1525 USD.",
    ),
    "answered for no price": (
        [leg(**line(61, "0", **WINS))],
        {**ANSWERED_CALL, "cost": Decimal(0)},
        "Ana answered and talked for 1 min 1 s. It cost 0.00 USD: 2 started minutes at 0.00 USD.",
    ),
    "answered for not a second": (
        [leg(**line(0, saved=Decimal(0), **WINS))],
        {**ANSWERED_CALL, "cost": Decimal(0)},
        "Ana answered and talked for 0 s. It cost nothing.",
    ),
    "answered after failover": (
        [leg(**UNREACHED), leg("Eva", 2, **line(42, "0.38", ring_s=5, **WINS))],
        {**ANSWERED_AFTER_FAILOVER, "cost": Decimal("0.38")},
        "Ana could not be reached, which took 5 s; then Eva answered after ringing for 5 s and "
        "talked for 42 s. It cost 0.38 USD: 1 started minute at 0.38 USD.",
    ),
    "answered by the only one who was rung, as the first was out of service": (
        [leg("Eva", 2, **line(42, "0.38", **WINS))],
        {**ANSWERED_AFTER_FAILOVER, "dials": 1, "cost": Decimal("0.38")},
        "Eva answered after failover and talked for 42 s. "
        "It cost 0.38 USD: 1 started minute at 0.38 USD.",
    ),
    "one destination twice, of which the second time was answered": (
        [leg(dial_status="no-answer"), leg(position=2, **WINS)],
        ANSWERED_AFTER_FAILOVER,
        "Ana did not answer; then Ana answered. What it cost is not known.",
    ),
    "several rang together": (
        [
            leg("Ana", status="busy", cost=Decimal(0)),
            leg("Eva", index=1, **line(30, ring_s=8, **WINS)),
            leg("Leo", index=2, status="canceled", ring_s=8, cost=Decimal(0)),
        ],
        {**ANSWERED_CALL, "cost": Decimal("0.1525")},
        "Ana, Eva and Leo were dialled together: Ana was busy, Eva answered after ringing for 8 s "
        "and talked for 30 s, Leo rang for 8 s and then stopped. "
        "It cost 0.1525 USD: 1 started minute at 0.1525 USD.",
    ),
    "two of them picked up at once, and both cost": (
        [leg(**line(2)), leg("Eva", index=1, **line(61, "0.38", **WINS))],
        {**ANSWERED_CALL, "cost": Decimal("0.9125")},
        "Ana and Eva were dialled together: Ana picked up but was not put through, Eva answered "
        "and talked for 1 min 1 s. It cost 0.9125 USD: 1 started minute at 0.1525 USD of Ana, "
        "2 started minutes at 0.38 USD of Eva.",
    ),
    "answered by somebody unknown": (
        [leg(name, status="completed", index=i) for i, name in enumerate(("Ana", "Eva"))],
        {"outcome": "answered", "missing": [{"code": "who-answered"}], "hours": 7},
        "Ana and Eva were dialled together: Ana picked up, Eva picked up. "
        "Somebody answered, but who is not known. Parts of it were never heard of. "
        "What it cost is not known.",
    ),
    "legs of unknown places": (
        [leg(name, None, None, status="completed") for name in ("Ana", "")],
        {"outcome": "answered"},
        "Ana picked up, somebody picked up. Somebody answered, but who is not known. "
        "What it cost is not known.",
    ),
    "answered, and its end is still to come": (
        [leg(**line(30, **WINS))],
        {**ANSWERED_CALL, "cost": Decimal("0.1525"), "missing": [{"code": "end"}]},
        "Ana answered and talked for 30 s. Parts of it have not been heard of yet. "
        "It cost 0.1525 USD: 1 started minute at 0.1525 USD.",
    ),
    "nobody": (
        [leg(**UNREACHED), leg("Eva", 2, dial_status="no-answer", ring_s=20, cost=Decimal(0))],
        {"outcome": "unanswered", **USD, "cost": Decimal(0)},
        "Ana could not be reached, which took 5 s; then Eva rang for 20 s and did not answer. "
        "Nobody answered. It cost nothing.",
    ),
    "busy": (
        [leg(dial_status="busy", sip_code=486, cost=Decimal(0))],
        {"outcome": "busy", **USD, "cost": Decimal(0)},
        "Ana was busy. The caller was told that the line is busy. It cost nothing.",
    ),
    "the caller hung up": (
        [leg(dial_status="canceled", ring_s=12, cost=Decimal(0))],
        {"outcome": "caller-gone", **USD, "cost": Decimal(0)}
        | {"ended_at": make.START + timedelta(seconds=13)},
        "Ana rang for 12 s and was cancelled. "
        "The caller hung up after 13 s, before being put through. It cost nothing.",
    ),
    "the caller hung up before anybody was dialled": (
        [],
        {"outcome": "caller-gone", "cost": Decimal(0)},
        "The caller hung up.",
    ),
    "rejected": ([], {"outcome": "rejected", "cost": Decimal(0)}, "The call was rejected."),
    "in progress": (
        [leg(status="ringing")],
        {"outcome": "ringing", **USD},
        "Ana is ringing. The call is in progress. What it costs is known when it is over.",
    ),
    "in progress, and nobody was dialled yet": (
        [],
        {"outcome": "ringing"},
        "The call is in progress.",
    ),
    "its end was never heard": (
        [leg(status="ringing")],
        {"outcome": "ringing", **USD, "hours": 7},
        "Ana was rung. The end of the call was never heard. What it cost is not known.",
    ),
    "somebody was on the line when it was last heard of": (
        [leg(status="in-progress", ring_s=4)],
        {"outcome": "ringing", **USD},
        "Ana picked up after ringing for 4 s. The call is in progress. "
        "What it costs is known when it is over.",
    ),
    "the panel knows nothing of it": (
        [],
        {"outcome": "unknown"},
        "How it ended is not known to the panel. What it cost is not known.",
    ),
    "it came while the panel was down": (
        [],
        {"outcome": "unknown", "missing": [{"code": "first-webhook"}]},
        "The panel was not asked what to do: it was down, or a static document took the call. "
        "What it cost is not known.",
    ),
    "a key was pressed": (
        [leg(**line(60, ring_s=4, **WINS))],
        {**ANSWERED_CALL, "cost": Decimal("0.1525"), "sides": key(key="pressed")},
        "Ana answered after ringing for 4 s, pressed the key and talked for 1 min. "
        "It cost 0.1525 USD: 1 started minute at 0.1525 USD.",
    ),
    "no key was pressed, by a mailbox": (
        [leg(**line(9), dial_status="completed")],
        {"outcome": "unanswered", **USD, "cost": Decimal("0.1525"), "sides": key(key="asked")},
        "Ana picked up, but is not known to have pressed a key and was not put through. "
        "Nobody answered. It cost 0.1525 USD: 1 started minute at 0.1525 USD.",
    ),
    "a key is being asked for": (
        [leg(status="in-progress")],
        {"outcome": "ringing", **USD, "sides": key(key="asked")},
        "Ana picked up and is asked for a key. The call is in progress. "
        "What it costs is known when it is over.",
    ),
    "a key was pressed, and the caller was gone": (
        [leg(**line(9), dial_status="completed")],
        {"outcome": "caller-gone", **USD, "cost": Decimal("0.1525"), "sides": key(key="pressed")},
        "Ana picked up and pressed the key but was not put through. "
        "The caller hung up, before being put through. "
        "It cost 0.1525 USD: 1 started minute at 0.1525 USD.",
    ),
    "the currency was changed between two dials": (
        [leg(**line(9), dial_status="completed"), leg("Eva", 2, **line(9, "0.4", **WINS))],
        {**ANSWERED_AFTER_FAILOVER, "cost": Decimal("0.5525")}
        | {"sides": key(currency="USD") | key(2, currency="EUR")},
        "Ana picked up but was not put through; then Eva answered and talked for 9 s. "
        "It cost 0.1525 USD and 0.40 EUR: 1 started minute at 0.1525 USD of Ana, "
        "1 started minute at 0.40 EUR of Eva.",
    ),
    "rehearsed": (
        [leg(**line(9, saved=Decimal("0.2275"), **WINS))],
        {**ANSWERED_CALL, "cost": Decimal("0.1525"), "is_simulated": True},
        "Ana answered and talked for 9 s. "
        "It would have cost 0.1525 USD: 1 started minute at 0.1525 USD. "
        "Forwarded through Twilio to the route's fallback number, 1 started minute would have "
        "cost 0.38 USD at 0.38 USD, so this would be 0.2275 USD less. "
        "This was a rehearsal: no telephone rang.",
    ),
    "nobody knows who or what": (
        [],
        {"caller": "", "called": "", "outcome": "ringing"},
        ("An unknown caller called an unknown number. The call is in progress."),
    ),
    "forwarded": (
        [],
        {"forwarded_from": "099", "outcome": "rejected"},
        (
            "+1 202-555-0143 called +1 202-555-0100, forwarded from 099. The call was rejected. "
            "What it cost is not known."
        ),
    ),
}


@pytest.mark.parametrize("name", STORIES)
def test_each_call_is_told_as_far_as_it_is_known(name: str) -> None:
    legs, fields, words = STORIES[name]
    assert told(*legs, **fields) == words


def test_every_end_has_its_words() -> None:
    assert {*BY_DIAL_END, Outcome.ANSWERED, Outcome.CALLER_GONE} == set(Outcome)
    assert {*BY_OUTCOME, *ANSWERED, CallOutcome.CALLER_GONE} == set(CallOutcome)
    assert {fields["outcome"] for _, fields, _ in STORIES.values()} == set(CallOutcome.values)


def test_a_callers_name_cannot_turn_the_sentence_around() -> None:
    call = CallRecord(caller="sip:\u202eeve@x", called="\u2067+1", started_at=make.START)
    call.outcome = "rejected"
    assert summarise(call, [], make.START).startswith("sip:eve@x called +1. The call was rejected.")


@pytest.mark.parametrize("place", sorted(corpus.ROWS))
def test_a_real_body_alone_is_told_without_saying_more_than_it_proves(place: int) -> None:
    events = [corpus.event_of(place)]
    facts, scene = project(events), find_scene(events, make.START)
    call = CallRecord(**{name: getattr(facts, name) for name in CALL_FIELDS if name != "missing"})
    call.missing = [dump_gap(gap) for gap in facts.missing]
    legs = [CallLeg(**{name: getattr(each, name) for name in LEG_FIELDS}) for each in facts.legs]
    words = summarise(call, legs, make.START, scene.legs)
    caller = formats.number(facts.caller) or "An unknown caller"
    assert words.startswith(f"{caller} called ")
    assert (" answered" in words) == (facts.outcome in ANSWERED)
    assert ("It cost " in words) == (facts.cost is not None and facts.dials > 0)
    assert ("was saved" in words) == bool(facts.saved)
    assert "None" not in words
    if facts.talk_s:
        assert f"talked for {spelled(facts.talk_s)}" in words


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("0.38", "0.38 USD"), ("0.1525", "0.1525 USD"), ("0", "0.00 USD"), ("-0.10000", "-0.10 USD")],
)
def test_money_has_two_decimals_or_what_it_needs(amount: str, shown: str) -> None:
    assert money(Decimal(amount), "USD") == shown


def test_minutes_count_on_past_an_hour() -> None:
    assert minutes(3905) == "65:05"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (134, "2 min 14 s"), (3905, "1 h 5 min 5 s")],
)
def test_seconds_are_spelled_for_a_sentence(seconds: int, words: str) -> None:
    assert spelled(seconds) == words


@pytest.mark.parametrize(("hours", "words"), [(5, "in progress"), (7, "end never heard")])
def test_a_call_whose_end_never_came_is_not_in_progress_for_ever(hours: int, words: str) -> None:
    call = CallRecord(outcome="ringing", started_at=make.START)
    now = make.START + timedelta(hours=hours)
    assert describe_outcome(call, now) == words
    assert ("The end of the call was never heard" in summarise(call, [], now)) is not may_go_on(
        call, now
    )
