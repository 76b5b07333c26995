"""A panel whose wall clock can be set, by a library between it and the kernel."""

import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.faults.panel import Panel

HOUR_S = 3600
# An hour forwards, and from there two hours back; a day forwards, and back; and as it was.
AHEAD_S = (HOUR_S, -HOUR_S, 24 * HOUR_S, -24 * HOUR_S, 0)


def is_possible() -> bool:
    return shutil.which("cc") is not None


@contextmanager
def own_clock(panel: Panel, folder: Path) -> Iterator[None]:
    """Start the panel again with a clock of its own, and in the end with that of the machine."""
    library, file = folder / "clock.so", folder / "clock"
    source = Path(__file__).with_name("clock.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], check=True)
    file.write_bytes(struct.pack("q", 0))
    panel.environment |= {"LD_PRELOAD": str(library), "CLOCK_FILE": str(file)}
    panel.stop()
    panel.start()
    try:
        yield
    finally:
        for name in ("LD_PRELOAD", "CLOCK_FILE"):
            del panel.environment[name]
        panel.stop()
        panel.start()


def set_clock(panel: Panel, ahead_s: int) -> None:
    """Let the panel's clock be ahead of the machine's; its other clocks, which nobody can set, stay."""
    file = os.open(panel.environment["CLOCK_FILE"], os.O_RDWR)
    os.pwrite(file, struct.pack("q", ahead_s), 0)
    os.close(file)
