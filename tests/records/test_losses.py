"""Whatever webhooks are lost, a record claims nothing that is not so.

Calls are played whole, and their record is the truth; then some of their webhooks are lost.
"""

from datetime import datetime
from decimal import Decimal
from urllib.parse import urlsplit

from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.records.decision import record_of
from telephony.records.event import Event, make_event
from telephony.records.projection import CallFacts, project
from telephony.rehearsal.endings import DIAL_ENDINGS
from telephony.rehearsal.player import Player, Scenario
from telephony.routing.directory import Directory
from telephony.webhooks.answer import ASKING, decide_on
from telephony.wire.callbacks import parse_callback
from telephony.wire.paths import Kind, parse_path
from telephony.wire.twiml import EMPTY
from tests import make
from tests.twilio import PUBLIC
from tests.twiml.rendering import render

ANSWERED = ("answered", "failed-over")
SAYS_WHAT_IS_TOLD = ("outcome", "answered_by", "cost", "talk_s", "duration_s")

first = st.sampled_from([make.sip("a"), make.mobile("+59891000001"), make.mobile("+59891000002", ask_for_key=True)])  # fmt: skip
later = st.sampled_from([make.sip("b", rate=Decimal("0.2")), make.mobile("+59891000003", rate=Decimal("0.5")), make.mobile("+59891000004", ask_for_key=True)])  # fmt: skip
beside = st.none() | st.just(make.sip("c", rate=Decimal("0.3")))


@st.composite
def played_calls(draw: st.DrawFn) -> list[Event]:
    """The webhooks of a whole call."""
    steps = []
    for position, chosen in ((1, draw(first)), (2, draw(st.none() | later))):
        if chosen is not None:
            steps.append(make.step(position, chosen))
            together = draw(beside) if not getattr(chosen, "ask_for_key", False) else None
            steps += [make.step(position, together)] if together else []
    live = make.directory(make.number(*steps))
    outcomes = draw(st.lists(st.sampled_from(sorted(DIAL_ENDINGS)), min_size=1, max_size=2))
    return play(live, outcomes)


def play(live: Directory, outcomes: list[str]) -> list[Event]:
    events: list[Event] = []

    def post(url: str, fields: dict[str, str], at: datetime) -> str:
        address = parse_path(urlsplit(url).path)
        callback = parse_callback(address, {name: [value] for name, value in fields.items()})
        if address.kind not in ASKING:
            events.append(make_event(callback, at, None))
            return EMPTY
        decision = decide_on(callback, live, at)
        events.append(make_event(callback, at, record_of(decision, live)))
        return render(decision, PUBLIC)

    scenario = Scenario(make.NUMBER, make.CALLER, make.ACCOUNT_SID, PUBLIC, outcomes)
    for _ in Player(scenario, post, make.START, time_passes=False).play():
        pass
    return events


@settings(max_examples=500)
@given(played_calls(), st.data())
def test_whatever_is_lost_nothing_false_is_claimed(events, data):
    truth = project(events)
    is_kept = data.draw(st.lists(st.booleans(), min_size=len(events), max_size=len(events)))
    left = [event for event, kept in zip(events, is_kept, strict=True) if kept]
    call = project(left)
    if call is None:
        return
    assert call.cost in (None, truth.cost)
    assert call.talk_s in (None, truth.talk_s)
    assert call.saved in (None, truth.saved)
    assert call.answered_by in ("", truth.answered_by, dialled(truth))
    if truth.outcome in ANSWERED:
        assert call.outcome in (*ANSWERED, "ringing", "unknown")
    elif call.outcome in ANSWERED:
        # The one conclusion that is drawn: a caller was connected, and how the dial ended is lost.
        assert is_end_of_last_dial_lost(left)
        assert call.answered_by == ""
    check_legs(call, truth)
    if any(getattr(call, name) != getattr(truth, name) for name in SAYS_WHAT_IS_TOLD):
        assert call.missing


def dialled(truth: CallFacts) -> str:
    """The address of whoever talked, as the To of its leg has it."""
    return next((leg.uri.partition(";")[0] for leg in truth.legs if leg.is_answered), "")


def check_legs(call: CallFacts, truth: CallFacts) -> None:
    for leg in call.legs:
        real = next(
            real
            for real in truth.legs
            if (leg.leg_sid and real.leg_sid == leg.leg_sid)
            or (not leg.leg_sid and (real.position, real.index) == (leg.position, leg.index))
        )
        assert leg.label in ("", real.label)
        assert leg.cost in (None, real.cost)
        assert not leg.is_answered or real.is_answered


def is_end_of_last_dial_lost(events: list[Event]) -> bool:
    told = [e.decision.dial.position for e in events if e.decision and e.decision.dial]
    ended = [e.position for e in events if e.kind is Kind.ACTION]
    return max(told) not in ended


def test_a_call_of_which_nothing_is_lost_lacks_nothing():
    events = play(make.directory(make.number(make.sip(), make.mobile())), ["failed", "completed"])

    assert project(events).missing == ()
    assert project(events).outcome == "failed-over"
