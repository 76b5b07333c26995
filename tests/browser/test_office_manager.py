"""What the office manager does: edits a route, then looks at what it did to a call."""

import re

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.live.conftest import Panel

pytestmark = pytest.mark.live


def open_number(page: Page) -> None:
    page.goto("/admin/telephony/phonenumber/")
    page.click("text=+1 202-555-0100")


def test_a_route_edited_in_the_admin_sends_the_next_busy_call_to_the_mobile(
    page: Page, panel: Panel
):
    rehearsal = ("simulate_call", "+12025550100", "--url", panel.url, "--outcomes")
    assert "dials 1" in panel.manage(*rehearsal, "busy,completed").stdout
    open_number(page)
    page.check("[name=steps-0-on_busy]")
    page.click("[name=_save]")
    expect(page.locator(".messagelist .success")).to_contain_text("changed successfully")
    page.wait_for_timeout(1000)  # "live within a second"
    assert "answered after failover" in panel.manage(*rehearsal, "busy,completed").stdout


def test_a_route_without_anybody_to_ring_is_refused_with_the_reason(page: Page):
    open_number(page)
    for place in (0, 1):
        page.check(f"[name=steps-{place}-DELETE]")
    page.click("[name=_save]")
    expect(page.locator(".errornote, .errorlist").first).to_be_visible()
    expect(page.locator("body")).to_contain_text(re.compile("never ring anybody|ring nobody"))


def test_a_call_explains_itself_on_its_page(page: Page, panel: Panel):
    words = ("+12025550100", "--url", panel.url, "--from", "+12025550143")
    panel.manage("simulate_call", *words, "--outcomes", "failed,completed")
    page.goto("/admin/telephony/callrecord/?q=%2B12025550143&outcome=failed-over")
    page.click("#result_list tbody tr:first-child a")
    for text in (
        "Office landline",
        "503",
        "Mobile through Twilio",
        "the dial at position 1 ended: failed",
    ):
        expect(page.locator("#content")).to_contain_text(text)


def test_no_page_logs_an_error_in_the_browser(page: Page):
    errors: list[str] = []
    page.on("console", lambda message: message.type == "error" and errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto("/admin/")
    for link in [a.get_attribute("href") for a in page.locator("#navigation a").all()]:
        page.goto(link)
    assert errors == []


def test_leaving_a_changed_page_asks_and_saving_it_does_not(page: Page):
    # One that no other test has left with changes.
    page = page.context.new_page()
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)
    for change, expected in (("", []), ("Head office", ["beforeunload"])):
        open_number(page)
        if change:
            page.fill("[name=label]", change)
        page.click(".breadcrumbs >> text=Start")
        page.wait_for_url("**/admin/")
        assert asked == expected
    open_number(page)
    page.fill("[name=label]", "Office")
    page.click("[name=_save]")
    expect(page.locator(".messagelist .success")).to_contain_text("changed successfully")
    assert len(asked) == 1
    page.close()


def test_of_two_tabs_the_second_is_told_what_the_first_has_saved(page: Page):
    open_number(page)
    other = page.context.new_page()
    open_number(other)
    other.fill("[name=label]", "Front desk")
    other.click("[name=_save]")
    other.wait_for_url("**/phonenumber/")
    other.close()
    page.fill("[name=label]", "Reception")
    page.click("[name=_save]")
    expect(page.locator(".errorlist.nonfield")).to_contain_text("manager has saved this page since")
    page.click("[name=_save]")
    expect(page.locator(".messagelist .success")).to_contain_text("Reception")
