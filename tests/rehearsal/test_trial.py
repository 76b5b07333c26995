"""A trial tells what the webhooks would have answered and what the record would have held."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from telephony.models import CallRecord, RouteStep
from telephony.records.store import CALL_FIELDS, LEG_FIELDS
from telephony.rehearsal.endings import DIAL_ENDINGS
from telephony.rehearsal.player import Player, Scenario
from telephony.rehearsal.trial import DOES, Attempt, Trial, attempt
from telephony.routing.directory import Directory
from telephony.snapshots.directory import load_directory, load_directory_as_if
from telephony.wire.static import mask_static
from tests import make, twilio

ANA = make.sip("ana", label="Ana")
BRUNO = make.sip("bruno", label="Bruno")
MOBILE = make.mobile(label="the mobile")
ASKING = make.mobile("+59898888888", label="the night line", ask_for_key=True)


def wanted(does: Mapping[str, str], **fields: object) -> Attempt:
    known = {"called": make.NUMBER, "account_sid": make.ACCOUNT_SID, "caller": make.CALLER}
    return Attempt(**{**known, "at": make.START, "does": does, **fields})


def try_on(live: Directory, does: Mapping[str, str], **fields: object) -> Trial:
    return attempt(live, wanted(does, **fields), twilio.PUBLIC)


def story(*route: object, **fields: object) -> Trial:
    """Try a route of (destination, what it does); a list of them rings together."""
    steps, does = [], {}
    for position, group in enumerate(route, start=1):
        for destination, what in group if isinstance(group, list) else [group]:
            steps.append(make.step(position, destination))
            does[destination.key] = what
    return try_on(make.directory(make.number(*steps)), does, **fields)


def happened(trial: Trial) -> list[str]:
    return [moment.happened for moment in trial.moments]


@pytest.mark.parametrize(
    ("route", "told", "outcome", "waited_s"),
    [
        ([(ANA, "completed")], ["Ana has answered; they have talked for 60 s."], "answered", 6),
        ([(ANA, "busy")], ["Ana is busy."], "busy", 6),
        ([(ANA, "declined")], ["Ana declines."], "unanswered", 6),
        ([(ANA, "hangup")], ["Ana rings until the caller hangs up."], "caller-gone", 6),
        (
            [(ANA, "no-answer"), (MOBILE, "completed")],
            ["Ana does not answer.", "the mobile has answered; they have talked for 60 s."],
            "failed-over",
            26,
        ),
        (
            [(ASKING, "mailbox"), (ANA, "completed")],
            [
                "the night line picks up.",
                "Nobody presses a key at the night line: it was a mailbox.",
                "Ana has answered; they have talked for 60 s.",
            ],
            "failed-over",
            24,
        ),
        (
            [(ANA, "mailbox")],
            ["A mailbox of Ana takes the call for a person's answer; they have talked for 60 s."],
            "answered",
            6,
        ),
        (
            [[(ANA, "busy"), (BRUNO, "no-answer")], (MOBILE, "failed")],
            ["Ana is busy; Bruno does not answer.", "the mobile cannot be reached."],
            "unanswered",
            26,
        ),
        (
            [[(ANA, "mailbox"), (BRUNO, "completed")]],
            ["Bruno has answered; they have talked for 60 s."],
            "answered",
            6,
        ),
        (
            [[(ANA, "hangup"), (BRUNO, "no-answer")]],
            ["Ana rings until the caller hangs up; Bruno stops ringing."],
            "caller-gone",
            6,
        ),
    ],
)
def test_a_story_is_told_in_everyday_words(route, told, outcome, waited_s):
    trial = story(*route)
    assert happened(trial) == [f"{make.CALLER} calls {make.NUMBER}.", *told]
    assert (trial.facts.outcome, trial.waited_s) == (outcome, waited_s)


def test_everything_a_destination_can_do_can_be_played():
    assert set(DOES) <= set(DIAL_ENDINGS)


def test_talk_is_reckoned_as_in_the_records():
    trial = story((ANA, "failed"), (MOBILE, "completed"), talk_s=61)
    assert (trial.facts.talk_s, trial.facts.cost) == (61, Decimal("0.76"))


def test_whoever_is_not_named_answers():
    assert try_on(make.directory(make.number(ANA)), {}).facts.answered_by == "Ana"


def test_what_is_passed_over_is_told_with_its_reason():
    later = make.START + timedelta(hours=1)
    held = replace(ANA, held_until=later)
    live = make.directory(make.number(ANA, MOBILE))
    live = replace(live, destinations={**live.destinations, ANA.key: held})
    assert try_on(live, {}).moments[0].passed_over == (
        "Ana at position 1: its server is out of service",
    )
    assert try_on(live, {}, at=later).moments[0].passed_over == ()


def test_a_number_that_is_not_ours_is_rejected():
    trial = story((ANA, "completed"), called="+12025550199")
    assert [moment.answer for moment in trial.moments] == ["Reject the call"]
    assert (trial.waited_s, trial.facts.cost) == (0, Decimal(0))


SAME = [
    ("completed", "completed", "completed"),
    ("no-answer", "failed", "completed"),
    ("busy", "declined", "no-answer"),
    ("hangup", "completed", "completed"),
    ("no-answer", "no-answer", "mailbox"),
]


@pytest.mark.parametrize("does", SAME)
def test_a_trial_and_a_call_by_webhook_agree(ask: Callable[..., twilio.Answer], does):
    """The server's real entry, its journal and its database, against the trial in memory."""
    endpoint, mobile = make.make_endpoint(), make.make_fallback()
    asking = make.make_fallback(e164="+59898888888", ask_for_key=True)
    number = make.make_number(endpoint)
    make.make_step(number, mobile, position=1)
    make.make_step(number, asking, position=2)
    keys = [step.key for step in number.steps.order_by("position", "pk")]
    told = dict(zip(keys, does, strict=True))
    documents: list[str] = []

    def post(url: str, fields: Mapping[str, str], at: datetime) -> str:
        answer = ask(twilio.sign(url.removeprefix(twilio.PUBLIC), dict(fields)))
        if "/leg/" not in url and "/status/" not in url and "/key/" not in url:
            documents.append(answer.text)
        return answer.text

    def choose(sides: int) -> list[str]:
        return list(does[:2] if sides == 2 else does[2:])

    scenario = Scenario(make.NUMBER, make.CALLER, make.ACCOUNT_SID, twilio.PUBLIC, (), talk_s=60)
    player = Player(scenario, post, make.START, time_passes=True, choose=choose)
    assert list(player.play())
    record = CallRecord.objects.get(pk=player.call_sid)
    trial = try_on(load_directory(), told)

    # Both clocks: the player's, and the panel's own, by which it received the real webhooks.
    clocks = {"call_sid", "started_at", "answered_at", "ended_at", "missing"}
    for name in set(CALL_FIELDS) - clocks:
        assert getattr(record, name) == getattr(trial.facts, name), name
    for leg, facts in zip(record.legs.all(), trial.facts.legs, strict=True):
        for name in set(LEG_FIELDS) - {"leg_sid", "ring_s"}:
            assert getattr(leg, name) == getattr(facts, name), name
    assert record.missing == []
    assert trial.facts.missing == ()
    told_twilio = ["".join(moment.twiml.split()) for moment in trial.moments]
    assert told_twilio == [bare(text) for text in documents]


def bare(twiml: str) -> str:
    return "".join(mask_static(twiml).partition("?>")[2].split())


@pytest.mark.django_db
def test_a_directory_as_if_has_the_new_number_in_the_place_of_the_old_and_steps_in_order():
    number = make.make_number(make.make_endpoint())
    make.make_number(e164="+12025550199")
    first = RouteStep(number=number, position=1, fallback_number=make.make_fallback())
    second = number.steps.get()
    number.e164, second.position = "+12025550177", 2

    live = load_directory_as_if(number, [second, first])

    assert {e164 for e164, _ in live.numbers} == {"+12025550177", "+12025550199"}
    route = live.find("+12025550177", make.ACCOUNT_SID).steps
    assert [step.key for step in route] == [first.key, second.key]
