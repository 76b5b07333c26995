"""Two machines on one cable, made of network namespaces: the panel's, and Asterisk's with a firewall."""

import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests import programs

PANEL, OFFICE = "10.231.0.1", "10.231.0.2"


@dataclass(frozen=True)
class Cable:
    """`panel` and `office` are commands that run another one there."""

    panel: Sequence[str]
    office: Sequence[str]

    @contextmanager
    def firewall(self, rules: str) -> Iterator[None]:
        """Load tables for nft on Asterisk's machine."""
        self.nft(rules)
        try:
            yield
        finally:
            self.nft("flush ruleset\n")

    def nft(self, commands: str) -> None:
        subprocess.run([*self.office, "nft", "-f", "-"], input=commands, text=True, check=True)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


@contextmanager
def cable() -> Iterator[Cable]:
    missing = [name for name in ("ip", "nft") if shutil.which(name) is None]
    if missing or os.geteuid() != 0:
        assert not (missing and programs.in_ci()), f"missing: {missing}"
        pytest.skip(f"two machines need root, ip and nft; missing: {', '.join(missing) or 'root'}")
    mark = uuid.uuid4().hex[:6]
    panel, office = f"swpanel{mark}", f"swoffice{mark}"
    try:
        _ip("netns", "add", panel)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"this machine allows no network of one's own: {error.stderr.strip()}")
    try:
        _ip("netns", "add", office)
        ends = ("name", f"swp{mark}", "netns", panel, "type", "veth")
        _ip("link", "add", *ends, "peer", "name", f"swo{mark}", "netns", office)
        for name, end, address in ((panel, "swp", PANEL), (office, "swo", OFFICE)):
            _ip("-n", name, "address", "add", f"{address}/24", "dev", f"{end}{mark}")
            for device in ("lo", f"{end}{mark}"):
                _ip("-n", name, "link", "set", device, "up")
        yield Cable(*(("ip", "netns", "exec", name) for name in (panel, office)))
    finally:
        # The cable goes with its ends.
        for name in (panel, office):
            subprocess.run(["ip", "netns", "delete", name], capture_output=True)
