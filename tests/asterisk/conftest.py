"""Real Asterisks with exported files; if there can be none, one loud line says so."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from telephony.asterisk.export import render_all
from telephony.asterisk.snapshot import Endpoint, Server
from tests.asterisk import lab, roots
from tests.environment import ACCOUNT_SID

# Twilio's eight ranges, moved to the loopback network.
RANGES = tuple(f"127.0.2.{4 * n}/30" for n in range(8))
PASSWORDS = {"myext": "Twilio-knows;it-1", "ana": ">another--One;--"}
ENDPOINTS = tuple(
    Endpoint(user, number, "atapstn", f"switchhook-{user}", PASSWORDS[user], dial_s=2)
    for user, number in (("myext", "099999999"), ("ana", "098"))
)
BY_ADDRESS = tuple(Endpoint(e.user, e.dialled_number, e.trunk, dial_s=2) for e in ENDPOINTS)

# Where which form of the export is tested.
FORMS = {
    "pjsip digest": (22, "pjsip", ENDPOINTS),
    "pjsip address": (22, "pjsip", BY_ADDRESS),
    "chan_sip digest": (16, "chan_sip", ENDPOINTS),
    "chan_sip address": (16, "chan_sip", BY_ADDRESS),
}

left_out: set[str] = set()


def office(form: str = "pjsip digest", **fields: object) -> Server:
    _, driver, endpoints = FORMS[form]
    defaults = {"endpoints": endpoints, "driver": driver, "account_check": "enforce"}
    return Server("office", signalling=RANGES, accounts=(ACCOUNT_SID,), **{**defaults, **fields})


def root_of(version: int) -> Path:
    """A real Asterisk's files, or the reason why this machine has none: then the test is skipped."""
    try:
        return roots.find_root(version)
    except roots.Unavailable as reason:
        left_out.add(str(reason))
        if os.environ.get("CI") == "true":
            pytest.fail(f"no real Asterisk {version}: {reason}")
        pytest.skip(f"no real Asterisk {version}: {reason}")


@contextmanager
def booted(version: int, files: Mapping[str, str], **options: object) -> Iterator[lab.Asterisk]:
    root_of(version)
    with lab.asterisk(version, files, **options) as box:
        yield box


@contextmanager
def running(form: str, **fields: object) -> Iterator[lab.Asterisk]:
    """The Asterisk of a form, with the files of `office`."""
    version, driver, _ = FORMS[form]
    with booted(version, render_all(office(form, **fields)), driver=driver) as box:
        yield box


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for reason in sorted(left_out):
        terminalreporter.write_line(
            f"LEFT OUT: nothing was tried on a real Asterisk: {reason}. "
            "Then: make test, or pytest tests/asterisk",
            red=True,
            bold=True,
        )
