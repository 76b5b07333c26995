"""What docs/operations.md tells the sysadmin to do is done here."""

import os
import re
import shlex
import sqlite3
import subprocess
import sys
from pathlib import Path

from tests.floors import ROOT

PAGE = (ROOT / "docs/operations.md").read_text()


def commands(word: str) -> list[str]:
    """The indented lines of the page that have a word in them."""
    return [line.strip() for line in PAGE.splitlines() if line.startswith("    ") and word in line]


def run(command: str, folder: Path) -> None:
    words = shlex.split(command.replace(".venv/bin/python", sys.executable))
    words = [str(ROOT / word) if word == "manage.py" else word for word in words]
    database = f"sqlite:///{folder}/panel.sqlite3"
    subprocess.run(
        words, cwd=folder, env={**os.environ, "DATABASE_URL": database}, check=True, timeout=60
    )


def test_a_backup_of_sqlite_is_whole_while_the_panel_runs(tmp_path):
    (backup,) = commands("VACUUM INTO")
    (migrate, *_) = commands("manage.py migrate")
    run(migrate, tmp_path)
    running = sqlite3.connect(tmp_path / "panel.sqlite3")
    (tmp_path / "var").mkdir()

    run(backup, tmp_path)

    running.close()
    with sqlite3.connect(tmp_path / "var/backup.sqlite3") as copy:
        # The check evaluates constraints too, some of which use one of Django's functions.
        copy.create_function("REGEXP", 2, lambda pattern, text: bool(re.search(pattern, text)))
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert copy.execute("SELECT count(*) FROM telephony_carriernetwork").fetchone() == (9,)


def test_every_line_of_the_log_that_the_page_explains_is_logged_somewhere():
    explained = re.findall(r"^\| `([^`]+)` \|", PAGE.split("## Logs")[1], re.MULTILINE)
    files = [*(ROOT / "telephony").rglob("*.py"), *(ROOT / "project").rglob("*.py")]
    source = re.sub(r'"\s+f?"', "", "".join(path.read_text() for path in files))
    for line in explained:
        pieces = [piece.strip(" ,") for piece in line.replace("refused.jsonl", "…").split("…")]
        assert all(piece in source for piece in pieces if piece), line
    assert len(explained) > 5
