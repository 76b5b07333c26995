"""From an empty database to a rehearsed call, by screen and by what the screen says to paste."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.live.conftest import Panel, run_manage, serving

pytestmark = pytest.mark.live

CLICKS_AT_MOST = 15
TYPED = {
    "number": "+1 202 555 0100",
    "host": "sip.example.com",
    "dialled_number": "099999999",
    "trunk": "atapstn",
    "fallback_number": "+598 99 999 999",
}


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Panel]:
    """The production server on an empty database."""
    folder: Path = tmp_path_factory.mktemp("empty")
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{folder}/panel.sqlite3",
        "SPOOL_DIR": str(folder / "spool"),
        "DIRECTORY_REFRESH_S": "0.1",
    }
    assert run_manage(environment, "migrate", "--verbosity", "0").returncode == 0
    with serving(folder, environment) as panel:
        yield panel


@pytest.fixture
def nothing(panel: Panel) -> None:
    """Nothing is set up, whatever ran before."""
    models = ("RouteStep", "PhoneNumber", "FallbackNumber", "SipEndpoint", "AsteriskServer")
    panel.shell(
        f"from telephony.models import *; [m.objects.all().delete() for m in ({', '.join(models)})]"
    )


class Hand:
    """Counts the clicks."""

    def __init__(self, page: Page) -> None:
        self.page, self.clicks = page, 0

    def click(self, what: str) -> None:
        self.page.click(what)
        self.clicks += 1

    def type(self, name: str, text: str) -> None:
        self.click(f"[name={name}]")
        self.page.keyboard.type(text)


def test_from_nothing_to_a_rehearsed_call(page: Page, panel: Panel, nothing: None) -> None:
    errors: list[str] = []
    page.on("console", lambda message: message.type == "error" and errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto("/admin/")
    hand = Hand(page)
    hand.click("text=Set up your first number")
    for name, text in TYPED.items():
        hand.type(name, text)
    hand.click("text=Set it up")

    expect(page.locator("h1")).to_have_text("+1 202-555-0100 is set up")
    expect(page.locator(".entries code")).to_have_count(3)
    export, rehearsal = page.locator(".steps pre").all_inner_texts()
    time.sleep(1)  # "live within a second"
    for command in (export.partition(" --output")[0], rehearsal):
        python, manage, *words = command.split()
        assert (python, manage) == (".venv/bin/python", "manage.py")
        done = panel.manage(*words)
        assert done.returncode == 0, done.stderr
    assert "answered after failover by Mobile" in done.stdout
    # Signing in was one more.
    assert hand.clicks + 1 <= CLICKS_AT_MOST
    assert errors == []


def test_a_mistake_is_shown_beside_its_field_and_what_was_typed_stays(
    page: Page, nothing: None
) -> None:
    page.goto("/admin/setup/")
    page.fill("[name=number]", "2025550101")
    page.click("text=Set it up")
    row = page.locator(".form-row.errors", has=page.locator("[name=number]"))
    expect(row).to_contain_text("country code")
    expect(page.locator("[name=number]")).to_have_value("2025550101")


def test_the_second_number_needs_only_itself(page: Page, nothing: None) -> None:
    for typed in (TYPED, {"number": "+12025550101"}):
        page.goto("/admin/setup/")
        for name, text in typed.items():
            page.fill(f"[name={name}]", text)
        page.click("text=Set it up")
        expect(page.locator(".lead")).to_contain_text("rings Office landline, then Mobile")


def test_leaving_what_was_typed_asks_and_setting_it_up_does_not(page: Page, nothing: None) -> None:
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)
    for typed, expected in (("", []), ("+12025550100", ["beforeunload"])):
        page.goto("/admin/setup/")
        page.fill("[name=number]", typed)
        page.click(".breadcrumbs >> text=Start")
        page.wait_for_url("**/admin/")
        assert asked == expected
    page.goto("/admin/setup/")
    for name, text in TYPED.items():
        page.fill(f"[name={name}]", text)
    page.click("text=Set it up")
    expect(page.locator("h1")).to_contain_text("is set up")
    assert len(asked) == 1


@pytest.mark.parametrize("width", [390, 768, 1440])
def test_no_page_is_wider_than_its_screen(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for address in ("/admin/", "/admin/setup/"):
        page.goto(address)
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wider) <= 0, address
