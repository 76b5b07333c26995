"""The locks are of the requirements as written: nobody forgot `make lock`, or edited a lock."""

import os.path
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Each file that we write, and what it includes with -r.
WRITTEN = {
    "requirements.in": (),
    "requirements-dev.in": ("requirements.in",),
    "benchmarks/requirements.in": ("requirements.in",),
}
PIN = re.compile(r"^([\w.-]+)(?:\[[\w,]+\])?==([\w.]+)$", re.MULTILINE)
LOCKED = re.compile(r"^([\w.-]+)(?:\[[\w,]+\])?==([\w.]+).*\n((?: .*\n)+)", re.MULTILINE)


def read(name: str) -> str:
    return (ROOT / name).read_text()


def pins(name: str) -> dict[str, str]:
    found = PIN.findall(read(name))
    return {re.sub(r"[-_.]+", "-", package).lower(): version for package, version in found}


def locked(name: str) -> dict[str, tuple[str, str]]:
    """Each package of a lock: its version, and the lines below with its hashes and reasons."""
    text = read(name.replace(".in", ".txt"))
    return {package: (version, below) for package, version, below in LOCKED.findall(text)}


def asked_for(name: str, source: str) -> dict[str, str]:
    """What a lock says that it has because of a file we write."""
    found = {}
    for package, (version, below) in locked(name).items():
        reasons = re.findall(r"# +(?:via )?-r (\S+)", below)
        if source in map(os.path.normpath, reasons):
            found[package] = version
    return found


@pytest.mark.parametrize("name", WRITTEN)
def test_every_requirement_is_pinned_and_says_what_for(name):
    lines = [line for line in read(name).splitlines() if line and not line.startswith("-r ")]
    assert [line for line in lines if not line.startswith("# ") and not PIN.match(line)] == []
    requirements = [n for n, line in enumerate(lines) if PIN.match(line)]
    assert [lines[n] for n in requirements if not lines[n - 1].startswith("# ")] == []


@pytest.mark.parametrize(("name", "taken_over"), WRITTEN.items())
def test_a_lock_has_what_is_written_and_nothing_that_no_longer_is(name, taken_over):
    for source in (name, *taken_over):
        assert asked_for(name, source) == pins(source)


@pytest.mark.parametrize("name", WRITTEN)
def test_every_package_of_a_lock_has_hashes_and_no_index_is_named(name):
    packages = locked(name)
    text = read(name.replace(".in", ".txt"))
    assert len(packages) == len(re.findall(r"^[^#\s]", text, re.MULTILINE))
    assert [p for p, (_, below) in packages.items() if "--hash=sha256:" not in below] == []
    assert "://" not in text and "--index" not in text


@pytest.mark.parametrize("name", list(WRITTEN)[1:])
def test_the_tests_and_the_benchmarks_run_on_what_the_panel_runs_on(name):
    ours, theirs = locked("requirements.in"), locked(name)
    assert {package: theirs[package][0] for package in ours} == {
        package: version for package, (version, _) in ours.items()
    }
