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
from tests.browser.tour import MORE_ROWS, stops, strangers_stops, visit  # noqa: E402
from tests.live.conftest import Panel, running_panel  # noqa: E402

WIDTHS = (390, 768, 1440)
THEMES = ("light", "dark")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=Path("var/screenshots"), help="%(default)s")
    parser.add_argument("--only", default="", help="pages whose name contains this")
    chosen = parser.parse_args()
    if programs.find_chromium() is None:
        sys.stderr.write("Chromium is missing. Install chromium.\n")
        return 1
    chosen.to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=environment.FOLDER) as name:
        folder = Path(name)
        with running_panel(folder, f"sqlite:///{folder}/panel.sqlite3") as panel:
            panel.shell(MORE_ROWS)
            count = take(panel, chosen.to, chosen.only)
    sys.stdout.write(f"{count} pictures in {chosen.to}\n")
    return 0


def take(panel: Panel, folder: Path, only: str) -> int:
    count = 0
    with chromium() as browser:
        for width in WIDTHS:
            for theme in THEMES:
                for known in (False, True):
                    with visit(browser, panel, width, theme, known=known) as page:
                        for stop in list(stops(page) if known else strangers_stops()):
                            if only in stop.name:
                                stop.go(page)
                                file = folder / f"{stop.name}-{width}-{theme}.png"
                                page.screenshot(path=file, full_page=True)
                                count += 1
    return count


if __name__ == "__main__":
    sys.exit(main())
