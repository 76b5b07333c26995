"""A short run of the faults: whole calls under load, while something breaks, and the books balance."""

import subprocess
import sys

import pytest

from tests.live.conftest import ROOT

pytestmark = pytest.mark.live

CHOSEN = {
    "sqlite": (
        "worker_killed",
        "spool_unwritable",
        "sqlite_without_a_table",
        "ended_while_starting",
    ),
    "postgres": ("killed", "read_only", "half_bodies"),
    "disks": ("database_full", "spool_full", "both_full"),
    "nodes": ("node_killed", "node_cut_off", "promoted"),
}


@pytest.mark.parametrize("stage", CHOSEN)
def test_the_books_balance(stage: str) -> None:
    command = [sys.executable, "-m", "benchmarks.faults", "--stage", stage, "--seconds", "1"]
    done = subprocess.run(
        [*command, "--only", *CHOSEN[stage]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    if "*** NOT RUN" in done.stderr:
        pytest.skip(done.stderr)
    assert all(name in done.stdout for name in CHOSEN[stage])
