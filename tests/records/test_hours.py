"""A span is split into hours, days and pieces that make up all of it, and nothing twice."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from telephony.records.hours import DAY, HOUR, Plan, day_of, hour_of, make_plan

START = datetime(2026, 11, 3, tzinfo=UTC)
MOMENTS = st.integers(0, 7 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))
HOURS = st.sets(st.integers(0, 7 * 24).map(lambda n: START + n * HOUR), max_size=6)
DAYS = st.sets(st.integers(0, 7).map(lambda n: START + n * DAY), max_size=3)


def parts(plan: Plan) -> list[tuple[datetime, datetime]]:
    return sorted([*plan.hours, *plan.changed, *plan.edges, *plan.days])


@given(MOMENTS, MOMENTS, HOURS, st.none() | DAYS)
def test_the_parts_make_up_the_span_without_a_gap_or_an_overlap(one, other, changed, unsettled):
    since, until = sorted((one, other))
    made = parts(make_plan(since, until, changed, unsettled))
    assert [begin for begin, _ in made] == [since, *(end for _, end in made[:-1])][: len(made)]
    assert (made[-1][1] if made else since) == (until if since < until else since)


@given(MOMENTS, MOMENTS, HOURS, st.none() | DAYS)
def test_what_has_changed_is_looked_at_call_by_call(one, other, changed, unsettled):
    since, until = sorted((one, other))
    plan = make_plan(since, until, changed, unsettled)
    for begin, end in (*plan.hours, *plan.days):
        assert not [hour for hour in changed if begin <= hour < end]
        assert begin == hour_of(begin) and end == hour_of(end)
    for begin, end in plan.days:
        assert begin == day_of(begin) and end == day_of(end)
        assert not [day for day in unsettled or () if begin <= day < end]
    assert {begin for begin, _ in plan.changed} <= changed


@given(MOMENTS, MOMENTS, HOURS, st.none() | DAYS)
def test_edges_are_only_what_no_whole_hour_stands_for(one, other, changed, unsettled):
    since, until = sorted((one, other))
    edges = make_plan(since, until, changed, unsettled).edges
    assert edges == make_plan(since, until).edges
    whole = [hour for hour in map(hour_of, (since, until)) if since <= hour <= until - HOUR]
    assert not [
        hour for hour in whole for begin, end in edges if begin < hour + HOUR and hour < end
    ]


def test_a_day_in_india_begins_at_half_past_an_hour():
    since = START + timedelta(hours=18, minutes=30)
    plan = make_plan(since, since + DAY)
    assert plan.edges == (
        (since, since + HOUR / 2),
        (since + DAY - HOUR / 2, since + DAY),
    )
    assert plan.hours == ((since + HOUR / 2, since + DAY - HOUR / 2),)


def test_days_stand_for_their_hours_over_a_long_span():
    plan = make_plan(START - HOUR, START + 4 * DAY, (), {START + DAY})
    assert plan.days == ((START, START + DAY), (START + 2 * DAY, START + 4 * DAY))
    assert plan.hours == ((START - HOUR, START), (START + DAY, START + 2 * DAY))
