"""Starting the server where it cannot run."""

import os
import socket
from pathlib import Path

import pytest

from tests.live.conftest import Panel, run_manage, serving

pytestmark = pytest.mark.live


def test_a_second_panel_on_one_port_is_refused(panel: Panel):
    done = panel.manage("serve", "--port", str(panel.port))
    assert done.returncode == 1
    assert f"Cannot listen on 127.0.0.1 port {panel.port}" in done.stderr
    assert "Admin:" not in done.stdout


def test_a_port_that_another_program_has_is_refused(panel: Panel):
    with socket.create_server(("127.0.0.1", 0)) as other:
        done = panel.manage("serve", "--port", str(other.getsockname()[1]))
    assert "or PORT=9000 make run" in done.stderr


def test_an_impossible_port_is_refused(panel: Panel):
    assert "another port (1 to 65535)" in panel.manage("serve", "--port", "99999").stderr


def test_a_spool_that_cannot_be_written_is_refused(panel: Panel):
    environment = {**panel.environment, "SPOOL_DIR": "/proc/nowhere"}
    done = run_manage(environment, "serve", "--port", "0")
    assert done.returncode == 1
    assert "SPOOL_DIR: found '/proc/nowhere'" in done.stderr


def test_the_first_words_lead_to_a_rehearsal_or_to_the_guided_way(panel: Panel, tmp_path: Path):
    assert "simulate_call +12025550100" in panel.log()
    database = {"DATABASE_URL": f"sqlite:///{tmp_path}/new.sqlite3", "SPOOL_DIR": str(tmp_path)}
    environment = {**os.environ, **database}
    assert run_manage(environment, "migrate", "--verbosity", "0").returncode == 0
    with serving(tmp_path, environment) as empty:
        assert f"Set up:    {empty.url}/admin/setup/" in empty.log()
        assert "simulate_call" not in empty.log()
