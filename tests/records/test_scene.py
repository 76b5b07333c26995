"""When each side of a call rang and was on the line, and how that is drawn to scale."""

import random
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from telephony.records.scene import NARROWEST, Scene, Stretch, draw, find_scene, find_ticks
from telephony.routing.directory import Directory
from tests import make
from tests import test_corpus as corpus

TWO_POSITIONS = make.directory(make.number(make.sip(), make.mobile()))
TOGETHER = make.directory(make.number(make.step(1, make.sip("ana")), make.step(1, make.sip("eva"))))
ASKED = make.directory(make.number(make.mobile(ask_for_key=True)))


def scene(table: str, live: Directory = TWO_POSITIONS, now_s: float | None = None) -> Scene:
    now: datetime | None = None if now_s is None else make.START + timedelta(seconds=now_s)
    found = find_scene(make.events(table, live), now)
    assert found is not None
    return found


def shown(found: Scene) -> list[str]:
    """A line for each side: what, from when to when, and + if it goes on, ? if that is not known."""
    marks = {"known": "", "now": "+", "unknown": "?"}
    sides = [found.caller, *(side.stretches for side in found.legs.values())]
    return [
        " ".join(f"{s.what} {s.from_s:g}-{s.to_s:g}{marks[s.end]}" for s in side) for side in sides
    ]


FAILOVER = """
    0   voice
    1   leg/1/0  CallStatus=ringing
    6   leg/1/0  CallStatus=failed SipResponseCode=503
    6   voice/1  DialCallStatus=failed DialCallSid=CAleg1a DialSipResponseCode=503
    7   leg/2/0  CallStatus=ringing
    12  leg/2/0  CallStatus=in-progress
    54  leg/2/0  CallStatus=completed CallDuration=42
    54  voice/2  CallStatus=in-progress DialCallStatus=completed DialCallSid=CAleg2a DialCallDuration=42
    55  status   CallStatus=completed CallDuration=54
"""
FAILED = "0 voice\n 6 voice/1 DialCallStatus=failed DialSipResponseCode=503\n"
KEY = """
    0  voice
    1  leg/1/0  CallStatus=ringing
    6  leg/1/0  CallStatus=in-progress
    6  screen/1 CallSid=CAleg1a CallStatus=in-progress To=+59899999999
    9  key/1    CallSid=CAleg1a CallStatus=in-progress To=+59899999999 Digits=1
    30 leg/1/0  CallStatus=completed CallDuration=24
    30 voice/1  DialCallStatus=completed DialCallSid=CAleg1a DialBridged=true
    31 status   CallStatus=completed CallDuration=24
"""
BUSY = "0 voice\n 1 leg/1/0 CallStatus=ringing\n 3 leg/1/0 CallStatus=busy SipResponseCode=486\n"


@pytest.mark.parametrize(
    ("table", "live", "sides"),
    [
        pytest.param(
            FAILOVER,
            TWO_POSITIONS,
            ["waiting 0-12 connected 12-55", "ringing 1-6", "ringing 7-12 line 12-54"],
            id="failover",
        ),
        pytest.param(
            KEY,
            ASKED,
            ["waiting 0-9 connected 9-31", "ringing 1-6 key 6-9 line 9-30"],
            id="a key was pressed",
        ),
        pytest.param(
            "\n".join(line for line in KEY.splitlines() if "key/1" not in line).replace(
                "DialBridged=true", "DialBridged=false"
            ),
            ASKED,
            # The caller then hears that nobody can take the call.
            ["waiting 0-30 message 30-31", "ringing 1-6 key 6-30"],
            id="no key was pressed",
        ),
        pytest.param(
            BUSY
            + "3 voice/1 DialCallStatus=busy DialSipResponseCode=486\n 9 status CallStatus=completed",
            TWO_POSITIONS,
            ["waiting 0-3 message 3-9", "ringing 1-3"],
            id="a message",
        ),
        pytest.param(
            """0 voice
            1 leg/1/0 CallStatus=ringing
            2 leg/1/1 CallStatus=ringing
            8 leg/1/1 CallStatus=in-progress
            8 leg/1/0 CallStatus=canceled
            20 leg/1/1 CallStatus=completed CallDuration=12
            20 voice/1 DialCallStatus=completed DialCallSid=CAleg1b DialCallDuration=12
            20 status CallStatus=completed CallDuration=12""",
            TOGETHER,
            ["waiting 0-8 connected 8-20", "ringing 1-8", "ringing 2-8 line 8-20"],
            id="together",
        ),
        pytest.param(
            "0 voice\n 20 voice/1 DialCallStatus=completed DialCallSid=CAx DialCallDuration=12\n"
            "20 status CallStatus=completed CallDuration=20",
            TWO_POSITIONS,
            ["waiting 0-8 connected 8-20", "ringing 0-8 line 8-20"],
            id="only the end of the dial was heard",
        ),
        pytest.param(
            "0 voice\n 20 status CallStatus=completed CallDuration=20",
            TWO_POSITIONS,
            ["unknown 0-20"],
            id="only the end was heard",
        ),
        pytest.param(
            "0 voice\n 2 leg/1/0 CallStatus=ringing\n 20 status CallStatus=no-answer",
            TWO_POSITIONS,
            ["waiting 0-20", "ringing 2-20?"],
            id="the end of a leg was lost",
        ),
        pytest.param(
            "0 voice\n 2 leg/1/0 CallStatus=completed\n 20 status CallStatus=no-answer",
            TWO_POSITIONS,
            ["waiting 0-20", "unknown 0-2"],
            id="when it was picked up is not known",
        ),
        pytest.param("0 voice To=+12025550199", TWO_POSITIONS, ["waiting 0-0"], id="rejected"),
    ],
)
def test_each_side_has_its_stretches(table: str, live: Directory, sides: list[str]) -> None:
    assert shown(scene(table, live)) == sides


def test_a_leg_whose_end_was_lost_was_over_when_the_next_was_dialled() -> None:
    # The answer to the end of the first dial failed, and Twilio asked again without saying more.
    table = """
        0  voice
        1  leg/1/0 CallStatus=ringing
        9  voice-failed ErrorCode=11200 ErrorUrl=https://panel.example.com/twilio/voice/1/
        30 leg/2/0 CallStatus=ringing
        50 status CallStatus=no-answer
    """
    assert shown(scene(table)) == ["waiting 0-50", "ringing 1-9?", "ringing 30-50?"]


@pytest.mark.parametrize(
    ("now_s", "sides"),
    [(60, ["waiting 0-60+", "ringing 1-60+"]), (None, ["waiting 0-1?", "ringing 1-1?"])],
)
def test_what_goes_on_is_drawn_until_now_and_else_as_far_as_was_heard(
    now_s: float | None, sides: list[str]
) -> None:
    assert shown(scene("0 voice\n 1 leg/1/0 CallStatus=ringing", now_s=now_s)) == sides


def test_whoever_is_on_the_line_is_connected_before_the_dial_has_ended() -> None:
    table = "0 voice\n 1 leg/1/0 CallStatus=ringing\n 6 leg/1/0 CallStatus=in-progress"
    assert shown(scene(table, now_s=60)) == [
        "waiting 0-6 connected 6-60+",
        "ringing 1-6 line 6-60+",
    ]
    assert shown(scene(table, ASKED, now_s=60))[0] == "waiting 0-60+"


def test_a_call_that_the_panel_has_closed_is_not_drawn_until_then() -> None:
    table = f"0 voice\n 1 leg/1/0 CallStatus=ringing\n {7 * 3600} closed"
    found = scene(table)
    assert found.length_s == 1
    assert shown(found) == ["unknown 0-1?", "ringing 1-1?"]


def test_a_leg_tells_its_currency_and_whether_a_key_was_asked_for_and_pressed() -> None:
    (pressed,) = scene(KEY, ASKED).legs.values()
    (asked,) = scene("\n".join(KEY.splitlines()[:5]), ASKED).legs.values()
    first, _ = scene(FAILOVER).legs.values()
    assert [side.key for side in (pressed, asked, first)] == ["pressed", "asked", ""]
    assert first.currency == TWO_POSITIONS.currency


def test_the_order_of_the_webhooks_does_not_matter() -> None:
    events = make.events(FAILOVER)
    expected = find_scene(events, None)
    random.Random(7).shuffle(events)
    assert find_scene(events, None) == expected


def test_without_webhooks_there_is_no_scene() -> None:
    assert find_scene([], None) is None


@pytest.mark.parametrize("place", sorted(corpus.ROWS))
def test_a_real_body_alone_is_drawn_within_the_call(place: int) -> None:
    found = find_scene([corpus.event_of(place)], make.START + timedelta(seconds=9))
    assert found is not None
    for side in (found.caller, *(side.stretches for side in found.legs.values())):
        ends = [each for stretch in side for each in (stretch.from_s, stretch.to_s)]
        assert ends == sorted(ends)
        assert all(0 <= end <= found.length_s for end in ends)


def bars(*spans: tuple[float, float], length_s: float = 100) -> list[tuple[float, float]]:
    drawn = draw([Stretch("ringing", *span) for span in spans], length_s)
    return [(round(bar.left, 3), round(bar.width, 3)) for bar in drawn]


@pytest.mark.parametrize(
    ("spans", "length_s", "drawn"),
    [
        ([(0, 25), (25, 100)], 100, [(0, 25), (25, 75)]),
        ([(1, 6)], 20, [(5, 25)]),
        # Two seconds in two hours are still seen, and what follows is beside them.
        ([(0, 2), (2, 7200)], 7200, [(0, 1), (1, 99)]),
        ([(0, 100), (100, 100)], 100, [(0, 99), (99, 1)]),
        ([(50, 50), (50, 50), (50, 50)], 100, [(50, 1), (51, 1), (52, 1)]),
        ([(100, 100), (100, 100)], 100, [(98, 1), (99, 1)]),
    ],
)
def test_bars_are_to_scale_and_none_is_too_narrow_or_over_another(
    spans: list[tuple[float, float]], length_s: float, drawn: list[tuple[float, float]]
) -> None:
    assert bars(*spans, length_s=length_s) == drawn


def test_bars_stay_side_by_side_within_the_width_whatever_they_are() -> None:
    chance = random.Random(7)
    for _ in range(500):
        moments = sorted(chance.choice((chance.random() * 100, 0, 100)) for _ in range(6))
        drawn = bars(*zip(moments[::2], moments[1::2], strict=True))
        ends = [0.0, *(end for left, width in drawn for end in (left, left + width)), 100.0]
        assert all(after - before > -0.01 for before, after in pairwise(ends))
        assert all(width >= NARROWEST - 0.01 for _, width in drawn)


@pytest.mark.parametrize(
    ("length_s", "ticks"),
    [
        (1, [0, 1]),
        (5, [0, 1, 2, 3, 4, 5]),
        (26, [0, 10, 20]),
        (73, [0, 15, 30, 45, 60]),
        (3600, [0, 900, 1800, 2700, 3600]),
        (7200, [0, 1800, 3600, 5400, 7200]),
        (172800, list(range(0, 172801, 28800))),
    ],
)
def test_the_axis_has_a_few_round_ticks(length_s: float, ticks: list[int]) -> None:
    found = find_ticks(length_s)
    assert [tick.at_s for tick in found] == ticks
    assert [tick.left for tick in found] == [100 * at_s / length_s for at_s in ticks]
