"""What the migrations make of the calls that are there already."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def migrate(file: Path, *target: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0", *target],
        env={**os.environ, "DATABASE_URL": f"sqlite:///{file}"},
        cwd=ROOT,
        check=True,
        timeout=60,
    )


def test_past_calls_can_be_searched_and_the_way_back_is_open(tmp_path: Path) -> None:
    file = tmp_path / "panel.sqlite3"
    migrate(file, "telephony", "0018")
    texts = {
        "call_sid": "CA1",
        "caller": "+12025550143",
        "caller_name": "Ana",
        "answered_by": "Desk",
    }
    empty = ("account_sid", "called", "forwarded_from", "verstat", "status", "currency")
    row = {
        **texts,
        **dict.fromkeys(empty, ""),
        **{"outcome": "answered", "dials": 1, "started_at": "2026-11-02 12:00:00"},
        **{"missing": "[]", "is_simulated": False},
    }
    with sqlite3.connect(file) as connection:
        names, places = ", ".join(row), ", ".join("?" * len(row))
        connection.execute(
            f"INSERT INTO telephony_callrecord ({names}) VALUES ({places})", [*row.values()]
        )
    migrate(file)
    with sqlite3.connect(file) as connection:
        parties = "SELECT role, text, folded FROM telephony_callparty"
        assert set(connection.execute(parties)) == {
            ("caller", "+12025550143", "12025550143"),
            ("caller_name", "Ana", "ana"),
            ("answered_by", "Desk", "desk"),
        }
        index = "SELECT rowid FROM telephony_callparty_trigrams"
        (found,) = connection.execute(f"{index} WHERE telephony_callparty_trigrams MATCH '5501'")
        assert connection.execute(f"{parties} WHERE id = ?", found).fetchone()[0] == "caller"
    migrate(file, "telephony", "0018")
    migrate(file)
