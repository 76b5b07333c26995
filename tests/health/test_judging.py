"""What is told of a state, whatever comes and goes; the numbered rules are those of judging.py."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from telephony.health.alerts.judging import (
    TRIED_FOR,
    Alerts,
    Code,
    Condition,
    Phase,
    claim,
    judge,
    pause,
    pending,
    settle,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CODE = Code.SERVER_DOWN
KEY = (CODE, "1")
CHANNELS = ("e-mail", "POST")


def condition(since: datetime = NOW, **values: str) -> Condition:
    return Condition(CODE, "1", since, values)


def look(alerts: Alerts, minute: float, *, holds: bool, debounce: timedelta = 2 * MINUTE) -> None:
    found = {CODE: [condition()] if holds else []}
    judge(alerts, found, {CODE: debounce}, CHANNELS, NOW + minute * MINUTE)


def tell(alerts: Alerts, minute: float, *failing: str) -> list[tuple[str, Phase]]:
    """Tell what is due; return what was told to the channels that do not fail."""
    now, heard = NOW + minute * MINUTE, []
    channels = list(CHANNELS)
    while tellings := list(claim(alerts, channels, now)):
        for telling in tellings:
            error = "no" if telling.channel in failing else ""
            settle(alerts, telling, error, now)
            if error:
                channels.remove(telling.channel)
            else:
                heard.append((telling.channel, telling.phase))
    return heard


BEGUN = [("POST", Phase.BEGUN), ("e-mail", Phase.BEGUN)]
OVER = [("POST", Phase.OVER), ("e-mail", Phase.OVER)]


def test_a_state_is_told_once_it_has_held_for_its_time_and_once_it_is_over():
    alerts: Alerts = {}
    told = {}
    for minute in range(10):
        look(alerts, minute, holds=minute < 5)
        told[minute] = sorted(tell(alerts, minute))

    assert {minute: what for minute, what in told.items() if what} == {2: BEGUN, 7: OVER}
    assert alerts == {}


def test_since_is_the_first_look_at_which_it_held_or_what_the_finder_knows():
    alerts: Alerts = {}
    for minute in range(4):
        found = {CODE: [condition(since=NOW + minute * MINUTE)]}
        judge(alerts, found, {CODE: 2 * MINUTE}, CHANNELS, NOW + minute * MINUTE)
    assert alerts[KEY].since == NOW

    early: Alerts = {}
    found = {CODE: [condition(since=NOW - 9 * MINUTE)]}
    judge(early, found, {CODE: timedelta()}, CHANNELS, NOW)
    assert early[KEY].since == NOW - 9 * MINUTE


def test_what_comes_and_goes_within_its_time_is_never_told():
    alerts: Alerts = {}
    for minute in range(20):
        look(alerts, minute, holds=minute % 2 == 0)
        assert tell(alerts, minute) == []


def test_what_was_not_looked_for_stays_as_it_is():
    alerts: Alerts = {}
    look(alerts, 0, holds=True, debounce=timedelta())
    before = dict(alerts)
    judge(alerts, {}, {CODE: timedelta()}, CHANNELS, NOW + 60 * MINUTE)

    assert alerts == before


def test_what_is_switched_off_is_forgotten_without_a_word():
    alerts: Alerts = {}
    look(alerts, 0, holds=True, debounce=timedelta())
    judge(alerts, {}, {}, CHANNELS, NOW + MINUTE)

    assert alerts == {}


def test_what_is_switched_off_while_it_is_told_is_forgotten_all_the_same():
    alerts: Alerts = {}
    look(alerts, 0, holds=True, debounce=timedelta())
    (telling, _) = claim(alerts, CHANNELS, NOW)
    judge(alerts, {}, {}, CHANNELS, NOW)

    assert settle(alerts, telling, "", NOW) is None
    assert alerts == {}


def test_a_channel_that_fails_does_not_hold_up_the_other_and_is_tried_after_growing_pauses():
    alerts: Alerts = {}
    look(alerts, 0, holds=True, debounce=timedelta())
    assert tell(alerts, 0, "e-mail") == [("POST", Phase.BEGUN)]
    tried = []
    for minute in range(1, 140):
        before = alerts[KEY].channels["e-mail"].tries
        assert tell(alerts, minute, "e-mail") == []
        tried += [minute] if alerts[KEY].channels["e-mail"].tries > before else []

    assert tried == [1, 3, 7, 15, 31, 63, 123]
    assert tell(alerts, 200) == [("e-mail", Phase.BEGUN)]


def test_a_channel_that_comes_back_late_hears_the_beginning_and_then_the_end():
    alerts: Alerts = {}
    look(alerts, 0, holds=True, debounce=timedelta())
    tell(alerts, 0, "e-mail")
    look(alerts, 1, holds=False, debounce=timedelta())
    tell(alerts, 1, "e-mail")

    assert tell(alerts, 10) == [("e-mail", Phase.BEGUN), ("e-mail", Phase.OVER)]


def test_what_is_not_taken_within_a_day_is_given_up_and_its_end_is_not_told():
    alerts: Alerts = {}
    look(alerts, 0, holds=True, debounce=timedelta())
    tell(alerts, 0, "e-mail")
    day = TRIED_FOR / MINUTE
    tell(alerts, day - 1, "e-mail")
    assert not alerts[KEY].channels["e-mail"].is_given_up
    tell(alerts, day + 60, "e-mail")
    assert alerts[KEY].channels["e-mail"].is_given_up
    look(alerts, day + 61, holds=False, debounce=timedelta())

    assert tell(alerts, day + 61) == [("POST", Phase.OVER)]
    assert tell(alerts, 2 * day) == []


def test_a_state_that_begins_again_before_its_end_was_heard_is_not_told_twice():
    alerts: Alerts = {}
    look(alerts, 0, holds=True, debounce=timedelta())
    tell(alerts, 0)
    look(alerts, 1, holds=False, debounce=timedelta())
    tell(alerts, 1, "e-mail")
    look(alerts, 2, holds=True, debounce=timedelta())

    assert tell(alerts, 10) == [("POST", Phase.BEGUN)]
    assert pending(alerts[KEY], "e-mail") is None


def test_a_state_that_begins_again_has_to_hold_for_its_time_again():
    alerts: Alerts = {}
    for minute in range(6):
        look(alerts, minute, holds=minute < 3)
        tell(alerts, minute, "e-mail" if minute == 5 else "")
    for minute in (6, 7):
        look(alerts, minute, holds=True)
        assert not alerts[KEY].is_on
    look(alerts, 8, holds=True)
    assert alerts[KEY].is_on


def test_a_channel_is_told_one_thing_at_a_time_and_those_that_wait_longest_first():
    alerts: Alerts = {}
    debounce = {CODE: timedelta()}
    for minute in range(3):
        found = {CODE: [Condition(CODE, each, NOW) for each in "cab"[: minute + 1]]}
        judge(alerts, found, debounce, CHANNELS, NOW + minute * MINUTE)
    for subject in "cab":
        tellings = list(claim(alerts, CHANNELS, NOW + 3 * MINUTE))
        assert [(t.channel, t.key[1]) for t in tellings] == [(c, subject) for c in CHANNELS]


def test_an_end_that_is_heard_after_a_new_beginning_leads_to_it():
    alerts: Alerts = {}
    look(alerts, 0, holds=True, debounce=timedelta())
    tell(alerts, 0)
    look(alerts, 1, holds=False, debounce=timedelta())
    tellings = list(claim(alerts, CHANNELS, NOW + MINUTE))
    look(alerts, 2, holds=True, debounce=timedelta())
    for telling in tellings:
        settle(alerts, telling, "", NOW + 2 * MINUTE)

    assert sorted(tell(alerts, 3)) == BEGUN


def test_what_is_claimed_is_claimed_by_one_and_comes_back_if_he_dies():
    alerts: Alerts = {}
    look(alerts, 0, holds=True, debounce=timedelta())
    assert len(list(claim(alerts, CHANNELS, NOW))) == 2
    assert list(claim(alerts, CHANNELS, NOW)) == []

    assert sorted(tell(alerts, 1)) == BEGUN


def test_what_happens_in_a_moment_is_told_and_never_over():
    alerts: Alerts = {}
    debounce = {Code.MISSED_CALL: timedelta()}
    missed = Condition(Code.MISSED_CALL, "a", NOW)
    judge(alerts, {Code.MISSED_CALL: [missed]}, debounce, CHANNELS, NOW)
    assert sorted(tell(alerts, 0)) == BEGUN
    for minute in (1, 60, 1440):
        judge(alerts, {Code.MISSED_CALL: []}, debounce, CHANNELS, NOW + minute * MINUTE)
        assert tell(alerts, minute) == []
    assert len(alerts) == 1
    judge(alerts, {Code.MISSED_CALL: []}, debounce, CHANNELS, NOW + 2881 * MINUTE)
    assert alerts == {}


LOOKS = st.lists(
    st.tuples(
        st.integers(1, 200),  # minutes since the last look
        st.sampled_from([True, False, None]),  # holds, does not, was not looked for
        st.sets(st.sampled_from(CHANNELS)),  # channels that fail
        st.booleans(),  # whoever tells dies before he notes it
    ),
    max_size=40,
)


@given(LOOKS, st.integers(0, 300))
def test_each_channel_hears_begun_and_over_in_turn_and_not_too_often(looks, debounce_minutes):
    alerts: Alerts = {}
    debounce = debounce_minutes * MINUTE
    heard: dict[str, list[tuple[float, Phase]]] = {name: [] for name in CHANNELS}
    decided: list[float] = []
    gave_up, minute = False, 0
    for after, holds, failing, _ in looks:
        minute += after
        on_before = KEY in alerts and alerts[KEY].is_on
        found = {} if holds is None else {CODE: [condition()] if holds else []}
        judge(alerts, found, {CODE: debounce}, CHANNELS, NOW + minute * MINUTE)
        is_on = KEY in alerts and alerts[KEY].is_on
        decided += [minute] if is_on != on_before else []
        for channel, phase in tell(alerts, minute, *failing):
            heard[channel].append((minute, phase))
        gave_up |= any(h.is_given_up for a in alerts.values() for h in a.channels.values())
    assert all(b - a >= debounce_minutes for a, b in pairwise(decided))
    for told in heard.values():
        phases = [phase for _, phase in told]
        # Whoever could not be told an end for a day is told the next beginning all the same.
        assert gave_up or phases == [(Phase.BEGUN, Phase.OVER)[n % 2] for n in range(len(phases))]
        assert not phases or phases[0] is Phase.BEGUN


@given(LOOKS)
def test_whoever_dies_while_telling_leaves_it_to_be_told_again(looks):
    alerts: Alerts = {}
    minute = 0
    for after, holds, _, dies in looks:
        minute += after
        look(alerts, minute, holds=bool(holds), debounce=timedelta())
        if dies:
            list(claim(alerts, CHANNELS, NOW + minute * MINUTE))
        else:
            tell(alerts, minute)
    look(alerts, minute + 1, holds=True, debounce=timedelta())
    tell(alerts, minute + 100)
    tell(alerts, minute + 200)

    assert all(pending(alerts[KEY], channel) is None for channel in CHANNELS)


@given(st.integers(1, 10_000))
def test_pauses_grow_to_an_hour(tries):
    assert MINUTE <= pause(tries) <= pause(tries + 1) <= 60 * MINUTE


def test_a_clock_that_was_ahead_puts_nothing_off():
    alerts: Alerts = {}
    look(alerts, 60, holds=True)
    for minute in range(3):
        look(alerts, minute, holds=True)
    assert sorted(tell(alerts, 2)) == BEGUN

    late: Alerts = {}
    for minute in (300, 302):
        look(late, minute, holds=True)
    assert tell(late, 302, *CHANNELS) == []
    assert sorted(tell(late, 2)) == BEGUN
