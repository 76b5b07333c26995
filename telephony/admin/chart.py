"""The start page's chart: bars of calls, piled up by who took them, as an SVG without a style of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

from telephony.models.totals import TakenBy
from telephony.records.figures import Figures

# Units of the drawing, which is stretched to its place.
WIDTH, HEIGHT, GAP = 1000.0, 200.0, 0.2
# From the bottom of a pile to its top. What is neither of these is "other".
PILES = (TakenBy.ASTERISK, TakenBy.FALLBACK, TakenBy.NOBODY)
OTHER = "other"
# Told apart by more than a colour: ids of the template's patterns.
PATTERNS = {"fallback": "url(#striped)", "nobody": "url(#dotted)"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a bar: who took these calls, and where it is drawn."""

    kind: str
    x: float
    y: float
    width: float
    height: float

    @property
    def fill(self) -> str:
        return PATTERNS.get(self.kind, "")


@dataclass(frozen=True, slots=True)
class Bar:
    """One span of time: its pieces, and the room above and below that belongs to it too."""

    x: float
    width: float
    pieces: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class Chart:
    """`top` is how many calls the height stands for."""

    bars: Sequence[Bar]
    top: int


def draw(spans: Sequence[Figures]) -> Chart:
    top = _round_up(max((figures.calls for figures in spans), default=0))
    step = WIDTH / max(1, len(spans))
    bars = [
        Bar(round(n * step, 2), round(step, 2), _pile(figures, n * step, step, top))
        for n, figures in enumerate(spans)
    ]
    return Chart(bars, top)


def count_other(figures: Figures) -> int:
    return figures.calls - sum(figures.taken[kind] for kind in PILES)


def _pile(figures: Figures, x: float, step: float, top: int) -> list[Piece]:
    counts = [(kind.value, figures.taken[kind]) for kind in PILES]
    pieces, below = [], HEIGHT
    for kind, count in (*counts, (OTHER, count_other(figures))):
        height = HEIGHT * count / top
        below -= height
        if count:
            place = (x + step * GAP / 2, below, step * (1 - GAP), height)
            pieces.append(Piece(kind, *(round(each, 2) for each in place)))
    return pieces


def _round_up(count: int) -> int:
    """Return 1, 2 or 5 times a power of ten that is not less."""
    power = 1
    while True:
        for times in (1, 2, 5):
            if count <= times * power:
                return times * power
        power *= 10
