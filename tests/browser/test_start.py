"""A call that comes in while the start page is open, in a real browser and with signed webhooks."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.live.conftest import Panel

pytestmark = pytest.mark.live
FIELDS = {"From": "+12025550143", "To": "+12025550100", "CallSid": "CA" + "5" * 32}
REFRESHED_MS = 15_000


def test_a_call_appears_and_goes_on_to_the_newest_ones_by_itself(page: Page, panel: Panel):
    page.goto("/admin/")
    now = page.locator("#calls-now")
    expect(now).to_contain_text("No call is in progress.")
    status, twiml = panel.signed(
        "/twilio/voice/", **FIELDS, CallStatus="ringing", Direction="inbound"
    )
    assert status == 200 and "<Dial" in twiml
    going_on = now.locator("section").first
    expect(going_on).to_contain_text("+1 202-555-0143", timeout=REFRESHED_MS)
    expect(going_on).to_contain_text("in progress")
    # The figures are those of real calls from now on, without the page being loaded anew.
    expect(page.locator(".tiles .tile").first).to_have_text(re.compile(r"Calls\s*1$"))
    expect(page.locator(".tiles")).to_contain_text("In progress")
    panel.signed("/twilio/status/", **FIELDS, CallStatus="no-answer", CallDuration="0")
    expect(now).to_contain_text("No call is in progress.", timeout=REFRESHED_MS)
    expect(now.locator("section").last).to_contain_text("+1 202-555-0143")
    expect(page.locator(".tiles")).not_to_contain_text("In progress")


def test_it_rests_while_nobody_looks_and_goes_on_when_somebody_does(page: Page):
    page.goto("/admin/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    hide = """hidden => {
        Object.defineProperty(document, "hidden", {configurable: true, get: () => hidden});
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(hide, True)
    page.wait_for_timeout(6_000)
    assert not [url for url in asked if "calls-now" in url]
    with page.expect_response(re.compile("calls-now")):
        page.evaluate(hide, False)


def test_it_says_when_it_could_not_be_refreshed_and_when_it_could_again(page: Page):
    page.goto("/admin/")
    page.route("**/calls-now/", lambda route: route.abort())
    said = page.locator("#calls-now-said")
    expect(said).to_contain_text("could not be refreshed", timeout=REFRESHED_MS)
    page.unroute("**/calls-now/")
    expect(said).to_be_hidden(timeout=REFRESHED_MS)


def test_a_bar_is_clicked_and_the_table_behind_it_leads_there_by_keyboard(page: Page):
    page.goto("/admin/?days=30")
    bar = page.locator(".chart svg a").last
    bar.click()
    expect(page).to_have_url(re.compile("/callrecord/.*since="))
    page.goto("/admin/?days=30")
    page.locator(".figures summary").focus()
    page.keyboard.press("Enter")
    link = page.locator(".figures table a").last
    link.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/callrecord/.*since="))
    expect(page.locator(".totals")).to_contain_text("call")
