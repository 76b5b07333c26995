"""Measures export_asterisk against the time that a real Asterisk 22 needs to load the same files.

`python -m benchmarks.export [ENDPOINTS ...]`, as root; see tests/asterisk/roots.py for what it needs.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.asterisk.lab import asterisk
from tests.asterisk.roots import Unavailable

SIZES = (1_000, 10_000, 100_000)
# Seconds after which we stop waiting: Asterisk's time grows faster than its files.
PATIENCE_S = 1500.0
EMPTY = {"pjsip_switchhook.conf": "", "extensions_switchhook.conf": ""}
FILL = """
from telephony.models import *
server = AsteriskServer.objects.create(name='office', host='pbx.example.com')
SipEndpoint.objects.bulk_create([
    SipEndpoint(server=server, user=f'e{n:06}', username=f'switchhook-e{n:06}',
                password=f'benchmark-password-{n:06}', dialled_number=f'09{n:07}', trunk='atapstn')
    for n in range(COUNT)], batch_size=1000)
"""


@dataclass
class Export:
    seconds: float
    peak_mb: float
    files: Mapping[str, str]

    @property
    def file_mb(self) -> float:
        return sum(map(len, self.files.values())) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", metavar="ENDPOINTS", nargs="*", type=int, default=SIZES)
    sizes = parser.parse_args().sizes
    try:
        nothing = load_s(EMPTY)
    except Unavailable as reason:
        sys.exit(f"No real Asterisk to compare with: {reason}.")
    start = export(0)
    print(f"Without endpoints: manage.py export_asterisk {start.seconds:.2f} s, ", end="")
    print(f"{start.peak_mb:.0f} MB; Asterisk 22 boots in {nothing:.2f} s. Times below are on top.")
    print(
        f"{'endpoints':>9} {'files MB':>8} {'export s':>8} {'peak MB':>7} {'Asterisk s':>10} share"
    )
    for size in sizes:
        made = export(size)
        loaded = load_s(made.files)
        seconds = max(made.seconds - start.seconds, 0.01)
        row = f"{size:9,} {made.file_mb:8.2f} {seconds:8.2f} {made.peak_mb:7.0f} "
        if loaded is None:
            print(f"{row} over {PATIENCE_S:.0f} under {seconds / PATIENCE_S:.1%}", flush=True)
        else:
            taken = max(loaded - nothing, 0.01)
            print(f"{row}{taken:10.2f} {seconds / taken:.0%}", flush=True)


def export(count: int) -> Export:
    """Export `count` endpoints from a database of their own."""
    with tempfile.TemporaryDirectory(prefix="switchhook-bench-") as name:
        folder = Path(name)
        environment = {**os.environ, **settings(folder)}
        run(environment, "migrate", "--verbosity", "0")
        run(environment, "shell", "--verbosity", "0", "-c", FILL.replace("COUNT", str(count)))
        output = folder / "etc"
        output.mkdir()
        began = time.perf_counter()
        peak_mb = run(environment, "export_asterisk", "--output", str(output))
        seconds = time.perf_counter() - began
        files = {path.name: path.read_text() for path in output.iterdir()}
    return Export(seconds, peak_mb, files)


def settings(folder: Path) -> dict[str, str]:
    return {
        "SECRET_KEY": "a-secret-of-the-benchmark-that-protects-nothing-at-all",
        "DEBUG": "False",
        "PUBLIC_BASE_URL": "https://panel.example.com",
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "a-token-of-the-benchmark",
        "DATABASE_URL": f"sqlite:///{folder}/panel.sqlite3",
        "SPOOL_DIR": str(folder / "spool"),
    }


def run(environment: dict[str, str], *words: str) -> float:
    """Run a command and return its peak memory in MB."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", *words],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"manage.py {words[0]} failed with {process.returncode}")
    return usage.ru_maxrss / 1024


def load_s(files: Mapping[str, str]) -> float | None:
    """Seconds until Asterisk has booted with these files; None if it takes too long."""
    began = time.perf_counter()
    try:
        with asterisk(22, files, boot_s=PATIENCE_S):
            return time.perf_counter() - began
    except AssertionError:
        return None


if __name__ == "__main__":
    main()
