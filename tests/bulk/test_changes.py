"""What differs is told from what to what, and rows are counted by what would become of them."""

from telephony.bulk.changes import Change, Kind, Outcome, compare, count


def test_only_what_differs_is_a_change() -> None:
    before, after = {"label": "a", "enabled": "yes"}, {"label": "b", "enabled": "yes"}
    assert compare(before, after) == (Change("label", "a", "b"),)


def test_of_a_new_row_all_that_is_filled_in_is_told() -> None:
    assert compare({}, {"label": "b", "route": ""}) == (Change("label", "", "b"),)


def test_every_kind_is_counted_and_none_is_zero() -> None:
    outcomes = [Outcome(2, "a", Kind.NEW), Outcome(3, "b", Kind.NEW), Outcome(4, "c", Kind.WRONG)]
    assert count(outcomes) == {"new": 2, "changed": 0, "unchanged": 0, "wrong": 1}
