"""What docs/operations.md tells the sysadmin to do is done here."""

import os
import re
import shlex
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from telephony.models import CallEvent
from telephony.records.journal import dump_event
from telephony.records.recorder import REFUSED, collect
from tests import make
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


@pytest.mark.django_db
def test_what_was_refused_is_stored_once_it_is_handed_back(tmp_path):
    spool = tmp_path / "var/spool"
    spool.mkdir(parents=True)
    events = make.events("0 voice\n9 voice/1 DialCallStatus=busy")
    text = "".join(dump_event(event) + "\n" for event in events) + "no webhook\n"
    (spool / REFUSED).write_text(text)
    (move,) = commands("mv var/spool")
    subprocess.run(shlex.split(move), cwd=tmp_path, check=True)

    assert collect(spool) == 2
    assert CallEvent.objects.count() == 2
    assert (spool / REFUSED).read_text() == "no webhook\n"


def test_every_line_of_the_log_that_the_page_explains_is_logged_somewhere():
    explained = re.findall(r"^\| `([^`]+)` \|", PAGE.split("## Logs")[1], re.MULTILINE)
    source = "".join(path.read_text() for path in (ROOT / "telephony").rglob("*.py"))
    for line in explained:
        pieces = [piece.strip(" ,") for piece in line.replace("refused.jsonl", "…").split("…")]
        assert all(piece in source for piece in pieces if piece), line
    assert len(explained) > 5
