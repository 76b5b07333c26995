"""Every answer of the pages tells browsers to load nothing from elsewhere, and nothing is inline."""

from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.test import Client

from project.headers import PERMISSIONS, POLICY
from tests import make
from tests.admin.conftest import play, text
from tests.admin.test_pages import ADDRESSES

TEMPLATES = Path(__file__).resolve().parent.parent.parent / "templates"


class Inline(HTMLParser):
    """Collects what the policy forbids: styles and scripts in the page, and pictures within an address."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "style" or (tag == "script" and not given.get("src") and "type" not in given):
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if name == "style" or name.startswith("on") or (value or "").startswith("data:"):
                self.found.append(f"<{tag} {name}={value!r}>")


def test_the_parser_finds_what_is_inline() -> None:
    page = '<style></style><script>1</script><p style="x"><a onclick="x"><img src="data:,">'
    assert len(Inline(page).found) == 5
    assert Inline('<script src="/a.js"></script><a href="/x" class="y">').found == []


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_no_template_has_anything_inline(path: Path) -> None:
    assert Inline(path.read_text()).found == []


@pytest.mark.parametrize("address", [*ADDRESSES, "/", "/nowhere/", "/admin/login/"])
def test_every_page_has_the_headers_and_nothing_inline(
    panel: Client, client: Client, address: str
) -> None:
    make.make_story()
    play("0 voice\n6 voice/1 DialCallStatus=no-answer")
    for answer in (panel.get(address), client.get(address), panel.post(address)):
        assert answer["Content-Security-Policy"] == POLICY
        assert answer["Permissions-Policy"] == PERMISSIONS
        if answer["Content-Type"].startswith("text/html"):
            assert Inline(text(answer)).found == []


def test_the_policy_has_no_way_round_it() -> None:
    assert "unsafe" not in POLICY
    assert "data:" not in POLICY
    for rule in ("default-src 'self'", "frame-ancestors 'none'", "form-action 'self'"):
        assert rule in POLICY


@pytest.mark.parametrize("address", ["/static/telephony/admin.css", "/static/nothing.css"])
def test_static_files_have_the_headers_too(client: Client, db: None, address: str) -> None:
    answer = client.get(address)
    answer.close()
    assert answer["Content-Security-Policy"] == POLICY
    assert answer["Permissions-Policy"] == PERMISSIONS
