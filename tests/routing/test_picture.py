"""The picture of a route shows whom the rules ring, and everything in it can be read."""

from dataclasses import replace
from itertools import combinations, pairwise

import pytest

from telephony.routing.picture import (
    FRAME,
    LETTER,
    NAMES_LETTER,
    NEVER,
    PAD,
    RAIL,
    WIDTH,
    WORDS,
    Picture,
    draw,
    shorten,
)
from telephony.routing.results import Outcome
from tests import make

ANA = make.sip("ana", label="Ana")
BRUNO = make.sip("bruno", label="Bruno")
OFF = make.sip("off", label="The old telephone", enabled=False)
MOBILE = make.mobile(label="the mobile")
NONE = frozenset()


def picture(*steps: object, **fields: object) -> Picture:
    number = make.number(*steps, **fields)
    return draw(number, make.directory(number), make.START)


def texts(drawn: Picture) -> list[str]:
    """What stands in the picture, from top to bottom."""
    found = [(drawn.start.y, drawn.start.text)]
    found += [(word.y, word.text) for word in (*[a.word for a in drawn.arrows], *drawn.end)]
    for frame in drawn.frames:
        found.append((frame.heading.y, frame.heading.text))
        found += [(box.text_y, box.text) for box in frame.boxes]
        found += [(frame.stops.y, frame.stops.text)] if frame.stops else []
    return [text for _, text in sorted(found, key=lambda each: each[0]) if text]


def test_a_route_goes_from_the_caller_by_its_steps_to_the_end():
    assert texts(picture(make.step(1, ANA, ring_s=15), MOBILE, busy_message="Later.")) == [
        "A call to +12025550100",
        "1. Rings for 15 s",
        "Ana",
        "Ends: busy, declined",
        "no answer, unreachable",
        "2. Rings for 20 s",
        "the mobile",
        "nobody answered",
        "A message, and the call ends",
        "After busy: Later.",
        "Otherwise: Nobody can take your call",
        "right now. Please call again later.",
    ]


def test_who_rings_together_stands_side_by_side_and_as_long_as_the_longest():
    (frame,) = picture(make.step(1, ANA, ring_s=10), make.step(1, BRUNO, ring_s=30)).frames
    assert frame.heading.text == "1. Rings together for 30 s"
    ana, bruno = frame.boxes
    assert ana.y == bruno.y
    assert ana.x + ana.width < bruno.x
    assert bruno.x + bruno.width == FRAME - PAD
    (frame,) = picture(*(make.step(1, each) for each in (ANA, BRUNO, MOBILE))).frames
    assert frame.boxes[2].y > frame.boxes[1].y
    assert frame.boxes[2].width == FRAME - 2 * PAD


def test_calls_that_do_not_move_on_go_down_a_line_of_their_own():
    drawn = picture(make.step(1, ANA), make.step(2, BRUNO, moves_on=frozenset(Outcome)), MOBILE)
    assert drawn.rail == (drawn.rail_from[0], drawn.end_y + drawn.end_height // 2)
    first = drawn.frames[0]
    assert first.y < drawn.rail_from[0] < first.y + first.height
    assert len(drawn.rail_from) == 1
    assert picture(ANA).rail is None


def test_what_is_never_reached_is_told_from_what_is():
    drawn = picture(make.step(1, ANA, moves_on=NONE), MOBILE)
    assert [frame.is_reached for frame in drawn.frames] == [True, False]
    assert [arrow.is_open for arrow in drawn.arrows] == [True, False, True]
    assert NEVER in texts(drawn)


def test_who_is_passed_over_is_shown_where_they_would_have_rung():
    (frame,) = picture(make.step(1, ANA), make.step(1, OFF)).frames
    passed = frame.boxes[-1]
    assert passed.is_passed_over
    assert passed.name == "Passed over: The old telephone, it is disabled"
    assert passed.text.endswith("…")
    (frame,) = picture(OFF, MOBILE).frames
    assert frame.boxes[-1].name == "Passed over at 1: The old telephone, it is disabled"
    assert "Passed over at 1: The old telephone, it" in " ".join(texts(picture(OFF)))


def test_a_number_that_is_off_and_one_without_steps():
    off = picture(ANA, enabled=False)
    assert texts(off)[1:] == ["Rejected: the number is off"]
    # At once, and not after somebody has not answered.
    assert off.sentences[1:] == ("Rejected: the number is off.",)
    assert texts(picture())[1] == "A message, and the call ends"


def test_one_that_is_rung_all_the_same_is_not_said_to_be_passed_over():
    number = make.number(ANA)
    live = make.directory(number)
    held = replace(ANA, held_until=make.START.replace(year=2027))
    live = replace(live, destinations={ANA.key: held})
    (frame,) = draw(number, live, make.START).frames
    assert [box.text for box in frame.boxes] == ["Ana"]


def test_the_sentences_say_the_same_as_the_picture():
    drawn = picture(make.step(1, ANA), make.step(1, BRUNO), make.step(1, OFF), MOBILE)
    assert drawn.sentences == (
        "A call to +12025550100 comes in.",
        "Position 1 rings Ana and Bruno for 20 s.",
        "Passed over: The old telephone, it is disabled.",
        "It moves on after: no answer, unreachable.",
        "The call ends after: busy, declined.",
        "Position 2 rings the mobile for 20 s.",
        "If nobody has answered:",
        "A message, and the call ends.",
        "After busy: The line is busy. Please call again later.",
        "Otherwise: Nobody can take your call right now. Please call again later.",
    )
    assert f"It {NEVER}." in picture(make.step(1, ANA, moves_on=NONE), MOBILE).sentences


@pytest.mark.parametrize("together", [1, 3, 10])
def test_ten_steps_and_long_names_stay_inside_and_over_nothing(together):
    steps = [
        make.step(1 + place // together, make.sip(f"u{place}", label="W" * 40 + str(place)))
        for place in range(10)
    ]
    drawn = picture(*steps)
    edges = [
        (each.y, each.y + each.height)
        for frame in drawn.frames
        for each in (*{box.y: box for box in frame.boxes}.values(),)
    ]
    assert edges == sorted(edges)
    assert all(above[1] < below[0] for above, below in pairwise(edges))
    for frame in drawn.frames:
        for box in frame.boxes:
            assert frame.y < box.y
            assert box.y + box.height < frame.y + frame.height
            assert box.x >= PAD
            assert box.x + box.width <= FRAME - PAD
            assert len(box.text) * NAMES_LETTER <= box.width - 2 * PAD
            assert box.name.startswith("WWW")
    assert FRAME < RAIL < WIDTH <= 330
    assert drawn.height > drawn.end_y + drawn.end_height


@pytest.mark.parametrize(
    ("text", "letters", "short"),
    [("Ana", 3, "Ana"), ("Anabel", 5, "Anab…"), ("日本語", 6, "日本語"), ("日本語", 5, "日…")],
)
def test_a_text_is_shortened_by_how_wide_its_letters_are(text, letters, short):
    assert shorten(text, int(letters * NAMES_LETTER) + 1) == short


@pytest.mark.parametrize(
    "moves_on",
    [
        NONE,
        *map(frozenset, combinations(WORDS, 1)),
        *map(frozenset, combinations(WORDS, 3)),
        frozenset(WORDS),
    ],
)
def test_what_moves_on_and_what_ends_has_room(moves_on):
    drawn = picture(make.step(1, ANA, moves_on=moves_on), MOBILE)
    (frame, _), arrow = drawn.frames, drawn.arrows[1]
    assert arrow.word.x + len(arrow.word.text) * LETTER < WIDTH
    assert (frame.stops is None) == (len(moves_on) == 4)
    if frame.stops:
        assert frame.stops.x + len(frame.stops.text) * LETTER < FRAME
