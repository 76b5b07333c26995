"""The player does what Twilio does: its calls pass through the server's entry and become records."""

from collections.abc import Callable, Mapping

import pytest

from telephony.models import CallRecord, RouteStep
from telephony.rehearsal.endings import DIAL_ENDINGS
from telephony.rehearsal.player import Player, Scenario, WebhookFailed
from tests import make, twilio

Play = Callable[..., tuple[Player, str, CallRecord | None]]


@pytest.fixture
def play(ask: Callable[..., twilio.Answer]) -> Play:
    """Play a call with these outcomes, and return the player, its story and the record.

    Paths in `broken` are answered with 503, as by a panel that cannot answer now.
    """

    def play(*outcomes: str, broken: tuple[str, ...] = (), called: str = make.NUMBER):
        def post(url: str, fields: Mapping[str, str], at: object) -> str:
            path = url.removeprefix(twilio.PUBLIC)
            if path.startswith(broken):
                raise WebhookFailed(503, "The panel cannot answer now.")
            answer = ask(twilio.sign(path, dict(fields)))
            if answer.status != 200:
                raise WebhookFailed(answer.status, answer.text)
            return answer.text

        scenario = Scenario(called, make.CALLER, make.ACCOUNT_SID, twilio.PUBLIC, outcomes)
        player = Player(scenario, post, make.START, time_passes=True)
        story = "\n".join(player.play())
        return player, story, CallRecord.objects.filter(pk=player.call_sid).first()

    return play


# What --outcomes says, and what becomes of the story's route of an endpoint and a mobile.
PLAYED = [
    (("completed",), "answered", "myext@office"),
    (("busy",), "busy", ""),
    (("declined",), "unanswered", ""),
    (("no-answer", "completed"), "failed-over", make.MOBILE),
    (("failed", "completed"), "failed-over", make.MOBILE),
    (("refused", "completed"), "failed-over", make.MOBILE),
    (("failed", "no-answer"), "unanswered", ""),
    (("canceled",), "unanswered", ""),
    (("hangup",), "caller-gone", ""),
    # Nobody asks for a key here, so the mailbox is taken for a person, as Twilio would.
    (("mailbox",), "answered", "myext@office"),
]


@pytest.mark.parametrize(("outcomes", "outcome", "by"), PLAYED)
def test_every_ending_becomes_its_record(play: Play, outcomes, outcome, by):
    make.make_story()

    player, _, record = play(*outcomes)

    assert (record.outcome, record.answered_by) == (outcome, by)
    assert player.answered == (outcome in ("answered", "failed-over"))
    assert [gap["code"] for gap in record.missing] == []
    assert record.is_simulated


def test_every_ending_is_played_here():
    assert {name for outcomes, _, _ in PLAYED for name in outcomes} == set(DIAL_ENDINGS)


def test_a_mailbox_that_is_asked_for_a_key_presses_none(play: Play):
    make.make_number(make.make_fallback(ask_for_key=True), make.make_endpoint())

    player, story, record = play("mailbox", "completed")

    assert player.answered
    assert "told to ask for a key: You have a call." in story
    assert "where nobody presses a key" in story
    assert (record.outcome, record.answered_by) == ("failed-over", "myext@office")
    mailbox, desk = record.legs.all()
    assert (mailbox.is_answered, mailbox.talk_s, str(mailbox.cost)) == (False, 12, "0.38000")
    assert (desk.is_answered, desk.talk_s) == (True, 42)
    assert record.cost == mailbox.cost + desk.cost


def test_a_person_who_is_asked_for_a_key_presses_one(play: Play):
    make.make_number(make.make_fallback(ask_for_key=True))

    _, _, record = play("completed")

    assert (record.outcome, record.talk_s) == ("answered", 42)


def test_of_those_who_ring_together_the_first_picks_up_and_the_others_stop(play: Play):
    make.make_story()
    RouteStep.objects.update(position=1)

    _, story, record = play("completed")

    assert "sip:myext@pbx.example.com:5060;transport=udp together with +59899999999" in story
    assert [(leg.status, leg.is_answered) for leg in record.legs.all()] == [
        ("completed", True),
        ("canceled", False),
    ]


def test_a_number_that_is_not_ours_is_rejected(play: Play):
    _, story, record = play("completed", called="+12025550199")

    assert "told to reject the call" in story
    assert record.outcome == "rejected"


def test_an_answer_that_cannot_be_fetched_is_asked_for_at_the_fallback_url(play: Play):
    make.make_story()

    player, story, record = play("failed", "completed", broken=("/twilio/voice/1/",))

    assert "the answer was HTTP 503" in story
    assert "Twilio asks /twilio/voice-failed/" in story
    assert (player.answered, record.outcome) == (True, "failed-over")


def test_a_panel_that_answers_nothing_ends_the_call(play: Play):
    with pytest.raises(WebhookFailed, match="HTTP 503"):
        play("completed", broken=("/twilio/",))
