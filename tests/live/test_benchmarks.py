"""The benchmark that needs nothing but the panel still runs: figures in docs come from it."""

import re
import subprocess
import sys

import pytest

from tests.live.conftest import ROOT

pytestmark = pytest.mark.live


def test_every_step_of_a_webhook_has_a_figure() -> None:
    command = [sys.executable, "-m", "benchmarks.steps"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    figures = re.findall(r"^.+? +([0-9]+\.[0-9])$", done.stdout, re.MULTILINE)
    assert done.returncode == 0, done.stderr
    assert len(figures) == 17
    assert all(float(figure) > 0 for figure in figures)
