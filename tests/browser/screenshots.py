"""Writes every page in both themes and three widths to a folder: `python -m tests.browser.screenshots`."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import django

# First, as in the suite: it gives the panel an environment of its own.
from tests import environment, programs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
django.setup()

from tests.browser.conftest import chromium  # noqa: E402
from tests.browser.tour import MANAGER, MORE_ROWS, stops, strangers_stops, visit  # noqa: E402
from tests.live.conftest import Panel, running_panel  # noqa: E402

WIDTHS = (390, 768, 1440)
THEMES = ("light", "dark")
# What the README shows, as far as a window of the widest shows it.
IN_README, README_FOLDER = ("start-week", "call"), Path("docs/pictures")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=Path("var/screenshots"), help="%(default)s")
    parser.add_argument("--only", default="", help="pages whose name contains this")
    parser.add_argument(
        "--readme", action="store_true", help=f"those of the README, to {README_FOLDER}"
    )
    chosen = parser.parse_args()
    folder = README_FOLDER if chosen.readme else chosen.to
    if programs.find_chromium() is None:
        sys.stderr.write("Chromium is missing. Install chromium.\n")
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=environment.FOLDER) as name,
        running_panel(Path(name), f"sqlite:///{name}/panel.sqlite3") as panel,
    ):
        panel.shell(MANAGER if chosen.readme else MORE_ROWS)
        count = take(panel, folder, chosen.only, readme=chosen.readme)
    sys.stdout.write(f"{count} pictures in {folder}\n")
    return 0


def take(panel: Panel, folder: Path, only: str, *, readme: bool) -> int:
    count = 0
    with chromium() as browser:
        for width in WIDTHS[-1:] if readme else WIDTHS:
            for theme in THEMES[:1] if readme else THEMES:
                for known in (False, True):
                    with visit(browser, panel, width, theme, known=known) as page:
                        for stop in list(stops(page) if known else strangers_stops()):
                            if stop.name in IN_README if readme else only in stop.name:
                                stop.go(page)
                                file = folder / f"{stop.name}-{width}-{theme}.png"
                                page.screenshot(path=file, full_page=not readme)
                                count += 1
    return count


if __name__ == "__main__":
    sys.exit(main())
