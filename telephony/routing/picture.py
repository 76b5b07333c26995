"""Draws a route: where each box, line and word of the picture stands, and the same in sentences.

The picture goes from top to bottom, and is as narrow as a telephone's screen. Lengths are in pixels.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from textwrap import wrap

from telephony.routing.advice import UNANSWERED, call_from_nowhere, join_names
from telephony.routing.decision import Decision, Dial, Reject
from telephony.routing.directory import Directory, Number
from telephony.routing.reasons import OBSTACLES, PassedOver
from telephony.routing.results import Outcome
from telephony.routing.rules import decide

WIDTH, FRAME, GAP, PAD = 330, 304, 8, 10
LINE, BOX, ARROW = 20, 28, 34
# The line at the right, down which calls go that do not move on.
RAIL = 320
# How wide a letter is at most, on average, in the picture's type.
LETTER = 7.3
# The same in a name, which is short and may be of wide letters.
NAMES_LETTER = 8.0
WORDS = {
    Outcome.NO_ANSWER: "no answer",
    Outcome.FAILED: "unreachable",
    Outcome.BUSY: "busy",
    Outcome.DECLINED: "declined",
}
# Of a message to the caller.
LINES_AT_MOST = 2
NEVER = "never moves on: nobody below rings"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with a line of text; `name` is what was too long for it, if something was."""

    x: int
    y: int
    width: int
    text: str
    name: str = ""
    is_passed_over: bool = False
    height: int = BOX

    @property
    def text_x(self) -> int:
        return self.x + PAD

    @property
    def text_y(self) -> int:
        return self.y + 19


@dataclass(frozen=True, slots=True)
class Word:
    x: int
    y: int
    text: str


@dataclass(frozen=True, slots=True)
class Frame:
    """One position: who rings there; `is_reached` is false if no call comes so far."""

    y: int
    height: int
    heading: Word
    boxes: tuple[Box, ...]
    stops: Word | None
    is_reached: bool


@dataclass(frozen=True, slots=True)
class Arrow:
    """From one frame down to the next, with what moves on beside it; None where nothing does."""

    y: int
    word: Word
    is_open: bool = True

    @property
    def tip(self) -> int:
        return self.y + ARROW


@dataclass(frozen=True, slots=True)
class Picture:
    """`rail` is where the line at the right begins and ends, None if all calls move on."""

    height: int
    start: Box
    frames: tuple[Frame, ...]
    arrows: tuple[Arrow, ...]
    end_y: int
    end: tuple[Word, ...]
    end_height: int
    rail: tuple[int, int] | None
    rail_from: tuple[int, ...]
    sentences: tuple[str, ...]


def draw(number: Number, directory: Directory, now: datetime) -> Picture:
    """Draw the route of a number as it would be followed now."""
    course = list(_course(number, directory, now))
    dials = [each for each in course if isinstance(each, Dial)]
    last = course[-1]
    frames, arrows, y = _stack(dials)
    end, height = _end(number, last, y)
    stops = tuple(frame.stops.y - 4 for frame in frames if frame.stops)
    return Picture(
        height=y + height + 1,
        start=Box(0, 0, FRAME, f"A call to {number.e164}"),
        frames=frames,
        arrows=arrows,
        end_y=y,
        end=end,
        end_height=height,
        rail=(stops[0], y + height // 2) if stops else None,
        rail_from=stops,
        sentences=tuple(_tell(number, dials, last)),
    )


def _stack(dials: Sequence[Dial]) -> tuple[tuple[Frame, ...], tuple[Arrow, ...], int]:
    """Return frames and the arrows above each and below the last, and where the last ends."""
    y, is_reached = BOX, True
    frames: list[Frame] = []
    arrows = [_arrow(y, "")]
    for dial in dials:
        is_last = dial is dials[-1]
        frames.append(_frame(dial, arrows[-1].tip, is_last, is_reached))
        y = frames[-1].y + frames[-1].height
        moves_on = "nobody answered" if is_last else _names(dial.progress.moves_on or ())
        arrows.append(_arrow(y, moves_on or NEVER, is_open=bool(moves_on)))
        is_reached = is_reached and bool(moves_on)
    return tuple(frames), tuple(arrows), arrows[-1].tip


def _arrow(y: int, text: str, *, is_open: bool = True) -> Arrow:
    return Arrow(y, Word(36, y + 21, text), is_open)


def _course(number: Number, directory: Directory, now: datetime) -> Iterator[Decision]:
    """Yield what is decided at each position of a route, also where no call moves on."""
    call = call_from_nowhere(number)
    decision = decide(directory, call, None, None, now)
    while isinstance(decision, Dial):
        yield decision
        onwards = replace(decision.progress, moves_on=frozenset({Outcome.NO_ANSWER}))
        decision = decide(directory, call, onwards, UNANSWERED, now)
    yield decision


def _frame(dial: Dial, top: int, is_last: bool, is_reached: bool) -> Frame:
    labels = [destination.label for destination in dial.destinations]
    together = " together" if len(labels) > 1 else ""
    heading = Word(PAD, top + 17, f"{dial.position}. Rings{together} for {dial.ring_s} s")
    boxes = [*_side_by_side(labels, top + LINE + 6)]
    y = boxes[-1].y + BOX + GAP
    for passed in _passed_over(dial):
        text = _describe(passed, dial.position)
        boxes.append(_box(PAD, y, FRAME - 2 * PAD, text, is_passed_over=True))
        y += BOX + GAP
    stops = None if is_last else _stops(dial)
    ends = f"Ends: {stops}" if dial.progress.moves_on else "Always ends here"
    word = Word(PAD, y + 12, ends) if stops else None
    y += LINE if stops else 0
    return Frame(top, y - top, heading, tuple(boxes), word, is_reached)


def _side_by_side(labels: Sequence[str], y: int) -> Iterator[Box]:
    """Yield boxes in rows of two; one that is alone in its row has all of it."""
    whole = FRAME - 2 * PAD
    half = (whole - GAP) // 2
    for place, label in enumerate(labels):
        is_alone = place % 2 == 0 and place == len(labels) - 1
        x = PAD + (half + GAP) * (place % 2)
        yield _box(x, y + (BOX + GAP) * (place // 2), whole if is_alone else half, label)


def _box(x: int, y: int, width: int, text: str, *, is_passed_over: bool = False) -> Box:
    short = shorten(text, width - 2 * PAD)
    return Box(x, y, width, short, text if short != text else "", is_passed_over)


def shorten(text: str, width: int) -> str:
    """Return as much of a text as fits into so many pixels, with … where something is left out."""
    room = width / NAMES_LETTER
    for place, letter in enumerate(text):
        room -= 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        if room < 0:
            return f"{text[: place - 1]}…"
    return text


def _passed_over(decision: Decision) -> list[PassedOver]:
    rung = {each.key for each in getattr(decision, "destinations", ())}
    return [each for each in getattr(decision, "passed_over", ()) if each.key not in rung]


def _names(outcomes: Iterable[Outcome]) -> str:
    wanted = set(outcomes)
    return ", ".join(words for outcome, words in WORDS.items() if outcome in wanted)


def _stops(dial: Dial) -> str:
    return _names(WORDS.keys() - (dial.progress.moves_on or ()))


def _end(number: Number, last: Decision, top: int) -> tuple[tuple[Word, ...], int]:
    letters = int((FRAME - 2 * PAD) / LETTER)
    lines = [
        line
        for told in _end_lines(number, last)
        for line in wrap(told, letters, max_lines=LINES_AT_MOST, placeholder=" …")
    ]
    words = [Word(PAD, top + 19 + LINE * place, line) for place, line in enumerate(lines)]
    return tuple(words), LINE * len(lines) + 10


def _end_lines(number: Number, last: Decision) -> list[str]:
    if isinstance(last, Reject):
        return ["Rejected: the number is off"]
    told = [_describe(passed, 0) for passed in _passed_over(last)]
    return [
        *told,
        "A message, and the call ends",
        f"After busy: {number.said_when_busy}",
        f"Otherwise: {number.said_when_unavailable}",
    ]


def _tell(number: Number, dials: Sequence[Dial], last: Decision) -> Iterator[str]:
    """Yield the picture in sentences, for whoever cannot see it."""
    yield f"A call to {number.e164} comes in."
    for dial in dials:
        names = join_names(destination.label for destination in dial.destinations)
        yield f"Position {dial.position} rings {names} for {dial.ring_s} s."
        yield from (f"{_describe(passed, dial.position)}." for passed in _passed_over(dial))
        if dial is dials[-1]:
            continue
        moves_on, stops = _names(dial.progress.moves_on or ()), _stops(dial)
        yield f"It moves on after: {moves_on}." if moves_on else f"It {NEVER}."
        if stops:
            yield f"The call ends after: {stops}."
    if dials:
        yield "If nobody has answered:"
    yield from (f"{line.rstrip('.')}." for line in _end_lines(number, last))


def _describe(passed: PassedOver, position: int) -> str:
    where = "" if passed.position == position else f" at {passed.position}"
    return f"Passed over{where}: {passed.label}, {OBSTACLES[passed.obstacle]}"
