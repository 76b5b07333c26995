"""The start page's bars are as high as their calls are many, and fill the drawing."""

from itertools import pairwise

import pytest

from telephony.admin.chart import GAP, HEIGHT, WIDTH, draw
from telephony.records.figures import Figures


def figures(**taken: int) -> Figures:
    found = Figures(calls=sum(taken.values()))
    found.taken |= {kind.replace("_", "-"): count for kind, count in taken.items()}
    return found


@pytest.mark.parametrize(
    ("count", "top"), [(0, 1), (1, 1), (3, 5), (10, 10), (11, 20), (101, 200), (999, 1000)]
)
def test_the_top_is_a_round_number_that_is_not_less(count: int, top: int) -> None:
    assert draw([figures(asterisk=count)]).top == top


def test_a_pile_stands_on_the_ground_and_nothing_lies_on_another() -> None:
    chart = draw([figures(asterisk=3, fallback=1, nobody=2, unknown=1, going_on=1)])
    pieces = chart.bars[0].pieces
    assert [piece.kind for piece in pieces] == ["asterisk", "fallback", "nobody", "other"]
    assert pieces[0].y + pieces[0].height == HEIGHT
    for below, above in pairwise(pieces):
        assert above.y + above.height == pytest.approx(below.y)
    assert [piece.height for piece in pieces] == [60, 20, 40, 40]


def test_the_bars_share_the_width_with_gaps_between() -> None:
    bars = draw([figures(nobody=1), figures(), figures(nobody=2), figures(nobody=1)]).bars
    assert [bar.x for bar in bars] == [0, 250, 500, 750]
    assert bars[1].pieces == []
    assert bars[3].pieces[0].width == WIDTH / 4 * (1 - GAP)


def test_what_is_told_apart_by_colour_is_told_apart_by_a_pattern_too() -> None:
    pieces = draw([figures(asterisk=1, fallback=1, nobody=1)]).bars[0].pieces
    assert len({piece.fill for piece in pieces}) == 3
