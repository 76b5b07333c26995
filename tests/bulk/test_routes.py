"""A route is one line of text, and the text has all that the route has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.bulk.routes import USUALLY, WORDS, Names, Ring, read_route, write_route

LABELS = st.text(st.sampled_from("ab+> []20s@é'"), min_size=1, max_size=10) | st.text(max_size=20)
RINGS = st.builds(
    Ring,
    st.sampled_from(["Ana's desk", "desk@office", "+59899999999", "Desk 2"]),
    st.integers(5, 600),
    st.frozensets(st.sampled_from(WORDS)),
)


@given(st.lists(st.lists(RINGS, min_size=1, max_size=3).map(tuple), max_size=4).map(tuple))
def test_every_route_is_read_back(route) -> None:
    assert read_route(write_route(route)) == route


@given(st.dictionaries(st.sampled_from("12345"), LABELS))
def test_every_destination_is_found_by_its_name_anywhere_in_a_route(labels) -> None:
    labels = {f"fallback:{number}": label for number, label in labels.items()}
    addresses = {key: f"+5989999999{key[-1]}" for key in labels}
    names = Names(addresses, labels)
    route = tuple((Ring(names.name_of(key)), Ring(names.name_of(key))) for key in labels)
    found = [[names.find(ring.name) for ring in group] for group in read_route(write_route(route))]
    assert found == [[key, key] for key in labels]


def test_people_may_leave_out_what_is_usual_and_write_as_they_like() -> None:
    assert read_route("desk  >lobby 25 s + bar [ after Busy,no  answer ]>mobile 30s [never]") == (
        (Ring("desk", 20, USUALLY),),
        (Ring("lobby", 25, USUALLY), Ring("bar", 20, frozenset({"busy", "no answer"}))),
        (Ring("mobile", 30, frozenset()),),
    )
    assert read_route("  ") == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("desk >", "A step is missing"),
        ("desk + > mobile", "A step is missing beside > or"),
        ("desk [never", "'desk \\[never' is no step"),
        ("desk [after lunch]", "has lunch in it"),
        ("desk []", "has nothing in it"),
        ("desk [never, busy]", "has never in it"),
    ],
)
def test_what_is_no_route_is_refused_with_what_to_write(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_route(text)


NAMES = Names(
    {"endpoint:1": "desk@office", "endpoint:2": "lobby@office", "fallback:1": "+59899999999"},
    {"endpoint:1": "Reception", "endpoint:2": "reception", "fallback:1": "Ana's mobile"},
)


@pytest.mark.parametrize("name", ["Ana's mobile", "ana's MOBILE", "+598 99 999-999"])
def test_a_destination_is_found_by_label_or_number_however_it_is_spelled(name: str) -> None:
    assert NAMES.find(name) == "fallback:1"


def test_a_label_that_two_have_is_written_as_their_addresses() -> None:
    assert [NAMES.name_of(f"endpoint:{n}") for n in (1, 2)] == ["desk@office", "lobby@office"]
    with pytest.raises(ValueError, match="2 destinations are called 'Reception'"):
        NAMES.find("Reception")


def test_nobody_is_told_with_a_guess() -> None:
    with pytest.raises(ValueError, match=r"Nobody is called .* Did you mean Ana's mobile"):
        NAMES.find("Anas mobile")
