"""Where a program is missing the run says so before and after, and in CI it fails."""

import os
import subprocess
import sys


def suite(**environment: str) -> subprocess.CompletedProcess[str]:
    """Run one quick file as `make test ARGS=...` does, where no program can be found."""
    command = [sys.executable, "-m", "tests", "-q", "-p", "no:cacheprovider", "tests/test_requirements.py"]  # fmt: skip
    own = {**os.environ, "PATH": "/nowhere", "APT": "no", "CI": "", **environment}
    return subprocess.run(
        command, env=own, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60
    )


def test_what_is_left_out_is_said_first_and_last():
    done = suite()
    first, _, rest = done.stdout.partition(" passed")
    last = rest.partition("\n")[2]
    assert done.returncode == 0
    assert first.startswith("*** LEFT OUT OF THIS RUN:\n")
    assert first.startswith(last)
    assert "Chromium is missing: the admin is not tried in a browser." in last
    assert "chromium sip-tester mmdebstrap nftables" in last


def test_in_ci_a_missing_program_fails_the_run_before_the_tests():
    done = suite(CI="true")
    assert done.returncode == 1
    assert done.stdout.startswith("*** LEFT OUT OF THIS RUN, which is a failure in CI:\n")
    assert "passed" not in done.stdout
