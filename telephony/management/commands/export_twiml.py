"""Writes the static documents that Twilio plays while the panel is down."""

import re
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from telephony.asterisk.box import files
from telephony.snapshots.static import name_all_static, remember_static, render_all_static
from telephony.wire.static import head, mask_static

OURS = re.compile(r"[0-9a-f]{32}\.xml")


class Command(BaseCommand):
    help = (
        "Write one static TwiML file for each number, for any web server to give to Twilio as the "
        "number's fallback URL. Exits with 1 if a --check fails."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--output", metavar="DIR", type=Path, required=True, help="the web server's folder"
        )
        how = parser.add_mutually_exclusive_group()
        how.add_argument(
            "--check", action="store_true", help="write nothing; exit with 1 if files differ"
        )
        how.add_argument("--diff", action="store_true", help="write nothing; show how files differ")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["output"]
        if not folder.is_dir():
            raise CommandError(f"--output: there is no folder {str(folder)!r}")
        is_compared = options["check"] or options["diff"]
        try:
            if not is_compared:
                name_all_static()
            texts = render_all_static()
            if is_compared:
                self._compare(folder, texts, show=options["diff"])
            else:
                self._write(folder, texts)
        except OSError as error:
            raise CommandError(f"{error.filename or folder}: {error.strerror}") from error

    def _compare(self, folder: Path, texts: Mapping[str, str], *, show: bool) -> None:
        different, left = _differing(folder, texts), find_left_over(folder, texts)
        if show:
            for line in files.diff(folder, texts, mask_static):
                self.stdout.write(line)
            for name in different:
                if (folder / name).exists():
                    self.stdout.write(f"{folder / name} differs, in a password, owner or mode too")
            for path in left:
                self.stdout.write(f"{path} belongs to no number any more")
        elif different or left:
            names = ", ".join([*different, *(path.name for path in left)])
            raise CommandError(f"Not as in the panel, in {folder}: {names}. See --diff.")
        if not different and not left:
            self.stdout.write(f"All {len(texts)} files in {folder} are as the panel has them.")

    def _write(self, folder: Path, texts: dict[str, str]) -> None:
        left = find_left_over(folder, texts)
        if left and not texts:
            raise CommandError(
                f"The panel has no numbers, but {folder} has {len(left)} documents of it. Nothing was "
                "deleted. Is DATABASE_URL right? If it is, delete them by hand."
            )
        # Each stands for itself, so there is nothing to put back if the disk fills up in between.
        like = folder.stat()
        changed = [name for name, text in texts.items() if files.replace(folder / name, text, like)]
        for path in left:
            path.unlink()
            self.stdout.write(f"{path}: deleted, it belongs to no number any more")
        remember_static(texts, timezone.now())
        self.stdout.write(f"Numbers: {len(texts)}; files written in {folder}: {len(changed)}.")
        if not settings.STATIC_FALLBACK_URL:
            self.stdout.write(
                self.style.WARNING(
                    "STATIC_FALLBACK_URL is not set: the panel does not know the files' addresses."
                )
            )


def _differing(folder: Path, texts: Mapping[str, str]) -> list[str]:
    """Return the documents that are not as they should be, or that the web server cannot read."""
    like, different = folder.stat(), set(files.differing_names(folder, texts))
    return [
        name for name in texts if name in different or not files.is_readable_as(folder / name, like)
    ]


def find_left_over(folder: Path, texts: Mapping[str, str]) -> list[Path]:
    """Return the documents of this panel for numbers that are there no more. Raises OSError."""
    ours = head(settings.PUBLIC_BASE_URL)
    return [
        path
        for path in sorted(folder.iterdir())
        if OURS.fullmatch(path.name) and path.name not in texts and ours in (files.read(path) or "")
    ]
