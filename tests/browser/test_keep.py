"""What somebody has typed outlives their session, and a panel that is away for a moment."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import PASSWORD

pytestmark = pytest.mark.live

FORM = "/admin/telephony/fallbacknumber/1/change/"


def sign_in(page: Page) -> None:
    page.fill("[name=username]", "manager")
    page.fill("[name=password]", PASSWORD)
    page.click("[type=submit]")


def sign_in_elsewhere(page: Page) -> None:
    with page.context.expect_page() as opened:
        page.click("text=Sign in in another tab")
    sign_in(opened.value)
    opened.value.wait_for_selector("#navigation")
    opened.value.close()


def sign_out(context: BrowserContext) -> None:
    context.clear_cookies(name="sessionid")


def test_a_form_waits_for_whoever_has_been_signed_out(page: Page) -> None:
    page.goto(FORM)
    page.fill("[name=label]", "Typed with care")
    sign_out(page.context)
    page.click("[name=_save]")
    expect(page.locator("[role=alert]")).to_contain_text("You are signed out, so nothing was sent.")
    sign_in_elsewhere(page)
    expect(page.locator("[name=label]")).to_have_value("Typed with care")
    page.click("[name=_save]")
    expect(page.locator(".messagelist")).to_contain_text("changed successfully")
    expect(page.locator("#result_list")).to_contain_text("Typed with care")


def test_a_form_waits_for_a_panel_that_does_not_answer(page: Page) -> None:
    page.goto(FORM)
    page.fill("[name=label]", "Typed again")
    page.context.set_offline(True)
    page.click("[name=_save]")
    expect(page.locator("[role=alert]")).to_contain_text("The panel does not answer")
    page.context.set_offline(False)
    page.click("[name=_save]")
    expect(page.locator("#result_list")).to_contain_text("Typed again")


def test_a_route_is_not_tried_in_silence_by_whoever_has_been_signed_out(page: Page) -> None:
    page.goto("/admin/telephony/phonenumber/1/change/")
    sign_out(page.context)
    page.click("[name=_try]")
    expect(page.locator("[role=alert]")).to_contain_text("You are signed out, so nothing was sent.")
    sign_in_elsewhere(page)
    page.click("[name=_try]")
    expect(page.locator("#trial h2")).to_be_visible()
