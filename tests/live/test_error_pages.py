"""A page that fails because the database is away says so in a page of our own."""

import http.client
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from project.headers import POLICY
from tests.live.conftest import Panel, free_port, serving

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def lame(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Panel]:
    """A panel whose database is not there."""
    folder: Path = tmp_path_factory.mktemp("lame")
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgres://panel:nobody@127.0.0.1:{free_port()}/panel",
        "SPOOL_DIR": str(folder / "spool"),
    }
    with serving(folder, environment) as panel:
        yield panel


@pytest.mark.parametrize(
    ("address", "status", "heading"),
    [
        ("/admin/", 500, "The panel could not make this page"),
        ("/nowhere/", 404, "There is no such page"),
    ],
)
def test_pages_of_errors_do_not_need_the_database(
    lame: Panel, address: str, status: int, heading: str
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", lame.port, timeout=10)
    try:
        connection.request("GET", address, headers={"Cookie": "sessionid=of-somebody"})
        answer = connection.getresponse()
        shown = answer.read().decode()
    finally:
        connection.close()
    assert answer.status == status
    assert f"<h1>{heading}</h1>" in shown
    assert "Back to the start page" in shown
    assert answer.getheader("Content-Security-Policy") == POLICY
