"""Our files in Asterisk's folder: what differs, atomic replacement, and the user's #include lines."""

import contextlib
import difflib
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from telephony.asterisk.format import mask

# Passwords are in them: for Asterisk's own group and nobody else.
MODE = 0o640
INCLUDE = re.compile(r'^\s*#(?:try)?include\s+["<]?([^">;]+?)[">]?\s*(?:;.*)?$', re.MULTILINE)


def read(path: Path) -> str | None:
    """Return the text as it is on disk, whatever bytes somebody put there; None if there is none."""
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None


def stale(folder: Path, texts: Mapping[str, str]) -> list[str]:
    """Return the names of the files that are not as they should be."""
    return [name for name, text in texts.items() if read(folder / name) != text]


def diff(folder: Path, texts: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines of a unified diff from disk to what should be, passwords masked."""
    for name in stale(folder, texts):
        before = (read(folder / name) or "").split("\n")
        after = texts[name].split("\n")
        for line in difflib.unified_diff(
            before, after, f"{name} (disk)", f"{name} (panel)", "", "", 1, ""
        ):
            yield mask(line).encode(errors="replace").decode()


def replace(path: Path, text: str) -> bool:
    """Give the file this text at one stroke, and our mode; False if it had both.

    It belongs to whoever owned it, or to the owner of its folder, so that Asterisk can read it.
    """
    path = path.resolve()
    if read(path) == text:
        changed = path.stat().st_mode & 0o777 != MODE
        if changed:
            path.chmod(MODE)
        return changed
    owner = (path if path.exists() else path.parent).stat()
    handle, temporary = tempfile.mkstemp(prefix=".switchhook-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, MODE)
            with contextlib.suppress(PermissionError):
                os.fchown(handle, owner.st_uid, owner.st_gid)
            file.write(text.encode("utf-8", "surrogateescape"))
            file.flush()
            os.fsync(handle)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _keep(path.parent)
    return True


def _keep(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def missing_includes(folder: Path, includes: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return (file of the user's, line it lacks) for each of our files that Asterisk would not read."""
    return [
        (by, f"#include {name}")
        for name, by in includes.items()
        if (folder / name).resolve() not in _included(folder, folder / by, set())
    ]


def _included(folder: Path, path: Path, seen: set[Path]) -> set[Path]:
    """Everything that a file includes, also by way of others, and by patterns."""
    for pattern in INCLUDE.findall(read(path) or ""):
        named = folder / pattern
        # A line for a file that is not written yet counts too.
        for found in [named, *folder.glob(pattern)] if not pattern.startswith("/") else [named]:
            if found.resolve() not in seen:
                seen.add(found.resolve())
                _included(folder, found, seen)
    return seen
