"""The log is searched and paged through: what is found, in what order, and how far was looked."""

import random
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Q

from telephony.models import CallParty, CallRecord
from telephony.records import search, store, trigrams
from telephony.records.criteria import Criteria, Key, key_of
from tests import make

pytestmark = pytest.mark.django_db


def play(sid: str, at_s: float = 0, **fields: str) -> None:
    store.write([make.event("voice", at_s=at_s, CallSid=sid, **fields)])


def sids(**criteria: object) -> list[str]:
    return [call.pk for call in search.find(Criteria(**criteria), at_most=50).calls]


@pytest.mark.parametrize(
    "typed",
    [
        "202-555-0143",
        "(202) 555 0143",
        "+1 202.555.0143",
        "555 01",
        "143",
        "2025550143",
        "0 202 555",
    ],
)
def test_a_number_is_found_by_any_part_in_any_spelling(typed: str) -> None:
    play("CAfound")
    play("CAother", From="+33344433344", To="+33344433345")
    assert sids(text=typed) == ["CAfound"]


@pytest.mark.parametrize("typed", ["00598 99 999", "0598 99 999"])
def test_what_is_dialled_before_a_number_is_passed_over(typed: str) -> None:
    play("CAfound", From="+59899999998")
    assert sids(text=typed) == ["CAfound"]


def test_a_zero_alone_is_a_zero() -> None:
    play("CAfound", From="+12025550190")
    play("CAother", From="+33344433344", To="+33344433345")
    assert sids(text="0") == ["CAfound"]


@pytest.mark.parametrize("typed", ["fayette", "VILL  NC", "05099", "999 99"])
def test_a_call_is_found_by_name_and_by_who_forwarded_it(typed: str) -> None:
    play("CAfound", CallerName="FAYETTEVILL  NC", ForwardedFrom="05099999999")
    play("CAother")
    assert sids(text=typed) == ["CAfound"]


def test_a_name_is_found_in_any_case_of_any_script() -> None:
    play("CAfound", CallerName="Ñandú")
    assert sids(text="ñANDÚ") == ["CAfound"]


def test_a_name_may_become_longer_when_it_is_folded() -> None:
    play("CAfound", CallerName="ß" * 128)
    assert sids(text="ßßß") == ["CAfound"]


@pytest.mark.parametrize("typed", ["50%", "a_b", 'he "x"', "it's", "\\q1"])
def test_what_databases_take_for_signs_of_their_own_is_text(typed: str) -> None:
    play("CAfound", CallerName=f"..{typed}..")
    play("CAother", CallerName="50x axb he x its q1")
    assert sids(text=typed) == ["CAfound"]


SID = "CAab12000000000000000000000000000f"


@pytest.mark.parametrize("typed", [SID, "CAab12", "caAB1200", f" {SID} "])
def test_a_call_is_found_by_its_sid_and_by_its_beginning(typed: str) -> None:
    play(SID)
    play("CAab13000000000000000000000000000f")
    assert sids(text=typed) == [SID]


def test_a_call_is_found_by_who_answered() -> None:
    store.write(make.events("0 voice\n 9 voice/1 DialCallStatus=completed DialCallDuration=3"))
    assert sids(text="myex") == [make.CALL_SID]


def test_a_call_in_which_a_part_stands_twice_is_found_once() -> None:
    play("CAone", From="+12025550143", ForwardedFrom="+12025550143")
    assert sids(text="5550143") == ["CAone"]


@pytest.mark.parametrize("typed", ["12", "ab"])
def test_a_part_that_has_no_trigram_is_looked_for_in_each_call(typed: str) -> None:
    play("CAfound", CallerName="drab", From="+12005550199")
    play("CAother", From="+33344433344", To="+33344433345")
    assert sids(text=typed) == ["CAfound"]


def test_a_part_that_too_many_have_is_looked_for_in_each_call(monkeypatch) -> None:
    for place in range(3):
        play(f"CA{place}", at_s=place, From=f"+1202555014{place}")
    play("CAother", at_s=9, From="+33344433344", To="+33344433345")
    monkeypatch.setattr(search, "PARTIES_AT_MOST", 2)
    assert search.find_parties(["202555014"]) is None
    assert sids(text="202 555 014") == ["CA2", "CA1", "CA0"]


def test_a_search_is_narrowed_by_everything_else() -> None:
    play("CAone", at_s=0, StirVerstat="TN-Validation-Failed")
    play("CAtwo", at_s=10)
    failed = Q(verstat__startswith="TN-Validation-Failed")
    assert sids(text="5550143", others=failed) == ["CAone"]
    assert sids(text="5550143", called="+12025550199") == []
    assert sids(text="5550143", since=make.START + timedelta(seconds=5)) == ["CAtwo"]
    assert sids(text="5550143", until=make.START + timedelta(seconds=5)) == ["CAone"]


def test_who_no_call_has_any_more_is_not_found() -> None:
    play("CAone")
    CallParty.objects.all().delete()
    assert trigrams.find("5550143", 9) == []


def test_without_an_index_a_part_is_looked_for_in_each_call() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite always has the index.")
    play("CAfound")
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {trigrams.INDEX}")
    CallParty.objects.all().delete()
    assert sids(text="202 555") == ["CAfound"]


def test_what_is_left_over_in_the_index_finds_nobody_else() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL's index follows its table by itself.")
    play("CAone")
    party = CallParty.objects.get(role="caller")
    with connection.cursor() as cursor:
        insert = f"INSERT INTO {trigrams.INDEX} (rowid, folded) VALUES (%s, '99988877')"
        cursor.execute(insert, [party.pk])
    assert trigrams.find("998887", 9) == []


def test_a_party_is_kept_once_however_many_calls_it_has() -> None:
    play("CAone")
    play("CAtwo")
    assert CallParty.objects.filter(role="caller", text=make.CALLER).count() == 1


CRITERIA = {
    "all": Criteria(),
    "one number": Criteria(called=make.NUMBER),
    "a scan": Criteria(others=Q(is_simulated=False)),
    "a search": Criteria(text="5550143"),
    "a search and a scan": Criteria(text="5550143", others=Q(is_simulated=False)),
}


@pytest.fixture
def many(db: None) -> list[str]:
    """Calls of which four each began in the same moment; their SIDs in the order of the log."""
    calls = [
        CallRecord(
            call_sid=f"CA{place:03}",
            started_at=make.START + timedelta(seconds=place // 4),
            caller=make.CALLER,
            called=make.NUMBER,
        )
        for place in range(103)
    ]
    # The order in which a table happens to have them is not that of the log.
    CallRecord.objects.bulk_create(random.Random(1).sample(calls, len(calls)))
    trigrams.add([("caller", make.CALLER, "12025550143")])
    return list(CallRecord.objects.values_list("pk", flat=True))


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch) -> None:
    monkeypatch.setattr(search, "FIRST_BLOCK", 7)
    monkeypatch.setattr(search, "BLOCK_AT_MOST", 7)


@pytest.mark.parametrize("name", CRITERIA)
def test_pages_hold_each_call_once_in_both_directions(many: list[str], name: str) -> None:
    for is_older, expected in ((True, many), (False, many[::-1])):
        beyond, seen, is_end = None, [], False
        while not is_end:
            found = search.find(CRITERIA[name], beyond=beyond, is_older=is_older, at_most=10)
            seen += [call.pk for call in found.calls]
            beyond, is_end = key_of(found.calls[-1]) if found.calls else None, found.is_end
        assert seen == expected


@pytest.mark.parametrize("name", CRITERIA)
def test_a_walk_yields_each_call_once(many: list[str], name: str) -> None:
    blocks = list(search.walk(CRITERIA[name], 20))
    assert [call.pk for block in blocks for call in block] == many
    assert max(map(len, blocks)) == 20


@pytest.mark.parametrize("text", ["", "5550143"])
def test_when_the_time_is_up_it_says_how_far_it_came_and_goes_on_there(
    many: list[str], text: str
) -> None:
    rare = Q(pk__in=[many[5], many[100]])
    seen, beyond, stops, is_end = [], None, 0, False
    while not is_end:
        criteria = Criteria(text=text, others=rare)
        found = search.find(criteria, beyond=beyond, at_most=4, seconds=0)
        seen += [call.pk for call in found.calls]
        beyond, is_end, stops = found.stopped, found.is_end, stops + (found.stopped is not None)
    assert seen == [many[5], many[100]]
    assert stops > 5


def test_a_key_is_the_same_after_an_address() -> None:
    key = Key(make.START + timedelta(microseconds=1), "CA1")
    assert Key.parse(str(key)) == key


@pytest.mark.parametrize("text", ["", "nonsense~CA1", "2026-11-02T12:00:00~CA1"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Key.parse(text)


def test_a_made_up_call_leaves_nobody_behind() -> None:
    store.probe()
    assert not CallParty.objects.exists()
