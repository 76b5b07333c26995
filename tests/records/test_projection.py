"""The record that each kind of call becomes."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from email.utils import format_datetime
from textwrap import dedent
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.models.choices import CallOutcome
from telephony.records.event import STATUS_ORDER, status_rank
from telephony.records.gaps import Gap, Missing, describe_gap, dump_gap, parse_gap
from telephony.records.outcome import CallEnd
from telephony.records.projection import project
from telephony.routing.results import FINAL_CALL_STATUSES, Outcome, classify
from telephony.wire.callbacks import parse_callback
from telephony.wire.paths import Address, Kind
from tests import make
from tests.records.tables import ALONE, CALLS, NOT_OURS, STORY, TOGETHER, shown


@pytest.mark.parametrize(("live", "webhooks", "expected"), CALLS.values(), ids=CALLS)
def test_a_call_becomes_its_record(live, webhooks, expected):
    assert shown(project(make.events(webhooks, live))) == dedent(expected).strip()


VOICE_URL = "https://panel.example.com/twilio/voice/"


def record(text, live=STORY):
    return project(make.events(text, live))


def test_a_record_says_who_called_whom_and_when_it_began():
    call = record("3 voice From=anonymous")

    assert (call.call_sid, call.account_sid) == (make.CALL_SID, make.ACCOUNT_SID)
    assert (call.caller, call.called) == ("anonymous", make.NUMBER)
    assert call.started_at == make.START + timedelta(seconds=3)


def test_a_call_whose_first_webhook_never_came_began_with_the_second():
    url = "https://panel.example.com/twilio/voice/"
    call = record(f"5 voice-failed ErrorCode=11200 ErrorUrl={url}\n 30 voice/1 DialCallStatus=busy")

    assert call.started_at == make.START + timedelta(seconds=5)


def test_the_answer_is_timed_by_twilios_clock_and_not_by_ours():
    said = (make.START + timedelta(seconds=7)).strftime("%a, %d %b %Y %H:%M:%S +0000")
    late = make.event("leg/1/0", at_s=500, live=ALONE, CallStatus="in-progress", Timestamp=said)
    ended = make.event("voice/1", at_s=68, live=ALONE, DialCallStatus="completed")

    call = project([make.event("voice", live=ALONE), ended, late])

    assert call.answered_at == make.START + timedelta(seconds=7)


@pytest.mark.parametrize(
    "timestamp",
    ["", "yesterday", "Fri, 20 Aug 99999999999999999999 01:13:42 +0000", "Fri, 20 Aug 2010 01:13:42 +99999999999999999999"],
)  # fmt: skip
def test_a_malformed_timestamp_leaves_the_time_of_arrival(timestamp):
    event = make.event("status", at_s=9, CallStatus="completed", Timestamp=timestamp)

    assert project([event]).ended_at == make.START + timedelta(seconds=9)


@given(st.text(max_size=40) | st.from_regex(r"[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d+ [\d:]+ [+-]\d+"))
def test_no_timestamp_stops_a_record(timestamp):
    assert project([make.event("status", CallStatus="completed", Timestamp=timestamp)]).ended_at


@pytest.mark.parametrize("seconds", ["172801", "2147483647", "99999999999", "-1", "x", ""])
def test_a_duration_that_no_call_can_have_is_not_known(seconds):
    call = record(
        f"""
        0 voice
        1 voice/1 CallStatus=in-progress DialCallStatus=completed DialCallDuration={seconds}
        2 status CallStatus=completed CallDuration={seconds}
        """
    )

    assert (call.outcome, call.talk_s, call.duration_s, call.cost) == ("answered", None, None, None)


def test_billed_minutes_are_not_taken_for_seconds():
    assert record("9 status CallStatus=completed Duration=1 CallDuration=49").duration_s == 49
    assert record("9 status CallStatus=completed Duration=1").duration_s is None


def test_a_missing_dial_duration_is_read_from_the_leg():
    call = record(
        """
        0  voice
        41 leg/1/0 CallStatus=completed CallDuration=40
        41 voice/1 CallStatus=in-progress DialCallStatus=completed DialCallSid=CAleg1a
        """
    )

    assert (call.talk_s, call.cost) == (40, Decimal("0.1525"))


def test_later_rates_do_not_rewrite_history():
    text = (
        "0 voice\n 41 voice/1 CallStatus=in-progress DialCallStatus=completed DialCallDuration=40"
    )
    first, *_ = make.events(text, STORY)
    dear = make.directory(make.number(make.sip(rate=Decimal(9)), make.mobile()))
    *_, last = make.events(text, dear)

    assert project([first, last]).cost == Decimal("0.1525")


def test_a_simulated_call_is_marked():
    assert record("0 voice SwitchhookSimulated=1").is_simulated
    assert not record("0 voice").is_simulated


# CallStatus of what has come so far, in any order, and the status of the record.
STATUSES = [
    ("ringing", "ringing"),
    ("queued ringing", "ringing"),
    ("in-progress ringing", "in-progress"),
    ("completed ringing in-progress", "completed"),
    ("no-answer ringing", "no-answer"),
    ("canceled in-progress", "canceled"),
    ("busy completed", "completed"),
    ("a-new-word ringing", "ringing"),
]


@pytest.mark.parametrize(("came", "status"), STATUSES)
def test_a_status_only_moves_forward(came, status):
    lines = [f"{at_s} status CallStatus={word}" for at_s, word in enumerate(came.split())]

    assert record("\n".join(lines)).status == status
    assert record("\n".join(reversed(lines))).status == status


words = st.sampled_from([*STATUS_ORDER, *sorted(FINAL_CALL_STATUSES), "a-new-word"])


@given(st.lists(words, min_size=1, max_size=6))
def test_no_webhook_takes_a_status_back(statuses):
    events = [make.event("status", at_s=i, CallStatus=s) for i, s in enumerate(statuses)]
    ranks = [status_rank(project(events[: i + 1]).status) for i in range(len(events))]

    assert ranks == sorted(ranks)


def test_a_retry_is_not_a_second_event():
    first = make.event("voice")
    retry = replace(first, received_at=first.received_at + timedelta(seconds=9))

    assert project([retry, first]) == project([first])


def test_the_answer_that_counts_is_the_last_that_twilio_was_given():
    ended = make.event("voice/1", at_s=9, live=ALONE, DialCallStatus="busy")
    early, late = make.event("voice", live=NOT_OURS), make.event("voice", at_s=4, live=ALONE)
    reversed_ = [
        replace(late, received_at=early.received_at),
        replace(early, received_at=late.received_at),
    ]

    assert project([early, late, ended]).outcome == "busy"
    assert project(reversed_).outcome == "rejected"


def test_the_destination_of_a_position_is_that_of_the_last_answer():
    other = make.directory(make.number(make.sip("other")))
    ended = make.event("voice/1", at_s=9, live=other, DialCallStatus="busy", DialCallSid="CAx")
    call = project(
        [make.event("voice", live=ALONE), make.event("voice", at_s=4, live=other), ended]
    )

    assert [leg.label for leg in call.legs] == ["other"]


def test_an_answer_that_was_replaced_is_believed_once_twilio_speaks_of_what_it_dialled():
    moved = make.directory(make.number(make.step(2, make.mobile())))
    events = [make.event("voice", live=ALONE), make.event("voice", at_s=4, live=moved)]
    spoken_of = make.event("leg/1/0", at_s=5, CallStatus="ringing")

    assert project(events).dials == 1
    assert [leg.label for leg in project([*events, spoken_of]).legs] == ["myext"]
    assert project([*events, spoken_of]).dials == 2


def test_an_answer_that_could_not_be_fetched_was_not_given():
    moved = make.directory(make.number(make.step(2, make.mobile())))
    url = "https://panel.example.com/twilio/voice/"
    failed = make.event("voice-failed", at_s=1, live=moved, ErrorCode="11200", ErrorUrl=url)
    call = project([make.event("voice", live=ALONE), failed])

    assert [gap.label for gap in call.missing if gap.label] == ["mobile"]
    assert call.dials == 1


@pytest.mark.parametrize("webhook", ["leg/1/0", "leg", "screen/1", "key/1"])
def test_a_leg_of_no_call_makes_no_record(webhook):
    assert project([make.event(webhook, ParentCallSid=None, CallStatus="completed")]) is None


def test_a_legs_webhooks_say_nothing_of_the_callers_side():
    other = {"From": make.NUMBER, "To": make.MOBILE, "CallStatus": "completed"}
    url = "https://panel.example.com/twilio/screen/1/"
    failed = {"ErrorCode": "11200", "ErrorUrl": url, "ParentCallSid": make.CALL_SID}
    legs = [
        make.event("leg/1/0", **other),
        make.event("screen/1", **other),
        make.event("key/1", **other),
        make.event("voice-failed", **failed, **{**other, "CallSid": "CAleg1a"}),
    ]
    call = project([make.event("voice", at_s=2), *legs])

    assert (call.caller, call.called, call.status) == (make.CALLER, make.NUMBER, "ringing")
    assert (call.outcome, call.ended_at) == ("ringing", None)
    assert call.started_at == make.START + timedelta(seconds=2)


@pytest.mark.parametrize(
    "timestamp",
    [
        "Mon, 02 Nov 2026 12:01:00 +0000",
        "Mon, 02 Nov 2026 12:01:00 +000",
        "Mon, 02 Nov 2026 09:01:00 -0300",
        "2026-11-02 12:01:00 UTC",
        "2026-11-02T12:01:00Z",
    ],
)
def test_a_timestamp_is_read_in_every_form_that_has_been_seen(timestamp):
    event = make.event("status", at_s=90, CallStatus="completed", Timestamp=timestamp)

    assert event.happened_at == make.START + timedelta(seconds=60)


def test_no_call_ends_or_is_answered_before_it_began():
    early = format_datetime(make.START - timedelta(seconds=1))
    call = project(
        [
            make.event("voice", live=ALONE),
            make.event("leg/1/0", CallStatus="in-progress", Timestamp=early),
            make.event("voice/1", live=ALONE, DialCallStatus="completed", DialCallSid="CAleg1a"),
            make.event("status", CallStatus="completed", Timestamp=early),
        ]
    )

    assert (call.answered_at, call.ended_at) == (make.START, make.START)


def test_no_call_is_answered_after_it_has_ended():
    late = format_datetime(make.START + timedelta(hours=1))
    call = project(
        [
            make.event("voice", live=ALONE),
            make.event("leg/1/0", CallStatus="in-progress", Timestamp=late),
            make.event(
                "voice/1", at_s=9, live=ALONE, DialCallStatus="completed", DialCallSid="CAleg1a"
            ),
        ]
    )

    assert call.answered_at == call.ended_at == make.START + timedelta(seconds=9)


def test_what_is_said_of_the_caller_is_kept():
    told = {"CallerName": "Ana", "ForwardedFrom": "099", "StirVerstat": "No-TN-Validation"}
    leg = make.event("leg/1/0", CallStatus="ringing", ForwardedFrom=make.NUMBER)
    call = project([make.event("voice", at_s=1, **told), leg])

    assert (call.caller_name, call.forwarded_from, call.verstat) == tuple(told.values())


def test_a_failed_answer_is_classified_alike_when_it_is_answered_and_when_it_is_projected():
    url = "https://panel.example.com/twilio/voice/1/"
    fields = {"DialCallStatus": "busy", "ErrorCode": "11200", "ErrorUrl": url}
    event = make.event("voice-failed", at_s=5, live=STORY, **fields)
    params = {name: list(values) for name, values in event.params.items()}
    answered = parse_callback(Address(Kind.FAILED), params).result

    assert classify(event.result) is classify(answered) is Outcome.BUSY
    assert project([make.event("voice", live=STORY), event]).outcome == "busy"


def test_a_winner_is_known_by_its_leg_and_not_by_its_label():
    namesakes = make.directory(
        make.number(
            make.step(1, make.sip("a", label="Ana")), make.step(1, make.sip("b", label="Ana"))
        )
    )
    call = record(
        """
        0  voice
        6  leg/1/0 CallStatus=in-progress
        6  leg/1/1 CallStatus=in-progress
        8  leg/1/0 CallStatus=completed CallDuration=2
        66 leg/1/1 CallStatus=completed CallDuration=60
        66 voice/1 CallStatus=in-progress DialCallStatus=completed DialCallSid=CAleg1b DialCallDuration=60
        """,
        namesakes,
    )

    assert [leg.is_answered for leg in call.legs] == [False, True]


def test_a_leg_says_which_destination_it_rang():
    mobile = make.mobile()
    call = record("0 voice\n 9 voice/1 DialCallStatus=busy", make.directory(make.number(mobile)))

    assert [leg.destination_key for leg in call.legs] == [mobile.key]


def test_the_ends_of_a_call_are_those_that_the_log_has_words_for():
    assert set(get_args(CallEnd)) == set(CallOutcome.values)


@pytest.mark.parametrize("code", Missing)
def test_what_is_missing_has_words_and_survives_its_column(code):
    gap = Gap(code, 2, "mobile")

    assert parse_gap(json.loads(json.dumps(dump_gap(gap)))) == gap
    assert "None" not in describe_gap(gap)
    assert "{" not in describe_gap(gap)


# What a connected caller proves, and what it does not: webhooks, outcome, who answered.
NOT_PROVEN = {
    "nobody was dialled, and another application had answered": (
        f"0 voice-failed CallStatus=in-progress ErrorCode=11205 ErrorUrl={VOICE_URL}\n"
        "20 status CallStatus=completed CallDuration=20",
        "unknown",
    ),
    "both legs ended unanswered, and our message connected the caller": (
        "0 voice\n 20 voice/1 DialCallStatus=no-answer\n 40 voice/2 DialCallStatus=busy\n"
        f"41 voice-failed CallStatus=in-progress ErrorCode=13520 ErrorUrl={VOICE_URL}2/\n"
        "42 status CallStatus=completed CallDuration=1",
        "unanswered",
    ),
    "the leg was picked up, but the caller was never put through": (
        "0 voice\n 1 leg/1/0 CallStatus=ringing\n 6 leg/1/0 CallStatus=in-progress\n"
        "18 leg/1/0 CallStatus=completed CallDuration=12\n"
        "19 status CallStatus=no-answer CallDuration=0",
        "unanswered",
    ),
    "the leg ended unanswered, and a static answer spoke": (
        "0 voice\n 1 leg/1/0 CallStatus=ringing\n 21 leg/1/0 CallStatus=no-answer\n"
        "30 status CallStatus=completed CallDuration=9",
        "unknown",
    ),
    "busy was to be said, but the caller was never connected": (
        "0 voice\n 3 voice/1 DialCallStatus=busy DialSipResponseCode=486\n"
        "4 status CallStatus=no-answer CallDuration=0",
        "unanswered",
    ),
    "completed without a duration": ("0 voice\n 9 status CallStatus=completed", "unknown"),
}


@pytest.mark.parametrize(("webhooks", "outcome"), NOT_PROVEN.values(), ids=NOT_PROVEN)
def test_no_answer_is_claimed_that_is_not_proven(webhooks, outcome):
    call = record(webhooks)

    assert (call.outcome, call.answered_by) == (outcome, "")


def test_another_account_tells_nothing_of_a_call():
    foreign = "AC" + "f" * 32
    call = record(
        f"""
        0  voice
        9  voice/1 DialCallStatus=completed DialCallDuration=3000 AccountSid={foreign}
        10 status  CallStatus=completed CallDuration=3000 AccountSid={foreign}
        """
    )

    assert (call.account_sid, call.outcome, call.cost) == (make.ACCOUNT_SID, "ringing", None)


def test_another_account_cannot_take_a_call_over_by_being_first():
    foreign = "AC" + "f" * 32
    call = record(f"0 voice AccountSid={foreign} From=+12025550177\n 1 voice")

    assert (call.account_sid, call.caller, call.dials) == (make.ACCOUNT_SID, make.CALLER, 1)


def test_who_answered_is_not_guessed_while_another_leg_may_have_been_picked_up():
    call = record(
        """
        0  voice
        5  leg/1/0 CallStatus=in-progress
        6  leg/1/0 CallStatus=completed CallDuration=1
        80 status  CallStatus=completed CallDuration=80
        """,
        TOGETHER,
    )

    assert (call.outcome, call.answered_by, call.cost) == ("answered", "", None)


def test_a_leg_whose_question_failed_has_not_talked_to_the_caller():
    failed = "ParentCallSid=CA00000000000000000000000000000001 CallSid=CAleg10 ErrorCode=11200"
    call = record(
        f"""
        0  voice
        5  leg/1/0 CallSid=CAleg10 CallStatus=in-progress
        6  voice-failed {failed} CallStatus=in-progress ErrorUrl=https://panel.example.com/twilio/screen/1/
        7  leg/1/0 CallSid=CAleg10 CallStatus=completed CallDuration=2
        9  status  CallStatus=completed CallDuration=7
        """,
        ALONE,
    )

    assert not any(leg.is_answered for leg in call.legs)


def test_a_word_of_ours_did_not_end_a_call_that_was_dialled_on():
    first, ended = make.events("0 voice\n 9 voice/1 DialCallStatus=no-answer", ALONE)
    later = "10 leg/2/0 CallStatus=ringing\n 90 status CallStatus=completed CallDuration=60"
    call = project([first, ended, *make.events(later, STORY)])

    assert (first.decision.verb, ended.decision.verb) == ("dial", "say")
    assert (call.outcome, call.answered_by) == ("unknown", "")
    assert Gap(Missing.DIAL, 2) in call.missing


def test_a_leg_to_somebody_else_has_neither_the_name_nor_the_rate_of_its_place():
    call = record(
        """
        0  voice
        5  leg/1/0 CallStatus=in-progress To=+12025550177
        65 leg/1/0 CallStatus=completed CallDuration=60 To=+12025550177
        65 voice/1 CallStatus=in-progress DialCallStatus=completed DialCallSid=CAleg1a DialCallDuration=60
        """
    )

    assert [(leg.label, leg.uri, leg.cost) for leg in call.legs] == [("", "+12025550177", None)]
    assert (call.answered_by, call.cost) == ("+12025550177", None)
    assert Gap(Missing.DIAL, 1) in call.missing


@pytest.mark.parametrize("dialled", ["sip:myext@pbx.example.com", "SIPS:MyExt@PBX.example.com:5061;x=y", "sip:my%65xt@pbx.example.com"])  # fmt: skip
def test_a_leg_is_known_by_its_address_however_it_is_written(dialled):
    call = record(f"0 voice\n 5 leg/1/0 CallStatus=ringing To={dialled}")

    assert [leg.label for leg in call.legs] == ["myext"]


def test_of_two_answers_the_one_counts_that_dialled_whom_the_legs_name():
    other = make.directory(make.number(make.sip("other", rate=Decimal(9))))
    answers = [make.event("voice", live=ALONE), make.event("voice", at_s=4, live=other)]
    text = "5 leg/1/0 CallStatus=in-progress\n 65 leg/1/0 CallStatus=completed CallDuration=60"

    assert [leg.label for leg in project([*answers, *make.events(text, ALONE)]).legs] == ["myext"]
    assert [leg.label for leg in project([*answers, *make.events(text, other)]).legs] == ["other"]


def test_who_was_to_press_a_key_is_not_known_to_have_answered_without_one():
    asked = make.directory(make.number(make.mobile(ask_for_key=True)))
    text = """
        0  voice
        5  leg/1/0 CallStatus=in-progress
        17 leg/1/0 CallStatus=completed CallDuration=12
        18 status  CallStatus=completed CallDuration=12
        """

    assert record(text, asked).answered_by == ""
    assert record(f"{text}\n 9 key/1 CallSid=CAleg1a Digits=5", asked).answered_by == "mobile"


def test_nobody_has_answered_while_the_end_of_the_dial_may_still_come():
    text = "0 voice\n 5 leg/1/0 CallStatus=in-progress\n 65 leg/1/0 CallStatus=completed CallDuration=60"

    assert (record(text).outcome, record(text).legs[0].is_answered) == ("ringing", False)
    assert record(f"{text}\n 66 status CallStatus=completed CallDuration=66").answered_by == "myext"


def test_a_leg_that_ended_unanswered_is_not_the_one_that_an_unnamed_end_speaks_of():
    call = record(
        """
        0  voice
        2  leg/1/0 CallStatus=failed
        5  leg/1/1 CallStatus=in-progress
        65 voice/1 CallStatus=in-progress DialCallStatus=completed DialCallDuration=60
        """,
        TOGETHER,
    )

    assert (call.answered_by, call.cost) == ("mobile", Decimal("0.38"))


def test_a_leg_of_which_nobody_knows_how_it_ended_is_named():
    call = record(
        """
        0  voice
        1  leg/1/0 CallStatus=ringing
        5  leg/1/1 CallStatus=in-progress
        65 leg/1/1 CallStatus=completed CallDuration=60
        65 voice/1 CallStatus=in-progress DialCallStatus=completed DialCallSid=CAleg1b DialCallDuration=60
        66 status  CallStatus=completed CallDuration=66
        """,
        TOGETHER,
    )

    assert (call.answered_by, call.cost) == ("mobile", None)
    assert call.missing == (Gap(Missing.LEG_END, 1, "myext"),)


FAILED_URL = f"voice-failed ErrorCode=11200 ErrorUrl={VOICE_URL}"
BOTH_ASKED = make.directory(make.number(make.sip(), make.mobile(ask_for_key=True)))
ASKED = make.directory(make.number(make.mobile(ask_for_key=True)))

# What was lost, and what is left: configuration, webhooks, outcome, who answered, cost.
LOST = {
    "the end of an answered dial, whose answer failed when the call was over": (
        ALONE,
        f"""
        0  voice
        66 {FAILED_URL}1/ CallStatus=completed
        66 status CallStatus=completed CallDuration=61
        """,
        ("answered", "", None),
    ),
    "the same, but the leg was heard": (
        ALONE,
        f"""
        0  voice
        5  leg/1/0 CallStatus=in-progress
        65 leg/1/0 CallStatus=completed CallDuration=60
        66 {FAILED_URL}1/ CallStatus=completed
        66 status CallStatus=completed CallDuration=61
        """,
        ("answered", "myext", Decimal("0.1525")),
    ),
    "all but a failed answer when the call was over": (
        ALONE,
        f"""
        10 {FAILED_URL}1/ CallStatus=completed
        15 status CallStatus=completed CallDuration=2
        """,
        ("unknown", "", None),
    ),
    "the end of the dial and its leg, before a message": (
        ASKED,
        f"0 voice\n 30 {FAILED_URL}1/\n 36 status CallStatus=completed CallDuration=6",
        ("unanswered", "", None),
    ),
    "who was dialled, when a mailbox picked up": (
        BOTH_ASKED,
        """
        0  voice
        1  leg/1/0 CallStatus=failed
        13 leg/2/0 CallStatus=in-progress
        43 leg/2/0 CallStatus=completed CallDuration=30
        49 status  CallStatus=completed CallDuration=6
        """,
        ("unknown", "", None),
    ),
    "who was dialled, when two picked up at once": (
        TOGETHER,
        """
        7  leg/1/1 CallStatus=in-progress
        8  leg/1/1 CallStatus=completed CallDuration=1
        38 status  CallStatus=completed CallDuration=30
        """,
        ("unknown", "", None),
    ),
    "the first webhook, after which we said that the call was answered": (
        ALONE,
        f"""
        5  leg/1/0 CallStatus=in-progress
        11 {FAILED_URL}1/ CallStatus=in-progress
        12 status CallStatus=completed CallDuration=6
        """,
        ("unknown", "", None),
    ),
    "the end of a dial whose question could not be put": (
        ASKED,
        f"""
        0  voice
        6  leg/1/0 CallStatus=in-progress
        7  voice-failed CallSid=CAleg1a ParentCallSid={make.CALL_SID} CallStatus=in-progress ErrorCode=11200 ErrorUrl=https://panel.example.com/twilio/screen/1/
        7  leg/1/0 CallStatus=completed CallDuration=1
        14 status CallStatus=completed CallDuration=6
        """,
        ("unknown", "", Decimal("0.38")),
    ),
    "all of the first dial": (
        make.directory(make.number(make.mobile(ask_for_key=True), make.sip())),
        """
        0  voice
        50 voice/2 DialCallStatus=failed DialCallSid=CAleg2a DialSipResponseCode=503
        56 status CallStatus=completed CallDuration=6
        """,
        ("unanswered", "", None),
    ),
    "the first webhook of a call that failed over": (
        STORY,
        """
        2  voice/1 DialCallStatus=failed DialCallSid=CAleg1a DialSipResponseCode=503
        60 voice/2 CallStatus=completed DialCallStatus=completed DialCallSid=CAleg2a DialCallDuration=48
        61 status  CallStatus=completed CallDuration=48
        """,
        ("failed-over", "mobile", None),
    ),
}


@pytest.mark.parametrize(("live", "webhooks", "expected"), LOST.values(), ids=LOST)
def test_what_was_lost_is_not_made_up(live, webhooks, expected):
    call = record(webhooks, live)

    outcome, by, cost = expected
    assert (call.outcome, call.answered_by) == (outcome, by)
    assert call.cost == cost or (outcome == "unknown" and call.cost is None)
    assert call.missing


def test_a_replaced_answer_does_not_come_back_because_its_position_is_dialled():
    replaced = make.directory(make.number(make.step(2, make.sip())))
    later = make.directory(make.number(make.sip("third"), make.mobile()))
    text = """
        1  voice
        60 voice/2 CallStatus=completed DialCallStatus=completed DialCallSid=CAleg2a DialCallDuration=20
        60 status  CallStatus=completed CallDuration=20
        """
    call = project([*make.events("0 voice", replaced), *make.events(text, later)])

    assert (call.outcome, call.answered_by, call.cost) == ("failed-over", "", None)
    assert {Gap(Missing.DIAL, 2), Gap(Missing.DIAL_END, 1)} <= set(call.missing)


def test_a_dial_that_its_legs_contradict_names_nobody():
    others = make.directory(
        make.number(make.step(1, make.sip("x")), make.step(1, make.mobile("+59890000000")))
    )
    text = """
        1  leg/1/0 CallStatus=ringing
        7  leg/1/0 CallStatus=canceled
        66 voice/1 CallStatus=completed DialCallStatus=completed DialCallSid=CAleg1b DialCallDuration=60
        66 status  CallStatus=completed CallDuration=60
        """
    call = project([*make.events("0 voice", TOGETHER), *make.events(text, others)])

    assert (call.answered_by, call.cost) == ("", None)
    assert [leg.label for leg in call.legs] == [""]


def test_a_retry_that_was_told_to_ask_for_a_key_is_another_event():
    plain = make.directory(make.number(make.mobile()))
    text = """
        1  voice
        6  leg/1/0 CallStatus=in-progress
        27 leg/1/0 CallStatus=completed CallDuration=21
        35 status  CallStatus=completed CallDuration=7
        """
    call = project([*make.events("0 voice", plain), *make.events(text, ASKED)])

    assert call.answered_by == ""
