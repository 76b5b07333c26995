"""What docs/probes.md promises in figures and in words is what the code does."""

import re

from telephony.health import probe, rounds
from telephony.periodic import WATCHED
from tests.floors import ROOT

PAGE = " ".join((ROOT / "docs/probes.md").read_text().split())
UNIT = (ROOT / "deploy/switchhook-probe.service").read_text()


def test_the_figures_are_those_of_the_code() -> None:
    first, second = probe.AGAIN_S
    assert f"(0.1 to 60; {probe.TIMEOUT_S:g} unless you say otherwise)" in PAGE
    assert f"sent again after {first} and after {second} seconds" in PAGE
    assert f"is kept for {rounds.KEPT.days} days" in PAGE
    assert f"done so in the last {WATCHED.seconds} seconds" in PAGE
    assert "probes every 15 seconds" in PAGE
    assert "probe_servers --watch 15\n" in UNIT


def test_every_reason_of_the_page_is_one_that_the_code_gives() -> None:
    reasons = re.findall(r"\| `([^`]+)` \|", PAGE.split("| reason |")[1])
    source = (ROOT / "telephony/health/probe.py").read_text()
    for reason in reasons:
        words = re.split(r" within 3 s|: Connection refused|: …|… ", reason)
        assert all(word in source for word in words if word), reason
    assert len(reasons) > 5
