"""What is added up is what the calls come to, however they change; on SQLite and on PostgreSQL."""

import sqlite3
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from telephony.models import CallRecord, CallTotal, ChangedTotal
from telephony.periodic import run_jobs
from telephony.records import figures, store, totals
from telephony.records.figures import Figures, read, read_all
from telephony.records.filters import CallFilter
from telephony.records.hours import DAY, HOUR, hour_of
from telephony.records.totals import add_up, count_marked, differs, find_differing, mark_all
from tests import make
from tests.records.tables import CALLS
from tests.records.test_concurrency import at_once

pytestmark = pytest.mark.django_db

LONG_AGO = make.START - timedelta(days=60)


def play_everything() -> None:
    """A call of every kind, one in three hours, over some days."""
    for place, (live, text, _) in enumerate(CALLS.values()):
        sid = f"CA{place:032x}"
        events = make.events(text, live)
        by = 3 * HOUR * place
        store.write([make.moved(event, by, call_sid=sid) for event in events])


def add_everything_up() -> int:
    return sum(add_up())


def figures_of(**given: str) -> Figures:
    form = CallFilter(given)
    assert form.is_valid()
    criteria, conditions = form.criteria(), form.counted()
    assert conditions is not None
    found = read_all(criteria.since, criteria.until, conditions, called=criteria.called or None)
    assert found.behind == 0
    return found.spans[0]


def calls_of(**given: str) -> dict[str, object]:
    form = CallFilter(given)
    assert form.is_valid()
    calls = CallRecord.objects.filter(form.criteria().others)
    if given.get("called"):
        calls = calls.filter(called=given["called"])
    sums = calls.aggregate(talk_s=Sum("talk_s"), cost=Sum("cost"), saved=Sum("saved"))
    return {"calls": calls.count(), **{name: value or 0 for name, value in sums.items()}}


def told(found: Figures) -> dict[str, object]:
    money = found.money.values()
    return {
        "calls": found.calls,
        "talk_s": found.talk_s,
        "cost": sum(cost for cost, _ in money),
        "saved": sum(saved for _, saved in money),
    }


FILTERS = [
    {},
    {"called": make.NUMBER},
    {"called": "+12025559999"},
    *({"outcome": each} for each in dict(CallFilter.base_fields["outcome"].choices) if each),
    *({"taken_by": each} for each in dict(CallFilter.base_fields["taken_by"].choices) if each),
    {"failed_over": "yes"},
    {"failed_over": "no", "taken_by": "fallback"},
    {"simulated": "no", "outcome": "answered", "called": make.NUMBER},
]


@pytest.mark.parametrize("given", FILTERS, ids=str)
def test_the_figures_of_a_filter_are_those_of_the_calls_that_it_finds(given, monkeypatch):
    play_everything()
    monkeypatch.setattr(figures, "HOURS_AT_MOST", 10_000)
    assert told(figures_of(**given)) == calls_of(**given)
    add_everything_up()
    assert ChangedTotal.objects.filter(hours=1).count() == 0
    assert told(figures_of(**given)) == calls_of(**given)
    assert CallTotal.objects.filter(hours=24).exists()


def test_every_way_of_taking_a_call_occurs_and_they_add_up_to_all():
    play_everything()
    add_everything_up()
    taken = figures_of().taken
    assert all(taken.values()), taken
    assert sum(taken.values()) == CallRecord.objects.count()


def test_seconds_to_answer_are_those_of_calls_of_which_they_are_known():
    play_everything()
    add_everything_up()
    waits = [
        (call.answered_at - call.started_at).total_seconds()
        for call in CallRecord.objects.exclude(answered_at=None)
    ]
    found = figures_of()
    assert found.timed == len(waits)
    assert found.answer_s == pytest.approx(sum(waits) / len(waits), abs=0.001)


CALL = "0 voice\n 9 leg/1/0 CallStatus=in-progress"
END = "69 voice/1 DialCallStatus=completed DialCallDuration=60 DialCallSid=CAleg1a"


def test_a_call_that_ends_is_counted_anew_at_once_and_after_it_was_added_up():
    store.write(make.events(CALL))
    add_everything_up()
    assert figures_of().taken["going-on"] == 1
    store.write(make.events(END))
    for _ in range(2):
        found = figures_of()
        assert (found.calls, found.taken["asterisk"], found.talk_s) == (1, 1, 60)
        add_everything_up()


def test_a_call_that_turns_out_to_have_begun_earlier_moves_to_its_hour():
    (early,) = make.events("0 voice")
    (late,) = make.events("7000 status CallStatus=completed CallDuration=7000")
    store.write([late])
    add_everything_up()
    store.write([early])
    assert count_marked() == 2
    add_everything_up()
    hours = CallTotal.objects.filter(hours=1, called=None)
    assert [total.begins_at for total in hours] == [make.START.replace(minute=0, second=0)]
    assert figures_of().calls == 1


@pytest.mark.parametrize("change", [store.delete_calls, store.rebuild])
def test_calls_that_are_deleted_or_made_again_are_counted_anew(change):
    play_everything()
    add_everything_up()
    change([f"CA{place:032x}" for place in range(5)])
    assert count_marked() >= 5
    add_everything_up()
    assert told(figures_of()) == calls_of()
    assert find_differing(50) == []


def test_a_change_of_a_day_that_has_settled_is_seen_at_once():
    store.write(make.events(CALL))
    add_everything_up()
    assert CallTotal.objects.filter(hours=24).count() == 2
    store.write(make.events(END))
    found = read([LONG_AGO, make.START + 5 * DAY], {}).spans[0]
    assert (found.calls, found.taken["asterisk"]) == (1, 1)


def test_what_was_changed_past_the_panel_is_noticed_and_mended():
    play_everything()
    add_everything_up()
    gone = CallRecord.objects.first()
    CallRecord.objects.filter(pk=gone.pk).delete()
    (hour,) = CallTotal.objects.filter(
        hours=1, called=None, begins_at__gt=gone.started_at - HOUR, begins_at__lte=gone.started_at
    ).values_list("begins_at", flat=True)
    assert differs(hour)
    mark_all()
    add_everything_up()
    assert not differs(hour)
    assert told(figures_of()) == calls_of()


def test_the_job_mends_an_hour_that_it_happens_to_look_at():
    store.write(make.events("0 voice"))
    add_everything_up()
    CallTotal.objects.all().delete()
    results = {done.name: done.result for done in run_jobs(make.START)}
    assert "some differed" in results["add up calls"]
    assert figures_of().calls == 1


def make_call(started_at):
    CallRecord.objects.create(call_sid=f"CA{uuid4().hex}", started_at=started_at)


@pytest.fixture
def wrong_clock():
    """Calls of a day, and one that seems to have begun when clocks are wrong."""
    for place in range(24):
        make_call(make.START + place * HOUR)
    make_call(datetime(1970, 1, 1, 0, 5, tzinfo=UTC))
    mark_all()


def test_only_hours_with_calls_or_totals_are_marked(wrong_clock):
    assert count_marked() == ChangedTotal.objects.count() == 25
    add_everything_up()
    CallRecord.objects.filter(started_at__hour=13).delete()
    # That of the call that is gone has a total, and days have theirs at midnight.
    midnights = {at.replace(hour=0) for at in map(hour_of, starts())}
    expected = {*map(hour_of, starts()), *midnights, make.START + HOUR}
    assert mark_all() == len(expected)
    assert set(ChangedTotal.objects.filter(hours=1).values_list("begins_at", flat=True)) == expected


@pytest.mark.parametrize("wrong", ["of an hour without calls", "missing"])
def test_a_wrong_hour_is_found_beside_years_without_calls(wrong, wrong_clock):
    add_everything_up()
    hour = make.START + 10 * HOUR
    if wrong == "missing":
        CallTotal.objects.filter(begins_at=hour).delete()
    else:
        CallRecord.objects.filter(started_at=hour).delete()
    assert find_differing(1000) == [hour]


def test_figures_that_lag_behind_say_so_and_are_there_all_the_same(monkeypatch):
    play_everything()
    add_everything_up()
    monkeypatch.setattr(figures, "HOURS_AT_MOST", 1)
    store.rebuild([f"CA{place:032x}" for place in range(3)])
    found = read_all(None, None, {})
    assert found.behind == count_marked() > 1
    assert found.spans[0].calls == CallRecord.objects.count()


def test_hours_with_too_many_calls_for_a_page_lag_behind(monkeypatch):
    play_everything()
    add_everything_up()
    store.write(make.events("0 voice CallSid=CAone\n 1 voice CallSid=CAtwo"))
    monkeypatch.setattr(figures, "CALLS_AT_MOST", 1)
    found = read([LONG_AGO, make.START + 90 * DAY], {})
    assert found.behind == 1
    assert found.spans[0].calls == CallRecord.objects.count() - 2


@pytest.mark.parametrize("step", [DAY, HOUR])
def test_the_part_of_an_hour_at_an_edge_is_counted_however_many_calls_there_are(step, monkeypatch):
    play_everything()
    add_everything_up()
    monkeypatch.setattr(figures, "CALLS_AT_MOST", 0)
    first = make.START - DAY + timedelta(minutes=30)
    found = read([first + n * step for n in range(20 * DAY // step)], {})
    assert sum(each.calls for each in found.spans) == CallRecord.objects.count()
    assert found.behind == 0


def test_changed_hours_are_left_out_and_said_to_be_while_edges_are_counted(monkeypatch):
    store.write(make.events("0 voice CallSid=CAone\n 7200 voice CallSid=CAtwo"))
    monkeypatch.setattr(figures, "CALLS_AT_MOST", 0)
    found = read([make.START, make.START + 2.5 * HOUR], {})
    assert (found.spans[0].calls, found.behind) == (1, 1)


def test_edges_for_which_a_page_has_no_time_are_said_to_be_left_out(monkeypatch):
    play_everything()
    add_everything_up()
    monkeypatch.setattr(figures, "EDGES_S", 0)
    since = make.START - DAY + timedelta(minutes=30)
    assert read([since, since + DAY, since + 2 * DAY], {}).behind == 4


@pytest.mark.parametrize("minutes", [0, 30, 45])
def test_each_bar_has_the_calls_of_its_own_day(minutes):
    play_everything()
    add_everything_up()
    first = make.START - DAY + timedelta(minutes=minutes)
    moments = [first + n * DAY for n in range(20)]
    found = read(moments, {}).spans
    days = Counter((at - first) // DAY for at in starts())
    assert [each.calls for each in found] == [days[n] for n in range(19)]
    assert sum(days.values()) == CallRecord.objects.count()


def starts() -> list[datetime]:
    return list(CallRecord.objects.values_list("started_at", flat=True))


LATER = "2030-01-01 00:00:00"


@pytest.fixture
def pauses(monkeypatch):
    """What another connection stores in each pause, without ever waiting for its turn."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has many writers at a time")
    monkeypatch.setattr(figures, "HOURS_AT_MOST", 10_000)
    made = []

    def store_one(seconds):
        with closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=0)) as other:
            other.execute(f"INSERT INTO {totals.MARKS} (hours, begins_at) VALUES (1, '{LATER}')")
            other.commit()
        # And what a page reads meanwhile.
        made.append((seconds, told(figures_of())))

    clock = SimpleNamespace(monotonic=time.monotonic, sleep=store_one)
    monkeypatch.setattr(totals, "time", clock)
    return made


@pytest.mark.django_db(transaction=True)
def test_a_writer_of_sqlite_is_let_in_after_each_day(pauses):
    play_everything()
    days = {at.date() for at in starts()}
    add_everything_up()
    assert len(pauses) >= len(days) > 1
    assert [found for _, found in pauses] == [calls_of()] * len(pauses)
    assert all(0.05 <= seconds <= 0.5 for seconds, _ in pauses)


@pytest.mark.django_db(transaction=True)
def test_a_writer_of_sqlite_is_let_in_within_a_day_that_takes_long(pauses, monkeypatch):
    play_everything()
    add_everything_up()
    pauses.clear()
    sids = list(CallRecord.objects.order_by("pk").values_list("pk", flat=True))
    store.delete_calls(sids[::2])
    ChangedTotal.objects.filter(begins_at__year=2030).delete()
    hours = count_marked()
    days = len({at.date() for at in ChangedTotal.objects.values_list("begins_at", flat=True)})
    monkeypatch.setitem(totals.HOLDS_S, "sqlite", -1)
    done = list(add_up())
    # The day's own sum comes after its last hour, and takes time as well.
    assert (max(done), sum(done), done.count(0)) == (1, hours, days)
    assert [found for _, found in pauses] == [calls_of()] * (hours + days)


def test_nobody_is_waited_for_while_the_transaction_goes_on(pauses):
    play_everything()
    with transaction.atomic():
        add_everything_up()
    assert pauses == []


@pytest.mark.django_db(transaction=True)
def test_nothing_is_missed_while_calls_come_in_and_are_added_up():
    texts = [
        f"0 voice CallSid=CA{n}\n 30 status CallSid=CA{n} CallStatus=no-answer CallDuration=0"
        for n in range(40)
    ]
    calls = [make.events(text) for text in texts]

    def write(share: int):
        return lambda: [store.write([event]) for call in calls[share::3] for event in call]

    def fold():
        for _ in range(15):
            add_everything_up()

    at_once(write(0), write(1), write(2), fold, fold)
    add_everything_up()
    assert told(figures_of()) == calls_of()
    assert figures_of().taken["nobody"] == 40
    assert find_differing(5) == []
