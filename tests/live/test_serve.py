"""Starting the server where it cannot run."""

import socket

import pytest

from tests.live.conftest import Panel, run_manage

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
