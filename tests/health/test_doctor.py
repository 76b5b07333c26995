"""`manage.py doctor`: what it says, and with which exit status."""

import json
import os
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from telephony.models import SipEndpoint
from telephony.snapshots import comparison
from tests.health.wellbeing import make_all_well
from tests.live.conftest import run_manage


@pytest.fixture
def doctor(db: None, settings: Any, tmp_path: Path) -> Any:
    settings.SPOOL_DIR = tmp_path

    def ask(*words: str) -> tuple[int, str]:
        out = StringIO()
        try:
            call_command("doctor", *words, stdout=out, no_color=True)
        except SystemExit as done:
            return int(done.code or 0), out.getvalue()
        return 0, out.getvalue()

    return ask


def test_all_is_well(doctor: Any, settings: Any) -> None:
    make_all_well(settings)
    status, said = doctor()
    assert status == 0
    assert "There is nothing to do." in said
    assert "The last real call began: 20" in said


def test_what_is_only_worth_knowing_leaves_it_content(doctor: Any, settings: Any) -> None:
    make_all_well(settings)
    settings.ALERT_POST_URL = ""
    status, said = doctor()
    assert status == 0
    assert "Worth knowing\n  Nobody is told when something is wrong. [nobody-is-told]" in said


def test_what_is_out_of_step_is_grouped_with_what_to_do(doctor: Any, settings: Any) -> None:
    make_all_well(settings)
    SipEndpoint.objects.update(trunk="another")
    status, said = doctor()
    assert status == 1
    group = said.split("Out of step\n")[1].split("\n\n")[0]
    assert "[export-differs]" in group
    assert "https://panel.example.com/admin/telephony/asteriskserver/" in group
    assert "    .venv/bin/python manage.py export_asterisk --server office" in group
    assert "nothing to do" not in said


def test_it_compares_where_a_page_does_not(
    doctor: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "FEW", 0)
    make_all_well(settings)
    SipEndpoint.objects.update(trunk="another")
    assert "[export-differs]" in doctor()[1]


def test_json_for_a_program_that_watches(doctor: Any, settings: Any) -> None:
    make_all_well(settings)
    assert json.loads(doctor("--json")[1])["ok"] is True
    SipEndpoint.objects.update(trunk="another")
    status, said = doctor("--json")
    told = json.loads(said)
    (found,) = told["findings"]
    assert (status, told["ok"], told["last_heard"] is None) == (1, False, False)
    assert (found["code"], found["kind"]) == ("export-differs", "out-of-step")
    assert found["values"] == {"server": "office"}
    assert set(found) == {"code", "kind", "values", "text", "todo", "command", "page"}


@pytest.mark.parametrize("url", ["sqlite:///{}/new.sqlite3", "postgres://a:b@127.0.0.1:1/panel"])
def test_it_works_while_the_database_is_away(tmp_path: Path, url: str) -> None:
    environment = {**os.environ, "DATABASE_URL": url.format(tmp_path), "SPOOL_DIR": str(tmp_path)}
    done = run_manage(environment, "doctor", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 1
    assert {"database-away", "alerts-unknown"} <= {each["code"] for each in told["findings"]}
    assert "Traceback" not in done.stderr
