"""Blocks keep the time, also where older calls are slower to read than the newest."""

from types import SimpleNamespace

import pytest

from telephony.records import criteria
from telephony.records.criteria import Blocks

LOOK_S = 0.06


class Disk:
    """Some newest calls are in memory; all others take longer. It is the clock, too."""

    def __init__(self, in_memory: int, slower: float) -> None:
        self.now, self.read, self.in_memory, self.slower = 0.0, 0, in_memory, slower

    def perf_counter(self) -> float:
        return self.now

    def take(self, size: int) -> None:
        quick = max(0, min(size, self.in_memory - self.read))
        self.now += 0.0015 + 0.3e-6 * (quick + self.slower * (size - quick))
        self.read += size


def look(monkeypatch: pytest.MonkeyPatch, disk: Disk, first: int = 1_000) -> None:
    monkeypatch.setattr(criteria, "time", SimpleNamespace(perf_counter=disk.perf_counter))
    blocks = Blocks(first, 50_000, LOOK_S)
    disk.take(blocks.size)
    while not blocks.is_time_up():
        disk.take(blocks.size)


@pytest.mark.parametrize("in_memory", [0, 5_000, 21_000, 80_000, 10**7])
@pytest.mark.parametrize("slower", [1, 5, 10])
def test_the_time_is_kept_however_much_slower_older_calls_are(
    monkeypatch: pytest.MonkeyPatch, in_memory: int, slower: float
) -> None:
    disk = Disk(in_memory, slower)
    look(monkeypatch, disk)
    # A page may take 0.1 s, and has the rest for everything else.
    assert disk.now <= LOOK_S + 0.02


def test_the_time_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(10**7, 1)
    look(monkeypatch, disk)
    assert disk.now > 0.9 * LOOK_S
    assert disk.read > 100_000


def test_a_first_block_that_takes_all_the_time_is_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(0, 1_000)
    look(monkeypatch, disk)
    assert disk.read == 1_000
