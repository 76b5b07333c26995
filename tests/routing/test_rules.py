"""Examples of docs/routing.md, "The decision" and "When the answer itself failed"."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from telephony.routing.decision import AskForKey, Dial, Hangup, Progress, Reject, Say
from telephony.routing.directory import Directory
from telephony.routing.messages import messages_in
from telephony.routing.reasons import Obstacle, PassedOver, Why, because, explain
from telephony.routing.results import DialResult, Outcome
from telephony.routing.rules import ask_for_key, decide, resume
from telephony.wire.paths import action_path, parse_path
from tests import make

OFFICE, MOBILE = make.sip(), make.mobile()
STORY = make.directory(make.number(OFFICE, MOBILE))
HELD = make.START + timedelta(minutes=5)

FAILED = DialResult("failed", "ringing", sip_code=503)
BUSY = DialResult("busy", "ringing", sip_code=486)
DECLINED = DialResult("busy", "ringing", sip_code=603)
REFUSED_BY_TWILIO = DialResult("busy", "ringing", error_code=13247)
SILENCE = DialResult("no-answer", "ringing", sip_code=487)
ANSWERED = DialResult("completed", "in-progress", bridged=True)
CALLER_GONE = DialResult("canceled", "no-answer", sip_code=487)


def decision(live=STORY, after=None, result=None, call=None):
    """The next decision; `after` is a position or a Progress."""
    after = Progress(after) if isinstance(after, int) else after
    return decide(live, call or make.call(), after, result, make.START)


def rung(decision) -> list[str]:
    assert isinstance(decision, Dial)
    return [destination.uri for destination in decision.destinations]


def codes(decision) -> list[Why]:
    return [reason.code for reason in decision.reasons]


def test_a_new_call_rings_the_endpoint():
    decided = decision()

    assert rung(decided) == [OFFICE.uri]
    assert (decided.position, decided.ring_s, decided.time_limit_s) == (1, 20, 14400)


@pytest.mark.parametrize("result", [FAILED, SILENCE, REFUSED_BY_TWILIO, DialResult(), None])
def test_failure_and_silence_move_on_to_the_mobile(result):
    assert rung(decision(after=1, result=result)) == [MOBILE.uri]


@pytest.mark.parametrize(("result", "because"), [(BUSY, "busy"), (DECLINED, "unavailable")])
def test_a_person_who_is_busy_or_declines_is_not_overruled(result, because):
    decided = decision(after=1, result=result)

    assert isinstance(decided, Say)
    assert decided.because == because


@pytest.mark.parametrize(
    ("outcome", "result"),
    [
        (Outcome.BUSY, BUSY),
        (Outcome.DECLINED, DECLINED),
        (Outcome.FAILED, FAILED),
        (Outcome.NO_ANSWER, SILENCE),
    ],
)
def test_a_step_moves_on_after_what_it_says_and_nothing_else(outcome, result):
    for flags, moves in ((frozenset({outcome}), True), (frozenset(Outcome) - {outcome}, False)):
        live = make.directory(make.number(make.step(1, OFFICE, moves_on=flags), MOBILE))

        assert isinstance(decision(live, 1, result), Dial) is moves


def test_a_group_moves_on_if_any_of_its_steps_says_so():
    sets = (frozenset(), frozenset({Outcome.BUSY}))
    group = [make.step(1, make.sip(user), moves_on=s) for user, s in zip("ab", sets, strict=True)]
    live = make.directory(make.number(*group, MOBILE))

    assert rung(decision(live, 1, BUSY)) == [MOBILE.uri]


@pytest.mark.parametrize("result", [ANSWERED, CALLER_GONE, DialResult("canceled", "ringing")])
def test_nobody_is_dialled_once_the_call_is_over(result):
    assert isinstance(decision(after=1, result=result), Hangup)


@pytest.mark.parametrize(
    ("called", "account_sid"), [("+12025550199", make.ACCOUNT_SID), (make.NUMBER, "AC1"), ("", "")]
)
def test_a_call_to_a_number_that_is_not_ours_is_rejected(called, account_sid):
    call = make.call(called=called, account_sid=account_sid)

    assert isinstance(decision(call=call), Reject)
    assert isinstance(decision(call=call, after=1, result=FAILED), Hangup)


def test_a_disabled_number_rejects_new_calls_and_ends_those_under_way():
    live = make.directory(make.number(OFFICE, enabled=False))

    assert isinstance(decision(live), Reject)
    assert isinstance(decision(live, 1, FAILED), Hangup)
    assert codes(decision(live)) == [Why.NUMBER_DISABLED]


def test_steps_with_one_position_ring_together_for_the_longest_of_their_times():
    live = make.directory(
        make.number(make.step(3, OFFICE, ring_s=15), make.step(3, MOBILE, ring_s=40))
    )
    decided = decision(live)

    assert rung(decided) == [OFFICE.uri, MOBILE.uri]
    assert (decided.position, decided.ring_s) == (3, 40)


def test_at_most_ten_ring_together():
    live = make.directory(make.number(*(make.step(1, make.sip(f"e{i}")) for i in range(12))))

    assert len(rung(decision(live))) == 10
    assert [p.obstacle for p in decision(live).passed_over] == [Obstacle.CROWDED] * 2


def test_a_plan_that_is_longer_than_an_address_is_cut_and_still_found():
    live = make.directory(make.number(*(make.sip(f"e{place}") for place in range(60))))

    plan = decision(live).progress

    assert len(plan.later) == 50
    assert parse_path(action_path(plan)).progress == plan


def test_the_shortest_time_limit_holds_for_a_group():
    steps = (make.step(1, make.mobile(time_limit_s=limit)) for limit in (3600, 600, 14400))

    assert decision(make.directory(make.number(*steps))).time_limit_s == 600


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (make.sip("first", enabled=False), Obstacle.DISABLED),
        (make.sip("fi rst"), Obstacle.BAD_USER),
        (make.sip("first", held_until=HELD), Obstacle.HELD),
    ],
)
def test_a_destination_that_cannot_ring_is_passed_over_and_named(broken, why):
    decided = decision(make.directory(make.number(broken, OFFICE)))

    assert rung(decided) == [OFFICE.uri]
    assert decided.passed_over == (PassedOver(broken.key, broken.label, 1, why),)


def test_one_broken_member_does_not_silence_its_group():
    group = (make.step(1, make.sip("gone", enabled=False)), make.step(1, OFFICE))

    assert rung(decision(make.directory(make.number(*group, MOBILE)))) == [OFFICE.uri]


def test_a_server_comes_back_at_the_second_it_is_held_until():
    live = make.directory(make.number(make.sip(held_until=make.START), MOBILE))

    assert rung(decision(live)) == [OFFICE.uri]


def test_a_server_that_does_not_answer_is_passed_over_until_its_pause_is_over():
    silent, other = make.sip("a", server="branch"), make.sip("b", server="office")
    live = make.directory(make.number(silent, other))

    passing = decision(live.with_silent({"branch": HELD}))
    assert rung(passing) == [other.uri]
    assert passing.passed_over == (PassedOver(silent.key, silent.label, 1, Obstacle.DOWN),)
    assert rung(decision(live.with_silent({"branch": make.START}))) == [silent.uri]


def test_the_last_rings_when_no_server_answers():
    silent = [make.sip(user, server="branch") for user in ("a", "b")]
    live = make.directory(make.number(*silent)).with_silent({"branch": HELD})

    assert rung(decision(live)) == [silent[1].uri]
    assert because(Why.ALL_HELD) in decision(live).reasons


@pytest.mark.parametrize(
    ("uri", "server"),
    [
        ("sip:a@pbx.example.com:5060", "office"),
        ("SIP:a@PBX.example.com;transport=tls", "office"),
        ("sip:b@pbx.example.com", None),
        ("sip:b@pbx.example.com:5070", "branch"),
        ("sip:b@pbx.example.com:5060", "office"),
        ("sip:c@pbx.example.com", None),
        (MOBILE.e164, None),
        ("", None),
    ],
)
def test_what_a_leg_rings_tells_its_server_unless_two_could_be_meant(uri, server):
    endpoints = [
        make.sip("a", server="office"),
        make.sip("b", server="office"),
        make.sip("b", port=5070, server="branch"),
    ]
    assert make.directory(make.number(*endpoints, MOBILE)).find_server(uri) == server


def test_the_last_of_the_held_rings_when_nobody_else_is_left():
    held = [make.sip(user, held_until=HELD) for user in ("a", "b")]
    decided = decision(make.directory(make.number(*held, make.sip("c", enabled=False))))

    assert rung(decided) == [held[1].uri]
    assert len(decided.passed_over) == 3


def test_the_caller_hears_what_the_last_dial_found():
    live = make.directory(make.number(OFFICE, language="es-MX", busy_message="Ocupado."))

    busy = decision(live, 1, BUSY)
    silence = decision(live, 1, SILENCE)

    assert (busy.because, busy.message, busy.language) == ("busy", "Ocupado.", "es-MX")
    assert silence.because == "unavailable"


def test_a_number_without_steps_says_that_nobody_is_there():
    assert decision(make.directory(make.number())).because == "unavailable"


def test_a_position_that_has_left_the_route_moves_on_by_default():
    live = make.directory(make.number(make.step(5, MOBILE)))

    assert rung(decision(live, 2, FAILED)) == [MOBILE.uri]
    assert isinstance(decision(live, 2, BUSY), Say)


def test_the_rate_of_forwarding_is_the_first_enabled_fallback_numbers():
    dear = make.mobile("+59899999998", rate=Decimal(9), enabled=False)

    assert decision(make.directory(make.number(OFFICE, dear, MOBILE))).forward_rate == MOBILE.rate
    assert decision(make.directory(make.number(OFFICE))).forward_rate is None


# voice-failed: position of the failed URL, DialCallStatus, CallStatus, ErrorCode -> who rings.
FAILED_ANSWERS = [
    (None, "", "ringing", 11200, OFFICE.uri),
    (None, "", "ringing", 11205, OFFICE.uri),
    (None, "", "ringing", 13243, MOBILE.uri),
    (None, "", "ringing", 12100, MOBILE.uri),
    (None, "", "ringing", None, MOBILE.uri),
    (1, "failed", "ringing", 11200, MOBILE.uri),
    (1, "no-answer", "ringing", 11217, MOBILE.uri),
    (1, "failed", "ringing", 13243, "say"),
    (1, "", "ringing", 11200, MOBILE.uri),
    (1, "", "in-progress", 11200, "hangup"),
    (1, "", "in-progress", 12100, "hangup"),
    (1, "", "completed", 11200, "hangup"),
    (1, "completed", "in-progress", 11200, "hangup"),
    (2, "", "ringing", 11200, "say"),
    (2, "failed", "ringing", 11200, "say"),
    (2, "failed", "ringing", 12100, "hangup"),
    (1, "busy", "ringing", 11200, "say"),
    (1, "canceled", "no-answer", 11200, "hangup"),
]


@pytest.mark.parametrize(("after", "dial_status", "call_status", "code", "rings"), FAILED_ANSWERS)
def test_a_call_goes_on_where_its_answer_failed(after, dial_status, call_status, code, rings):
    result = DialResult(dial_status, call_status)
    where = None if after is None else Progress(after)

    decided = resume(STORY, make.call(), where, result, code, make.START)

    if isinstance(decided, Dial):
        assert rung(decided) == [rings]
    else:
        assert type(decided).__name__.lower() == rings


def test_a_document_that_could_not_be_executed_is_not_sent_again():
    live = make.directory(make.number(OFFICE))
    decided = resume(live, make.call(), None, DialResult("", "ringing"), 13243, make.START)

    assert isinstance(decided, Say)
    assert "error 13243" in explain(decided.reasons)


def test_a_rejected_call_stays_rejected_when_its_answer_failed():
    decided = resume(Directory(), make.call(), None, DialResult("", "ringing"), 12100, make.START)

    assert isinstance(decided, Reject)


# voice-failed with an empty ErrorUrl, or one that is not ours: DialCallStatus, CallStatus, ErrorCode.
ANSWERED_SOMEWHERE = [
    ("", "in-progress", 11200),
    ("", "in-progress", 12100),
    ("", "in-progress", None),
    ("completed", "in-progress", 11200),
    ("completed", "ringing", 11205),
    ("completed", "", None),
    ("answered", "ringing", 13243),
    ("failed", "in-progress", 11200),
]


def test_a_cancelled_leg_ends_the_call_also_where_nobody_knows_its_position():
    result = DialResult("canceled", "ringing")

    decided = resume(STORY, make.call(), None, result, 11200, make.START)

    assert isinstance(decided, Hangup)
    assert decided.because is Outcome.CANCELED


@pytest.mark.parametrize(("dial_status", "call_status", "code"), ANSWERED_SOMEWHERE)
def test_an_answered_call_is_not_dialled_again_whatever_url_has_failed(
    dial_status, call_status, code
):
    decided = resume(
        STORY, make.call(), None, DialResult(dial_status, call_status), code, make.START
    )

    assert isinstance(decided, Hangup)
    assert decided.because is Outcome.ANSWERED


def test_a_pick_up_without_a_key_is_no_answer_when_its_action_failed():
    result = DialResult("completed", "ringing", bridged=False)

    decided = resume(STORY, make.call(), Progress(1), result, 11200, make.START)

    assert rung(decided) == [MOBILE.uri]


def test_every_decision_says_why():
    answers = [decision(), decision(after=1, result=BUSY), decision(after=1, result=ANSWERED)]
    answers.append(decision(replace(STORY, numbers={})))

    assert [explain(answer.reasons) for answer in answers] == [
        "a new call",
        "the dial at position 1 ended: busy; the route does not move on after that",
        "the call was answered and is over",
        "+12025550100 is not one of our numbers",
    ]


# The plan that a call began with.

FIRST, SECOND, THIRD = (make.sip(user) for user in ("first", "second", "third"))


def play(*lives, result=SILENCE) -> list[str]:
    """Who rings, where the configuration is another one at each decision."""
    played, after = [], None
    for live in lives:
        decided = decision(live, after, None if after is None else result)
        if not isinstance(decided, Dial):
            break
        played += rung(decided)
        after = decided.progress
    return played


def test_a_call_ends_on_the_plan_it_began_with_when_steps_are_swapped():
    before = make.directory(make.number(FIRST, SECOND, THIRD))
    swapped = make.directory(make.number(SECOND, FIRST, THIRD))

    assert play(before, swapped, swapped, swapped) == [FIRST.uri, SECOND.uri, THIRD.uri]


def test_a_step_added_or_removed_changes_no_call_in_progress():
    before = make.directory(make.number(FIRST, THIRD))
    longer = make.directory(make.number(FIRST, SECOND, THIRD))
    shorter = replace(make.directory(make.number(FIRST)), destinations=longer.destinations)

    assert play(before, longer, longer, longer) == [FIRST.uri, THIRD.uri]
    assert play(before, shorter, shorter) == [FIRST.uri, THIRD.uri]


def test_flags_and_ring_times_are_those_the_call_began_with():
    busy = frozenset({Outcome.BUSY})
    planned = (make.step(1, FIRST, moves_on=busy), make.step(2, SECOND, ring_s=33))
    before = make.directory(make.number(*planned))
    after = make.directory(make.number(FIRST, SECOND))
    first = decision(before)

    second = decision(after, first.progress, BUSY)

    assert (rung(second), second.ring_s) == ([SECOND.uri], 33)


def test_what_a_destination_is_comes_from_the_configuration_of_now():
    before = make.directory(make.number(FIRST, SECOND, THIRD))
    moved = replace(SECOND, host="new.example.com", password="new", username="second")
    now = replace(before, destinations={**before.destinations, SECOND.key: moved})
    gone = replace(
        before, destinations={k: d for k, d in before.destinations.items() if k != SECOND.key}
    )
    off = replace(
        before,
        destinations={**before.destinations, SECOND.key: replace(SECOND, enabled=False)},
    )

    assert play(before, now) == [FIRST.uri, moved.uri]
    assert play(before, off) == play(before, gone) == [FIRST.uri, THIRD.uri]
    passed_over = decision(gone, decision(before).progress, SILENCE).passed_over
    assert [passed.obstacle for passed in passed_over] == [Obstacle.GONE]


# Asking for a key.


@pytest.mark.parametrize("language", ["es-MX", "pt-BR", "en-US"])
def test_whoever_picks_up_is_asked_in_the_language_of_the_fallback_number(language):
    asking = make.mobile(ask_for_key=True, language=language)
    live = make.directory(make.number(asking))

    asked = ask_for_key(live, asking.e164, 2)

    assert asked == AskForKey(2, messages_in(language).press_key, language)


def test_a_number_that_has_left_the_panel_is_asked_all_the_same():
    assert ask_for_key(Directory(), "+59899999998", 1).message == messages_in("en-US").press_key


def test_a_destination_that_asks_for_a_key_never_rings_with_others():
    asking = [make.mobile(f"+5989999999{i}", ask_for_key=True) for i in range(2)]
    mixed = decision(make.directory(make.number(make.step(1, asking[0]), make.step(1, OFFICE))))
    alone = decision(make.directory(make.number(*(make.step(1, each) for each in asking))))

    assert (rung(mixed), rung(alone)) == ([OFFICE.uri], [asking[0].uri])
    assert [passed.obstacle for passed in mixed.passed_over] == [Obstacle.RINGS_ALONE]
    assert [passed.key for passed in alone.passed_over] == [asking[1].key]


# What is said.


@pytest.mark.parametrize("language", ["es-MX", "es-ES", "pt-BR", "fr-FR", "de-DE", "it-IT"])
def test_a_message_that_nobody_wrote_is_spoken_in_the_numbers_language(language):
    live = make.directory(make.number(OFFICE, language=language))

    busy, silence = decision(live, 1, BUSY), decision(live, 1, SILENCE)

    assert (busy.message, busy.language) == (messages_in(language).busy, language)
    assert silence.message == messages_in(language).unavailable
    assert busy.message != messages_in("en-US").busy
