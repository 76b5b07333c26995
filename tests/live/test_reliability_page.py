"""Each row of docs/reliability.md names a test or a fault of `make chaos` that is there."""

import re
import subprocess
import sys

import pytest

from benchmarks.faults import disks, faults, nodes
from tests.live.conftest import ROOT

pytestmark = pytest.mark.live

PAGE = (ROOT / "docs/reliability.md").read_text()
# A file of tests, and pytest's -k: words, or several of them in quotes with "or" between.
FAULTS = {fault.__name__ for fault in (*faults.ANY, *faults.POSTGRES, *nodes.NODES, *disks.DISKS)}
NAMED = re.findall(r'`(tests/\S+\.py) -k ("[^"]+"|[\w-]+)`', PAGE)


@pytest.fixture(scope="module")
def tests() -> list[str]:
    files = sorted({file for file, _ in NAMED})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:randomly", *files]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    return [line for line in done.stdout.splitlines() if "::" in line]


def test_every_row_has_one() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and line.count("|") == 5]
    # One is the heading.
    assert len(rows) - 1 == sum(" -k " in row or "`--only " in row for row in rows) > 30


def test_the_faults_of_the_rows_are_there() -> None:
    named = [name for names in re.findall(r"`--only ([a-z_ ]+)`", PAGE) for name in names.split()]
    assert len(named) > 12
    assert set(named) <= FAULTS


@pytest.mark.parametrize(("file", "words"), NAMED)
def test_the_test_of_a_row_is_there(tests: list[str], file: str, words: str) -> None:
    wanted = words.strip('"').split(" or ")
    for word in wanted:
        assert any(test.startswith(f"{file}::") and word in test for test in tests), word
