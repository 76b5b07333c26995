"""Trying a changed route that nobody has saved, in the page itself and without JavaScript."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_office_manager import open_number
from tests.live.conftest import Panel

pytestmark = pytest.mark.live
OF_THE_LANDLINE = "#trial select >> nth=0"


def test_a_changed_route_is_tried_below_the_form_which_stays_as_it_is(page: Page):
    open_number(page)
    page.fill("[name=steps-1-ring_s]", "33")
    page.click("[name=_try]")
    story = page.locator("#trial .story")
    expect(story).to_contain_text("Office landline (demo) has answered")
    page.select_option(OF_THE_LANDLINE, "busy")
    page.click("#trial [type=submit]")
    expect(page.locator("#trial .trial-summary")).to_contain_text("told that the line is busy")

    page.check("[name=steps-0-on_busy]")
    page.click("[name=_try]")
    expect(story).to_contain_text("Office landline (demo) is busy.")
    expect(story).to_contain_text(re.compile(r"Ring Mobile through Twilio.* for 33 s"))
    expect(page.locator(OF_THE_LANDLINE)).to_have_value("busy")
    expect(page.locator("#trial h2")).to_be_focused()
    expect(page.locator("[name=steps-1-ring_s]")).to_have_value("33")

    page.fill("[name=steps-1-ring_s]", "1")
    page.click("[name=_try]")
    expect(page.locator("#trial .errorlist")).to_contain_text("greater than or equal to 5")
    open_number(page)
    expect(page.locator("[name=steps-1-ring_s]")).to_have_value("20")


@pytest.fixture
def plain_page(page: Page, panel: Panel) -> Iterator[Page]:
    """The same person in a browser without JavaScript."""
    context = page.context.browser.new_context(
        base_url=panel.url,
        java_script_enabled=False,
        storage_state=page.context.storage_state(),
    )
    yield context.new_page()
    context.close()


def test_without_javascript_it_opens_in_a_tab_which_carries_the_form_along(plain_page: Page):
    open_number(plain_page)
    plain_page.fill("[name=steps-1-ring_s]", "33")
    plain_page.check("[name=steps-0-on_busy]")
    with plain_page.expect_popup() as opened:
        plain_page.click("[name=_try]")
    tab = opened.value
    expect(tab.locator("#trial .story")).to_contain_text("Office landline (demo) has answered")
    tab.select_option(OF_THE_LANDLINE, "busy")
    tab.click("#trial [type=submit]")
    expect(tab.locator("#trial .story")).to_contain_text("for 33 s")
    expect(plain_page.locator("[name=steps-1-ring_s]")).to_have_value("33")


def test_a_changed_route_is_backtested_below_the_form_with_and_without_javascript(
    page: Page, plain_page: Page
):
    open_number(page)
    page.check("[name=steps-1-DELETE]")
    page.click("[name=_backtest]")
    expect(page.locator("#trial .then-now")).to_contain_text("Nobody answered")
    expect(page.locator("#trial h2")).to_be_focused()
    expect(page.locator("#trial .differences li").first).to_contain_text("nobody answered")
    expect(page.locator("[name=steps-1-DELETE]")).to_be_checked()
    page.click("[name=_try]")
    expect(page.locator("#trial .story")).to_contain_text("has answered")

    open_number(plain_page)
    with plain_page.expect_popup() as opened:
        plain_page.click("[name=_backtest]")
    expect(opened.value.locator("#trial .differences")).to_have_count(0)
    expect(opened.value.locator("#trial .then-now")).to_contain_text("Office landline (demo)")


def test_a_trial_that_is_older_than_the_form_says_so(page: Page) -> None:
    open_number(page)
    page.click("[name=_try]")
    expect(page.locator("#trial .story li").first).to_be_visible()
    expect(page.locator(".stale-note")).to_have_count(0)
    page.fill("[name=try-talk_s]", "90")
    expect(page.locator(".stale-note")).to_contain_text("You have changed something since.")
    page.click("#trial [type=submit]")
    expect(page.locator("#trial .trial-summary")).to_contain_text("talked for 1 min 30 s")
    expect(page.locator(".stale-note")).to_have_count(0)
    page.fill("[name=steps-0-ring_s]", "25")
    expect(page.locator(".stale-note")).to_have_count(1)
