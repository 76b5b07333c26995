"""A small disk for the database and another for the spool, which fill up or become read-only."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings
from django.db import connection

from benchmarks.faults.panel import Panel

SIZE = "256m"


def is_possible() -> bool:
    return os.geteuid() == 0 and shutil.which("mount") is not None


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", folder], check=True)
    try:
        yield
    finally:
        # Whoever was killed may hold it for a moment longer.
        subprocess.run(["umount", "--lazy", folder], check=True)


def _fill(folder: Path, seconds: float) -> None:
    """Take all the room that there is, and what becomes free meanwhile."""
    end = time.monotonic() + seconds
    with (folder / "full").open("wb", buffering=0) as file:
        while time.monotonic() < end:
            for size in (1 << 20, 1 << 12, 1):
                with suppress(OSError):
                    while file.write(b"x" * size):
                        pass
            time.sleep(0.1)
    (folder / "full").unlink()


def _fill_all(folders: list[Path], seconds: float) -> None:
    with ThreadPoolExecutor(len(folders)) as threads:
        for folder in folders:
            threads.submit(_fill, folder, seconds)


def _place_of_database() -> Path:
    return Path(str(settings.DATABASES["default"]["NAME"])).parent


def database_full(panel: Panel, postgres: None, seconds: float) -> None:
    _fill(_place_of_database(), seconds)


def spool_full(panel: Panel, postgres: None, seconds: float) -> None:
    _fill(settings.SPOOL_DIR.parent, seconds)


def both_full(panel: Panel, postgres: None, seconds: float) -> None:
    """What comes meanwhile is in memory only: 5,000 webhooks in each process have room there."""
    _fill_all([_place_of_database(), settings.SPOOL_DIR.parent], seconds)


def read_only_start(panel: Panel, postgres: None, seconds: float) -> None:
    """The disk of the database is read-only when the panel starts, as after an error of the disk."""
    place = _place_of_database()
    panel.stop()
    connection.close()
    subprocess.run(["mount", "-o", "remount,ro", place], check=True)
    panel.start()
    time.sleep(seconds)
    subprocess.run(["mount", "-o", "remount,rw", place], check=True)


Break = Callable[[Panel, None, float], None]
DISKS: tuple[Break, ...] = (database_full, spool_full, both_full, read_only_start)
MAY_GO_UNANSWERED: tuple[Break, ...] = (read_only_start,)
