"""Keeps the former files until the new ones are taken, and puts them back if they are not.

A former file gets a second name beside it, which needs no room on the disk; putting it back means
renaming it. So a full disk does not stand in the way, and nothing is lost if even that fails.
"""

import contextlib
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from telephony.asterisk.box import files, interrupts
from telephony.asterisk.export import INCLUDES

# If a user's file includes one that is not there, Asterisk refuses all of it.
NOTHING = "; Switchhook: nothing was ever taken from this file.\n"


@dataclass(frozen=True, slots=True)
class Former:
    """One file as it was. `aside` is its second name; `is_included`: a file of the user's includes it."""

    shown: Path
    path: Path
    aside: Path
    is_there: bool
    is_included: bool

    def keep(self) -> None:
        if not self.is_there:
            return
        try:
            os.link(self.path, self.aside)
        except OSError:
            # The file system has no hard links, or the file is not ours to link to.
            files.copy(self.path, self.aside)

    def put_back(self) -> str:
        """Return a sentence that says how the file is now. Raises OSError."""
        if self.is_there:
            if self.aside.exists():
                with contextlib.suppress(OSError):
                    # Asterisk skips a file whose time and size have not changed since it read it.
                    os.utime(self.aside)
                self.aside.replace(self.path)
                # If both names are of the same file, renaming does nothing.
                self.aside.unlink(missing_ok=True)
            return f"{self.shown} is as it was before."
        if self.is_included:
            files.replace(self.path, NOTHING)
            return f"{self.shown} was not there before, and holds nothing but a comment now."
        self.path.unlink(missing_ok=True)
        return f"{self.shown} was not there before, and is removed again."

    def say_where_it_is(self, error: OSError) -> str:
        reason = f"{self.shown} could not be put back ({error.strerror or error})."
        if not self.is_there:
            return f"{reason} It was not there before: empty it by hand."
        return f"{reason} Its former text is in {self.aside}: rename that by hand."


@contextmanager
def replaced(folder: Path, texts: Mapping[str, str]) -> Iterator[list[str]]:
    """Replace the files, and yield the names of those that changed.

    If anything goes wrong, in the body or before it, the former files are put back. The
    exception gets a note on the state of each file.
    """
    kept = [_former(folder, name) for name in files.differing_names(folder, texts)]
    with interrupts.raised():
        try:
            for former in kept:
                former.keep()
            yield [name for name, text in texts.items() if files.replace(folder / name, text)]
        except BaseException as error:
            with interrupts.swallowed():
                for sentence in _put_back(kept):
                    error.add_note(sentence)
            raise
        with interrupts.swallowed():
            for former in kept:
                former.aside.unlink(missing_ok=True)


def _former(folder: Path, name: str) -> Former:
    path = (folder / name).resolve()
    return Former(
        shown=folder / name,
        path=path,
        aside=path.with_name(f".switchhook-former-{secrets.token_hex(4)}-{path.name}"),
        is_there=path.exists(),
        is_included=not files.missing_includes(folder, {name: INCLUDES[name]}),
    )


def _put_back(kept: list[Former]) -> Iterator[str]:
    for former in kept:
        try:
            yield former.put_back()
        except OSError as error:
            yield former.say_where_it_is(error)
        with contextlib.suppress(OSError):
            files.sync_folder(former.path.parent)
