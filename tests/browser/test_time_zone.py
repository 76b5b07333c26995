"""A browser tells its time zone on the page where one signs in, so that all pages after it know."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PASSWORD
from tests.live.conftest import Panel

pytestmark = pytest.mark.live


def test_times_are_those_of_the_browser_from_the_first_page_on(
    browser: Browser, panel: Panel, page: Page
) -> None:
    zone = "America/Montevideo"
    abroad = browser.new_context(base_url=panel.url, timezone_id=zone).new_page()
    abroad.goto("/")
    abroad.fill("[name=username]", "manager")
    abroad.fill("[name=password]", PASSWORD)
    abroad.click("[type=submit]")
    expect(abroad.locator("#footer")).to_contain_text(f"Times are those of {zone}")
    abroad.click("#footer a")
    abroad.select_option("[name=time_zone]", "Asia/Kolkata")
    abroad.click("[name=_save]")
    expect(abroad.locator(".messagelist")).to_contain_text("Your settings are saved.")
    expect(abroad.locator("#footer")).to_contain_text("Times are those of Asia/Kolkata")
    abroad.context.close()
