"""The journals of one process: the one that is written to, a spare one, and those of an outage.

Not safe for use by two threads at once: the recorder holds its lock.
"""

import logging
from pathlib import Path

from telephony.records.event import Event
from telephony.records.journal import Journal

logger = logging.getLogger(__name__)


class Journals:
    """Two take turns: one is written to while the contents of the other are being stored.

    `is_ahead` says whether the current one has events that are nowhere in memory.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.is_ahead = False
        self._current: Journal | None = None
        self._spare: Journal | None = None
        # They stay open until they are collected, so that nobody can take what is in them away.
        self._held: list[Journal] = []
        self._is_broken = False

    def write(self, event: Event) -> Journal | None:
        """Write an event and return its journal, or None where the disk takes nothing."""
        try:
            # Whether it is gone is not looked at here, where a caller waits: see rescue().
            if self._current is None:
                self._current = self._begin()
            self._current.append(event)
        except OSError as error:
            if not self._is_broken:
                logger.error(
                    "the journal in %s cannot be written, webhooks wait in memory: %s",
                    self.folder,
                    error,
                )
            self._is_broken = True
            return None
        if self._is_broken:
            logger.warning("the journal in %s can be written again", self.folder)
        self._is_broken = False
        return self._current

    def take(self) -> tuple[Journal | None, bool]:
        """Return the current journal and whether it is ahead; the next event begins another one."""
        taken = self._current, self.is_ahead
        self._current, self.is_ahead = None, False
        return taken

    def put_away(self, journal: Journal | None, *, is_ahead: bool) -> None:
        """Empty a journal of which all is stored, or hold it if it has more than that."""
        if journal is None:
            return
        if is_ahead:
            self._held.append(journal)
        elif self._spare is None and not journal.is_gone:
            journal.clear()
            self._spare = journal
        else:
            journal.remove()

    def hold(self, journal: Journal) -> None:
        """Keep a journal of which not all is stored."""
        self._held.append(journal)

    def rescue(self) -> Journal | None:
        """Begin a journal with what was in those that somebody has deleted or moved, once that is
        possible, and return it."""
        mine = self._current if self.is_ahead else None
        if not any(each is not None and each.is_gone for each in (*self._held, mine)):
            return None
        try:
            self._current = self._begin()
        except OSError as error:
            logger.error("what was in a journal cannot be written again yet: %s", error)
            return None
        logger.warning("a journal was taken away from %s, and is written again", self.folder)
        return self._current

    def release(self) -> list[Journal]:
        """Return the journals that were held, to be left for whoever collects them."""
        there = [each for each in self._held if not each.is_gone]
        self._held = [each for each in self._held if each not in there]
        return there

    def _begin(self) -> Journal:
        """Return a journal, with all that was in those that are gone. Raises OSError."""
        gone = [e for e in (*self._held, self._current) if e is not None and e.is_gone]
        if self._spare is not None and not self._spare.is_gone:
            journal, self._spare = self._spare, None
        else:
            journal = Journal(self.folder)
        try:
            for each in gone:
                journal.append_lines(each.read_all())
        except OSError:
            # They are still open, and are tried again.
            journal.leave()
            raise
        self._held = [each for each in self._held if each not in gone]
        # Of what was in them, memory may have nothing.
        self.is_ahead = self.is_ahead or bool(gone)
        return journal
