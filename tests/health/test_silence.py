"""When a number is silent."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from telephony.health.alerts.silence import is_silent, spans, usual

MONTEVIDEO = ZoneInfo("America/Montevideo")


@pytest.mark.parametrize(
    ("today", "counts", "is_so"),
    [
        (0, [12, 11, 13, 12, 12, 0, 14, 12], True),
        (1, [12, 11, 13, 12, 12, 0, 14, 12], False),
        (0, [5, 5, 5, 5, 5, 0, 0, 0], True),
        (0, [5, 5, 5, 5, 0, 0, 0, 0], False),  # half of the weeks had none
        (0, [4] * 8, False),
        (0, [90, 0, 0, 0, 0, 0, 0, 0], False),  # one day of many calls is not usual
        (0, [0] * 8, False),
    ],
)
def test_a_number_is_silent_where_it_usually_is_not(today, counts, is_so):
    assert is_silent(today, counts, at_least=5) is is_so


def test_usual_is_the_median():
    assert usual([12, 11, 13, 12, 12, 0, 14, 12]) == 12


def test_a_day_begins_at_the_midnight_of_the_office():
    # Eleven at night of Monday in Montevideo, and Tuesday already in UTC.
    now = datetime(2026, 11, 24, 2, tzinfo=UTC)
    today, *past = spans(now, MONTEVIDEO)

    assert today == (datetime(2026, 11, 23, tzinfo=MONTEVIDEO), now)
    assert len(past) == 8
    assert past[0] == (
        datetime(2026, 11, 16, tzinfo=MONTEVIDEO),
        datetime(2026, 11, 16, 23, tzinfo=MONTEVIDEO),
    )
    assert {begin.weekday() for begin, _ in past} == {0}


def test_the_clock_on_the_wall_counts_where_it_is_changed():
    berlin = ZoneInfo("Europe/Berlin")
    # The clock was put back on 2026-10-25.
    now = datetime(2026, 10, 26, 9, tzinfo=UTC)
    (_, end), (_, before) = spans(now, berlin)[:2]

    assert (end.astimezone(berlin).hour, before.hour) == (10, 10)
    assert (end.astimezone(UTC).hour, before.astimezone(UTC).hour) == (9, 8)
