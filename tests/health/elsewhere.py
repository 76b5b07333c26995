"""Probes from a process of its own: with another environment, another resolver or another network."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

from tests.floors import ROOT

ASK = """
import time
from telephony.health.probe import *
began = time.monotonic()
print(probe(Target({host!r}, {port}, {transport!r}), {timeout_s}))
assert time.monotonic() - began < {timeout_s} + 2
"""


def ask_elsewhere(command: Sequence[str], environment: Mapping[str, str], **target: object) -> str:
    """The result of a probe that `command` runs in a process of its own, which must end by itself."""
    values = {"host": "127.0.0.1", "port": 5060, "transport": "udp", "timeout_s": 1, **target}
    done = subprocess.run(
        [*command, sys.executable, "-c", ASK.format(**values)],
        env={**os.environ, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
