"""A short run of the faults: whole calls under load, while something breaks, and the books balance."""

import os
import subprocess
import sys

import pytest

from tests import on_postgres
from tests.live.conftest import ROOT

pytestmark = pytest.mark.live

CHOSEN = {
    "sqlite": ("worker_killed", "spool_unwritable", "sqlite_without_a_table"),
    "postgres": ("killed", "read_only", "half_bodies"),
}


@pytest.mark.parametrize("database", CHOSEN)
def test_the_books_balance(database: str) -> None:
    if database == "postgres" and on_postgres.find_binaries() is None:
        assert "CI" not in os.environ, "PostgreSQL is missing"
        pytest.skip(f"PostgreSQL is missing. To install it: {on_postgres.INSTALL}")
    command = [sys.executable, "-m", "benchmarks.faults", "--stage", database, "--seconds", "1"]
    done = subprocess.run(
        [*command, "--only", *CHOSEN[database]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(name in done.stdout for name in CHOSEN[database])
