"""Our files in Asterisk's folder: what differs, atomic replacement, and the user's #include lines."""

import contextlib
import difflib
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from telephony.asterisk.format import mask

# The files hold passwords: only Asterisk's own user and group may read them.
MODE = 0o640
INCLUDE = re.compile(r'^\s*#(?:try)?include\s+["<]?([^">;]+?)[">]?\s*(?:;.*)?$', re.MULTILINE)


def read(path: Path) -> str | None:
    """Return the text on disk, whatever its bytes; None if there is no file."""
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None


def differing_names(folder: Path, texts: Mapping[str, str]) -> list[str]:
    """Return the names of the files that are not as they should be."""
    return [name for name, text in texts.items() if read(folder / name) != text]


def diff(
    folder: Path, texts: Mapping[str, str], hide: Callable[[str], str] = mask
) -> Iterator[str]:
    """Yield the lines of a unified diff from the disk to what should be there; `hide` masks passwords."""
    for name in differing_names(folder, texts):
        before = (read(folder / name) or "").split("\n")
        after = texts[name].split("\n")
        for line in difflib.unified_diff(
            before, after, f"{name} (disk)", f"{name} (panel)", "", "", 1, ""
        ):
            yield hide(line).encode(errors="replace").decode()


def replace(path: Path, text: str, like: os.stat_result | None = None) -> bool:
    """Give the file this text in one step, and our mode; return False if it had both.

    It belongs to the owner and group of `like`, or to those that it had, or to those of its folder,
    so that whoever is to read it can.
    """
    path = path.resolve()
    owner = like or (path if path.exists() else path.parent).stat()
    if read(path) == text and is_readable_as(path, owner):
        return False
    try:
        temporary = _write_beside(path, text.encode("utf-8", "surrogateescape"), owner, MODE)
        try:
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    except OSError as error:
        # The error of a full disk names no file.
        error.filename = str(path)
        raise
    return True


def is_readable_as(path: Path, owner: os.stat_result) -> bool:
    """Whether a file has our mode and this group, and this owner as far as we can give files away."""
    stat = path.stat()
    is_owned = stat.st_uid in (owner.st_uid, os.geteuid())
    return is_owned and stat.st_gid == owner.st_gid and stat.st_mode & 0o777 == MODE


def copy(path: Path, other: Path) -> None:
    """Copy a file within its folder, with its owner and mode."""
    stat = path.stat()
    _write_beside(path, path.read_bytes(), stat, stat.st_mode & 0o777).replace(other)


def _write_beside(path: Path, data: bytes, owner: os.stat_result, mode: int) -> Path:
    """Write a temporary file into the folder of `path`, and return it once it is on the disk."""
    handle, name = tempfile.mkstemp(prefix=".switchhook-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, mode)
            # Only root gives files away; others may give them to a group of theirs.
            for uid in (-1, owner.st_uid):
                with contextlib.suppress(PermissionError):
                    os.fchown(handle, uid, owner.st_gid)
            file.write(data)
            file.flush()
            os.fsync(handle)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def sync_folder(folder: Path) -> None:
    """Flush the names of a folder's files to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def missing_includes(folder: Path, includes: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return (the user's file, the line it lacks) for each of our files that Asterisk would not read."""
    return [
        (by, f"#include {name}")
        for name, by in includes.items()
        if (folder / name).resolve() not in _included_files(folder, folder / by, set())
    ]


def _included_files(folder: Path, path: Path, seen: set[Path]) -> set[Path]:
    """Return everything that a file includes, directly or through others, and by patterns."""
    for pattern in INCLUDE.findall(read(path) or ""):
        named = folder / pattern
        # A line for a file that is not written yet counts too.
        for found in [named, *folder.glob(pattern)] if not pattern.startswith("/") else [named]:
            if found.resolve() not in seen:
                seen.add(found.resolve())
                _included_files(folder, found, seen)
    return seen
