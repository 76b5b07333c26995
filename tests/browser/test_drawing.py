"""The drawing of a route follows the form, whichever way that is edited."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_office_manager import open_number
from tests.browser.test_trying import plain_page

__all__ = ["plain_page"]

pytestmark = pytest.mark.live
ROUTE = "#drawing svg"


def test_the_drawing_follows_typing_ticking_and_moving(page: Page):
    open_number(page)
    drawing = page.locator(ROUTE)
    expect(drawing).to_contain_text(re.compile(r"Office landline.*Mobile", re.DOTALL))
    page.fill("[name=steps-1-ring_s]", "33")
    expect(drawing).to_contain_text("2. Rings for 33 s")
    expect(page.locator("#drawing .note").first).to_have_text("As the form stands, saved or not.")
    page.check("[name=steps-0-on_busy]")
    expect(drawing).to_contain_text("Ends: declined")
    page.check("#steps-1 .together")
    expect(drawing).to_contain_text("1. Rings together for 33 s")
    page.uncheck("#steps-1 .together")
    page.click("#steps-0 button.down")
    expect(drawing).to_contain_text(re.compile(r"Mobile.*Office landline", re.DOTALL))
    page.locator("[name=steps-0-ring_s]").press("Alt+ArrowUp")
    expect(drawing).to_contain_text(re.compile(r"Office landline.*Mobile", re.DOTALL))


def test_while_the_form_could_not_be_saved_the_last_drawing_stays(page: Page):
    open_number(page)
    page.fill("[name=steps-1-ring_s]", "1")
    expect(page.locator("#drawing .note").first).to_contain_text("drawn anew once the form can be")
    expect(page.locator(ROUTE)).to_contain_text("2. Rings for 20 s")
    page.fill("[name=steps-1-ring_s]", "44")
    expect(page.locator(ROUTE)).to_contain_text("2. Rings for 44 s")


def test_it_fits_on_a_telephone(page: Page):
    page.set_viewport_size({"width": 390, "height": 844})
    try:
        open_number(page)
        box = page.locator(ROUTE).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        # As large as it was drawn, so its letters are legible.
        assert box["width"] == 330
        right = "el => Math.max(...[...el.querySelectorAll('text')].map(t => t.getBBox().x + t.getBBox().width))"
        assert page.locator(ROUTE).evaluate(right) < 320
    finally:
        page.set_viewport_size({"width": 1280, "height": 720})


def test_without_javascript_the_saved_route_stands_there(plain_page: Page):
    open_number(plain_page)
    expect(plain_page.locator(ROUTE)).to_contain_text("Office landline (demo)")
