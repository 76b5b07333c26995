"""When a server is passed over, and how it comes back: docs/routing.md, A server that does not answer."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.routing.breaker import (
    LONGEST_PAUSE_S,
    WELL,
    Health,
    Limits,
    Sign,
    after,
    judge_leg,
)
from tests import make

LIMITS = Limits(failures=3, successes=2, pause_s=30)
NOW = make.START


def told(*signs: tuple[float, bool], limits: Limits = LIMITS, health: Health = WELL) -> Health:
    """What is known after signs, each with its second and whether the server was up."""
    for second, is_up in signs:
        health = after(health, Sign("office", is_up, NOW + timedelta(seconds=second)), limits)
    return health


def pause_s(health: Health, since_s: float) -> float:
    return (health.open_until - NOW - timedelta(seconds=since_s)).total_seconds()


DOWN = ((0, False), (1, False), (2, False))


def test_failures_in_a_row_open_it():
    assert told(*DOWN[:2]) == Health(failures=2)
    opened = told(*DOWN)
    assert (pause_s(opened, 2), opened.opened_at) == (30, NOW + timedelta(seconds=2))


def test_a_success_between_them_begins_the_count_again():
    assert told(*DOWN[:2], (2, True), (3, False)) == Health(failures=1)


def test_successes_in_a_row_close_it_even_before_the_pause_is_over():
    assert not told(*DOWN, (5, True)).is_closed
    assert not told(*DOWN, (5, True), (6, False), (7, True)).is_closed
    assert told(*DOWN, (5, True), (6, True)) == WELL


def test_the_pause_doubles_after_each_failed_try_up_to_its_limit():
    health, second, pauses = told(*DOWN), 2.0, []
    for _ in range(7):
        second += (health.open_until - NOW).total_seconds()
        health = told((second, False), health=health)
        pauses.append(pause_s(health, second))
    assert pauses == [60, 120, 240, 480, 600, 600, 600]
    assert health.opened_at == NOW + timedelta(seconds=2)


def test_the_first_pause_is_short_again_once_it_has_been_closed():
    again = told(*DOWN, (40, False), (120, True), (121, True), (200, False), (201, False), (202, False))  # fmt: skip
    assert pause_s(again, 202) == 30


def test_a_failure_within_the_pause_does_not_prolong_it():
    assert told(*DOWN, (10, False)) == told(*DOWN)


def test_it_is_half_open_when_the_pause_is_over():
    opened = told(*DOWN)
    assert not opened.is_half_open(NOW + timedelta(seconds=31))
    assert opened.is_half_open(NOW + timedelta(seconds=32))
    assert not WELL.is_half_open(NOW)


def probed(*signs: tuple[float, bool], health: Health = WELL) -> Health:
    """The same, of probes."""
    for second, is_up in signs:
        sign = Sign("office", is_up, NOW + timedelta(seconds=second), is_probe=True)
        health = after(health, sign, LIMITS)
    return health


def test_probes_open_it_and_close_it_as_calls_do():
    opened = probed(*DOWN)
    assert not opened.is_closed
    assert probed((10, True), (11, True), health=opened).is_closed


def test_probes_bring_it_back_each_time_that_only_they_have_missed_it():
    health = WELL
    for hour in range(5):
        second = 3600 * hour
        health = probed(*((second + n, False) for n in range(3)), health=health)
        assert not health.is_closed
        health = probed((second + 10, True), (second + 11, True), health=health)
        assert health == WELL
    assert told(*((20_000 + n, False) for n in range(2)), health=health).is_closed


def test_probes_bring_back_what_they_have_missed_also_after_calls_had_failed():
    once = probed((10, True), (11, True), health=told(*DOWN))
    silent = probed((20, False), (21, False), (22, False), health=once)
    assert not silent.is_closed
    assert probed((30, True), (31, True), health=silent).is_closed


def test_probes_that_are_kept_out_are_not_believed_once_a_call_gets_through():
    opened = probed(*DOWN, (10, False), (33, False), (100, False))
    assert (pause_s(opened, 2), opened.is_closed) == (30, False)
    through = told((101, True), health=opened)
    assert through.is_closed
    assert probed(*((n, False) for n in range(110, 200)), health=through).is_closed
    assert not told((200, False), (201, False), (202, False), health=through).is_closed
    trusted = probed((210, True), health=through)
    assert trusted == WELL
    assert not probed((211, False), (212, False), (213, False), health=trusted).is_closed


def test_a_probe_that_is_answered_does_not_excuse_failed_calls():
    health = told(*DOWN[:2])
    health = probed((2, True), (3, True), health=health)
    assert not told((4, False), health=health).is_closed


def test_calls_that_fail_while_probes_are_answered_wait_out_longer_and_longer_pauses():
    health, second = probed((10, True), (11, True), health=told(*DOWN)), 12.0
    for pause in (60, 120, 240):
        health = told((second, False), health=health)
        assert pause_s(health, second) == pause
        soon = probed((second + 1, True), (second + 2, True), health=health)
        assert not soon.is_closed
        second += pause
        health = probed((second, True), health=soon)
        assert health.is_closed
    assert told((second, True), health=health) == WELL


def test_a_call_counts_once_or_twice_if_it_fails_after_all():
    def told_by(*calls: tuple[str, bool], health: Health = WELL) -> Health:
        for call, is_up in calls:
            health = after(health, Sign("office", is_up, NOW, call=call), LIMITS)
        return health

    assert told_by(*[("CA1", False)] * 9).failures == 1
    opened = told_by(("CA1", False), ("CA2", False), ("CA3", False))
    assert not opened.is_closed
    assert told_by(*[("CA4", True)] * 9, health=opened).successes == 1
    assert told_by(("CA4", True), ("CA4", False), health=opened).successes == 0
    assert told_by(("CA4", True), ("CA5", True), health=opened) == WELL


SIGNS = st.lists(st.tuples(st.floats(0, 400), st.booleans()), max_size=80)
ANY_LIMITS = st.builds(Limits, st.integers(1, 6), st.integers(1, 6), st.integers(1, 600))


def in_order(steps: list[tuple[float, bool]]) -> list[tuple[float, bool]]:
    """Turn the seconds between signs into seconds from the beginning."""
    second, signs = 0.0, []
    for wait, is_up in steps:
        second += wait
        signs.append((second, is_up))
    return signs


@given(SIGNS, ANY_LIMITS)
def test_it_opens_after_as_many_failures_and_closes_after_as_many_successes_in_a_row(steps, limits):
    signs = in_order(steps)
    health = WELL
    for place, (second, is_up) in enumerate(signs, start=1):
        before, health = health, told((second, is_up), limits=limits, health=health)
        if before.is_closed and not health.is_closed:
            assert [up for _, up in signs[place - limits.failures : place]] == [False] * limits.failures  # fmt: skip
        if health.is_closed and not before.is_closed:
            assert [up for _, up in signs[place - limits.successes : place]] == [True] * limits.successes  # fmt: skip


@given(SIGNS, ANY_LIMITS)
def test_no_pause_is_longer_than_the_longest_and_each_begins_with_a_failure(steps, limits):
    health = WELL
    for second, is_up in in_order(steps):
        before, health = health, told((second, is_up), limits=limits, health=health)
        if health.open_until is not None and health.open_until != before.open_until:
            assert not is_up
            assert min(limits.pause_s, LONGEST_PAUSE_S) <= round(pause_s(health, second), 3)
            assert round(pause_s(health, second), 3) <= LONGEST_PAUSE_S
        assert health.is_closed or health.opened_at < health.open_until


@given(SIGNS, ANY_LIMITS)
def test_a_server_that_is_well_for_good_is_rung_again(steps, limits):
    signs = in_order(steps)
    after_all = (signs[-1][0] if signs else 0) + 1
    well = [(after_all + n, True) for n in range(limits.successes)]
    assert told(*signs, *well, limits=limits) == WELL


@pytest.mark.parametrize(
    ("status", "sip_code", "error_code", "is_up"),
    [
        ("failed", None, None, False),
        ("failed", None, 32011, False),
        ("failed", None, 13254, False),
        ("failed", 408, None, False),
        ("no-answer", 408, None, False),
        ("failed", 503, None, False),
        ("failed", 500, 32011, False),
        ("failed", 0, None, False),
        # Twilio refused the leg itself.
        ("failed", None, 13224, None),
        ("busy", None, 13247, None),
        # The caller hung up, or nobody knows who was silent.
        ("canceled", None, None, None),
        ("canceled", 487, None, None),
        ("canceled", 503, None, None),
        ("no-answer", None, None, None),
        ("initiated", None, None, None),
        ("", None, None, None),
        # It answers, if only to refuse.
        ("failed", 404, 32011, True),
        ("failed", 403, None, True),
        ("no-answer", 487, None, True),
        ("busy", 486, None, True),
        ("completed", 200, None, True),
        ("ringing", None, None, True),
        ("in-progress", None, None, True),
    ],
)
def test_the_end_of_a_leg_shows_whether_its_server_is_up(status, sip_code, error_code, is_up):
    assert judge_leg(status, sip_code, error_code) is is_up
