"""Whatever stands in a cell, the work with it grows as the cell does: it is done where calls are answered."""

import re
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.bulk import cells, routes

SIGN = r"(?='*[=+\-@\uff1d\uff0b\uff0d\uff20])"
# What is meant, said in the simplest way, which takes far too long for many blanks.
FORMULA = re.compile(rf"(^|[;,|\t\r\n])(\s*){SIGN}")
GUARDED = re.compile(rf"(^|[;,|\t\r\n])(\s*)'{SIGN}")
STEP = re.compile(r"(.*?)(?:\s+([0-9]{1,9})\s*s)?(?:\s*\[([^\[\]]*)\])?", re.DOTALL)
SIGNS = st.text(st.sampled_from("'=+;,|\t\r\n\v\xa0 a1"), max_size=12)
STEPS = st.text(st.sampled_from("ab [],\t\n 1205s\xa0"), max_size=16)
SMALL = 3_000
TIMES = 6
# A run: what is repeated, and what may follow so that nothing ever fits.
RUNS = ["\t", "\r\n", " ", "\t ", "; ", ";\t", "'", ";'", "\t'", "\xa0", "\v\t", "1", "1 ", " 1s", "[", "[a", "+ ", "=", "e1", "#A", "\u3000"]  # fmt: skip


@given(SIGNS)
def test_formulas_are_found_as_the_simple_pattern_finds_them(text: str) -> None:
    assert cells.FORMULA.sub(r"\1\2'", text) == FORMULA.sub(r"\1\2'", text)
    assert cells.GUARDED.sub(r"\1\2", text) == GUARDED.sub(r"\1\2", text)


@given(STEPS)
def test_a_step_is_read_as_the_simple_pattern_reads_it(text: str) -> None:
    found = STEP.fullmatch(text.strip())
    assert found is not None
    name = found[1].strip()
    try:
        ring = routes._read_ring(text)
    except ValueError as error:
        is_wrong_name = not name or any(sign in name for sign in "[]")
        assert is_wrong_name or "In brackets stands" in str(error)
    else:
        assert (ring.name, ring.ring_s) == (name, int(found[2] or routes.RING_S))


def read_route(text: str) -> None:
    try:
        routes.read_route(text)
    except ValueError:
        return


def find_name(text: str) -> None:
    names = routes.Names({f"endpoint:{n}": f"desk{n}@office" for n in range(20)}, {})
    try:
        names.find(text)
    except ValueError:
        return


def quickest(work: Callable[[str], object], text: str) -> float:
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        work(text)
        taken.append(time.perf_counter() - start)
    return min(taken)


@pytest.mark.parametrize("end", ["x", "=x", "' x"])
@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize(
    "work",
    [cells.safe, cells.read, cells.write, cells.explain_damage, read_route, find_name],
    ids=lambda work: work.__name__,
)
def test_the_work_grows_as_the_text_does(work: Callable[[str], object], run: str, end: str) -> None:
    """Six times the text would take 36 times as long if the work grew by its square."""
    few, many = (f"a{run * count}{end}" for count in (SMALL, SMALL * TIMES))
    # What is too short to be measured is not slow, however it is to the other.
    assert quickest(work, many) < 15 * max(quickest(work, few), 0.001)
