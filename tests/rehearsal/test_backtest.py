"""A backtest sends past calls through another route, and says where nobody can know."""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.rehearsal.backtest import Course, End, PastCall, course_by, course_then, in_service
from telephony.rehearsal.seen import PastLeg
from telephony.rehearsal.trial import DOES, Attempt, attempt
from telephony.routing.directory import Directory
from telephony.routing.results import Outcome
from tests import make, twilio

ANA = make.sip("ana", label="Ana")
BRUNO = make.sip("bruno", label="Bruno")
MOBILE = make.mobile(label="the mobile")
ASKING = make.mobile("+59898888888", label="the night line", ask_for_key=True)
EVERYBODY = (ANA, BRUNO, MOBILE, ASKING)
ALWAYS = frozenset({Outcome.FAILED, Outcome.NO_ANSWER, Outcome.BUSY, Outcome.DECLINED})


def live(*steps: object) -> Directory:
    return make.directory(make.number(*steps))


def play(directory: Directory, does: Mapping[object, str], talk_s: int = 61) -> PastCall:
    """A call as the records would hold it, by the code that answers webhooks and makes records."""
    told = {destination.key: what for destination, what in does.items()}
    wanted = Attempt(make.NUMBER, make.ACCOUNT_SID, make.CALLER, make.START, told, talk_s)
    facts = attempt(directory, wanted, twilio.PUBLIC).facts
    legs = tuple(
        PastLeg(leg.destination_key, *(getattr(leg, f.name) for f in fields(PastLeg)[1:]))
        for leg in facts.legs
    )
    names = [f.name for f in fields(PastCall)[:-1]]
    return PastCall(*(getattr(facts, name) for name in names), legs)


def by(directory: Directory, call: PastCall) -> Course:
    (number,) = directory.numbers.values()
    return course_by(directory, number, call, course_then(call))


def told(course: Course) -> tuple[End, str]:
    return course.end, course.label or course.why


steps = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.sampled_from(EVERYBODY),
        st.sampled_from([5, 20, 60]),
        st.frozensets(st.sampled_from(sorted(ALWAYS))),
    ),
    min_size=1,
    unique_by=lambda step: step[1].key,
)
what_all_do = st.fixed_dictionaries(
    {key: st.sampled_from(sorted(DOES)) for key in map(id, EVERYBODY)}
)


@given(steps=steps, does=what_all_do)
def test_the_route_that_a_call_took_ends_it_as_it_ended(steps, does):
    ordered = sorted(steps, key=lambda step: step[0])
    route = live(*(make.step(p, d, ring_s=r, moves_on=m) for p, d, r, m in ordered))
    call = play(route, {destination: does[id(destination)] for destination in EVERYBODY})

    then, now = course_then(call), by(route, call)

    assert now.is_like(then)
    assert (now.silence_s, now.cost) == (then.silence_s, then.cost)


STORY = live(ANA, MOBILE)


@pytest.mark.parametrize(
    ("does", "route", "end"),
    [
        # What was seen in a call holds wherever the route rings it.
        ({ANA: "failed"}, live(MOBILE), (End.ANSWERED, "the mobile")),
        ({ANA: "no-answer"}, live(MOBILE, ANA), (End.ANSWERED, "the mobile")),
        ({ANA: "failed"}, live(ANA), (End.UNANSWERED, "")),
        ({ANA: "failed", MOBILE: "busy"}, live(MOBILE, ANA), (End.BUSY, "")),
        (
            {ANA: "failed", MOBILE: "busy"},
            live(make.step(1, MOBILE, moves_on=ALWAYS), ANA),
            (End.UNANSWERED, ""),
        ),
        # What was not seen is unknown.
        ({ANA: "completed"}, live(MOBILE, ANA), (End.UNKNOWN, "the mobile was not rung then")),
        (
            {ANA: "busy"},
            live(make.step(1, ANA, moves_on=ALWAYS), MOBILE),
            (End.UNKNOWN, "the mobile was not rung then"),
        ),
        (
            {ANA: "completed"},
            live(make.step(1, ANA), make.step(1, BRUNO)),
            (End.UNKNOWN, "Bruno was not rung then"),
        ),
        # It answered after six seconds, and so it does unless it rings for less.
        ({ANA: "completed"}, live(make.step(1, ANA, ring_s=5)), (End.ANSWERED, "Ana")),
        # It did not answer in twenty, and nobody knows of more.
        (
            {ANA: "no-answer", MOBILE: "busy"},
            live(make.step(1, ANA, ring_s=15)),
            (End.UNANSWERED, ""),
        ),
        (
            {ANA: "no-answer"},
            live(make.step(1, ANA, ring_s=40)),
            (End.UNKNOWN, "Ana would ring for longer than it did then"),
        ),
        # A caller who hung up after six seconds does so again, as long as nobody picks up before.
        ({ANA: "hangup"}, live(make.step(1, ANA, ring_s=60)), (End.CALLER_GONE, "")),
        ({ANA: "hangup"}, live(BRUNO, ANA), (End.UNKNOWN, "Bruno was not rung then")),
        (
            {ANA: "no-answer", MOBILE: "hangup"},
            live(MOBILE),
            (End.UNKNOWN, "the mobile would ring for longer than it did then"),
        ),
        # The number is off.
        ({ANA: "completed"}, make.directory(make.number(ANA, enabled=False)), (End.REJECTED, "")),
    ],
)
def test_a_changed_route_ends_a_call_as_far_as_the_call_shows(does, route, end):
    assert told(by(route, play(STORY, does))) == end


def test_one_that_answered_late_rings_in_vain_where_it_may_ring_for_less():
    call = play(live(ANA), {ANA: "completed"})
    late = replace(call, legs=(replace(call.legs[0], ring_s=18),))
    now = by(live(make.step(1, ANA, ring_s=12)), late)
    assert (now.end, now.silence_s, now.cost) == (End.UNANSWERED, 12, 0)


def test_cost_is_that_of_the_same_talk_and_silence_that_of_the_same_ringing():
    call = play(STORY, {ANA: "no-answer"}, talk_s=61)
    then, now = course_then(call), by(live(MOBILE), call)
    assert (then.silence_s, now.silence_s) == (26, 6)
    assert then.cost == now.cost == Decimal("0.76")
    dearer = replace(STORY.destinations[MOBILE.key], rate=Decimal(1))
    today = replace(STORY, destinations={**STORY.destinations, MOBILE.key: dearer})
    assert by(today, call).cost == 2


def test_a_mailbox_is_not_put_through_unless_nobody_is_asked_for_a_key_any_more():
    call = play(live(ASKING, ANA), {ASKING: "mailbox"})
    assert told(by(live(ASKING), call)) == (End.UNANSWERED, "")
    route = live(ASKING)
    now_plain = replace(ASKING, ask_for_key=False)
    plain = replace(route, destinations={ASKING.key: now_plain})
    why = "the night line picked up then and was not put through"
    assert told(by(plain, call)) == (End.UNKNOWN, why)


def test_who_stopped_ringing_because_another_answered_is_known_for_as_long_as_it_rang():
    together = live(make.step(1, ANA), make.step(1, BRUNO))
    call = play(together, {ANA: "completed", BRUNO: "no-answer"})
    assert told(by(live(ANA), call)) == (End.ANSWERED, "Ana")
    why = "Bruno would ring for longer than it did then"
    assert told(by(live(BRUNO, ANA), call)) == (End.UNKNOWN, why)
    short = live(make.step(1, BRUNO, ring_s=5), make.step(2, ANA))
    assert told(by(short, call)) == (End.ANSWERED, "Ana")
    assert by(short, call).silence_s > course_then(call).silence_s


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"outcome": "unknown"}, "what happened then is not known"),
        ({"outcome": "ringing"}, "what happened then is not known"),
        ({"legs": ()}, "what happened then is not known"),
    ],
)
def test_of_a_call_that_is_not_known_nothing_is_known(changes, why):
    call = replace(play(live(ANA), {}), **changes)
    assert told(by(live(ANA), call)) == (End.UNKNOWN, why)


def test_how_long_somebody_rang_must_be_known():
    call = play(live(ANA), {})
    unheard = replace(call, legs=(replace(call.legs[0], ring_s=None),))
    assert told(by(live(ANA), unheard))[0] is End.UNKNOWN
    gone = replace(play(live(ANA), {ANA: "hangup"}), legs=unheard.legs[:1])
    legs = (replace(gone.legs[0], status="canceled", dial_status="", is_answered=False),)
    why = "how long the caller waited then is not known"
    assert told(by(live(ANA), replace(gone, legs=legs))) == (End.UNKNOWN, why)


def test_what_is_out_of_service_today_rang_then():
    held = replace(ANA, held_until=make.START + timedelta(days=99))
    today = replace(STORY, destinations={**STORY.destinations, ANA.key: held})
    today = replace(today, silent_until={"office": make.START})
    call = play(STORY, {})
    assert told(by(today, call))[0] is End.UNKNOWN
    assert told(by(in_service(today), call)) == (End.ANSWERED, "Ana")
    assert not in_service(today).silent_until


def leg(destination: object, **changes: object) -> PastLeg:
    """A leg at position 1 that was cut off after nine seconds."""
    cut_off = PastLeg(
        destination.key, destination.label, 1, "canceled", "", False, None, None, 9, 0
    )
    return replace(cut_off, **changes)


def went(outcome: str, *legs: PastLeg) -> PastCall:
    call = play(STORY, {})
    return replace(call, outcome=outcome, legs=legs, cost=Decimal(0))


def test_of_those_who_rang_together_the_one_counts_of_whom_twilio_spoke_at_the_end():
    together = live(make.step(1, ANA), make.step(1, BRUNO))
    ana = leg(ANA, status="busy", dial_status="busy", sip_code=486, ring_s=3)
    bruno = leg(BRUNO, status="busy", sip_code=603)
    assert by(together, went("busy", ana, bruno)).end is End.BUSY
    # With others it is the last to stop.
    assert by(together, went("busy", ana, replace(bruno, position=2))).end is End.UNANSWERED


def test_a_caller_who_hung_up_does_so_although_one_of_those_who_rang_stopped_a_second_before():
    call = went("caller-gone", leg(ANA), leg(BRUNO, ring_s=8))
    assert told(by(live(BRUNO), call)) == (End.CALLER_GONE, "")
    assert by(live(BRUNO), call).silence_s == 9


def test_a_caller_who_hung_up_before_anybody_rang_does_so_by_any_route():
    assert told(by(live(ANA), went("caller-gone"))) == (End.CALLER_GONE, "")


def test_a_caller_who_hung_up_on_a_mailbox_that_was_asked_for_a_key_does_so_again():
    mailbox = leg(ASKING, status="completed", dial_status="completed", ring_s=6, talk_s=5)
    call = went("caller-gone", mailbox)
    assert course_then(call).silence_s == 11
    assert told(by(live(ASKING), call)) == (End.CALLER_GONE, "")


def test_what_somebody_did_once_says_nothing_of_a_second_time():
    twice = live(ANA, make.step(2, ANA))
    once = play(live(ANA), {ANA: "failed"})
    why = "what Ana did then is not known, or not how often"
    assert told(by(twice, once)) == (End.UNKNOWN, why)
    again = play(twice, {ANA: "failed"})
    assert told(by(twice, again)) == (End.UNANSWERED, "")


def test_talk_ends_where_the_fallback_number_has_its_limit():
    call = play(live(MOBILE), {}, talk_s=61)
    limited = replace(MOBILE, time_limit_s=60)
    today = replace(live(MOBILE), destinations={MOBILE.key: limited})
    assert by(today, call).cost == Decimal("0.38")
