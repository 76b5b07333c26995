"""Without a real Asterisk the run says so loudly, and in CI it fails."""

import os
import subprocess
import sys

import pytest

TEST = "tests/asterisk/test_stock.py"


def run(**environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", TEST]
    # No programs on the path: neither SIPp nor what fetches root file systems.
    own = {**os.environ, "PATH": "/nowhere", "CI": "", **environment}
    return subprocess.run(command, env=own, capture_output=True, text=True, timeout=60)


@pytest.mark.skipif(os.geteuid() != 0, reason="as another user the reason is that")
def test_what_was_left_out_is_said_in_one_line():
    done = run()
    assert done.returncode == 0
    assert (
        "LEFT OUT: nothing was tried on a real Asterisk: mmdebstrap and sipp missing" in done.stdout
    )


def test_in_ci_it_is_a_failure():
    done = run(CI="true")
    assert done.returncode == 1
    assert "no real Asterisk 22" in done.stdout
