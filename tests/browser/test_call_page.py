"""A call's page while the call goes on: it tells what becomes of it without being loaded again."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Page, expect

from tests.live.conftest import Panel, wait_until

pytestmark = pytest.mark.live


@dataclass
class Call:
    """A call to the demo's number, whose webhooks are signed as Twilio's are."""

    panel: Panel
    sid: str = field(default_factory=lambda: f"CA{uuid.uuid4().hex}")
    dialled: str = ""

    def post(self, path: str, **fields: str) -> str:
        known = {"CallSid": self.sid, "From": "+12025550143", "To": "+12025550100"}
        status, answer = self.panel.signed(path, **{**known, **fields})
        assert status == 200
        return answer

    def begin(self) -> None:
        self.dialled = self.post("/twilio/voice/", CallStatus="ringing")
        self.report("ringing")

    def report(self, status: str, **fields: str) -> None:
        """What becomes of the leg, to the address that the answer gave."""
        leg = {"CallSid": f"{self.sid[:-3]}leg", "ParentCallSid": self.sid}
        to = re.search(r">(sip:[^;<]+)", self.dialled)[1]
        self.post(self.path("statusCallback"), **leg, To=to, CallStatus=status, **fields)

    def end(self) -> None:
        self.report("completed", CallDuration="61", SipResponseCode="200")
        told = {"DialCallStatus": "completed", "DialCallDuration": "61", "DialBridged": "true"}
        told["DialCallSid"] = f"{self.sid[:-3]}leg"
        self.post(self.path("action"), CallStatus="in-progress", **told)
        self.post("/twilio/status/", CallStatus="completed", CallDuration="61")

    def path(self, attribute: str) -> str:
        return re.search(rf' {attribute}="https://[^/]+(/[^"]+)"', self.dialled)[1]

    @property
    def address(self) -> str:
        return f"/admin/telephony/callrecord/{self.sid}/change/"


@pytest.fixture
def call(page: Page, panel: Panel) -> Call:
    call = Call(panel)
    call.begin()
    wait_for(page, call, "is ringing")
    return call


def wait_for(page: Page, call: Call, words: str) -> None:
    """Wait until what was posted is stored, without the page's own doing."""
    assert wait_until(lambda: words in page.request.get(call.address).text())


def test_a_call_that_ends_is_told_without_loading_the_page_again(page: Page, call: Call) -> None:
    errors: list[str] = []
    page.on("console", lambda message: message.type == "error" and errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(call.address)
    page.evaluate("window.stays = true")
    expect(page.locator("#call-outcome .badge")).to_have_text("… in progress")
    expect(page.locator("#call-summary")).to_contain_text("is ringing. The call is in progress.")
    page.click("#moments > summary")
    first = page.locator("#moments .timeline details > summary").first
    first.click()
    focused = page.evaluate("document.activeElement.parentElement.id")

    call.report("in-progress")
    expect(page.locator("#call-scene")).to_contain_text("on the line from")
    expect(page.locator("#moments .timeline > li")).to_have_count(3)
    assert page.evaluate("document.activeElement.parentElement.id") == focused
    expect(first.locator("..")).to_have_attribute("open", "")

    call.end()
    expect(page.locator("#call-outcome .badge")).to_have_text("✓ answered")
    expect(page.locator("#call-summary")).to_contain_text("2 started minutes at 0.1525 USD")
    expect(page.locator("#call-links")).to_contain_text("Rehearse again")
    expect(page.locator("#refresh-said")).to_contain_text("up to date and no longer refreshes")
    expect(page.locator("#call-outcome a")).to_have_count(0)
    expect(page.locator("#moments")).to_have_attribute("open", "")
    assert page.evaluate("document.activeElement.parentElement.id") == focused
    assert page.evaluate("window.stays") is True
    assert errors == []


def test_it_says_when_it_could_not_refresh_and_goes_on_when_it_can(page: Page, call: Call) -> None:
    page.goto(call.address)
    page.route("**/now/", lambda route: route.abort())
    expect(page.locator("#refresh-said")).to_contain_text("could not be refreshed at")
    call.end()
    expect(page.locator("#call-outcome .badge")).to_have_text("… in progress")
    page.unroute("**/now/")
    expect(page.locator("#call-outcome .badge")).to_have_text("✓ answered")
    expect(page.locator("#refresh-said")).not_to_contain_text("could not")


def test_whoever_is_signed_out_meanwhile_is_told_so(page: Page, call: Call) -> None:
    page.goto(call.address)
    cookies = page.context.cookies()
    page.context.clear_cookies()
    try:
        expect(page.locator("#refresh-said")).to_contain_text("could not be refreshed at")
        expect(page.locator("#call-outcome .badge")).to_have_text("… in progress")
    finally:
        page.context.add_cookies(cookies)


def test_a_hidden_tab_asks_nothing_and_catches_up_when_it_is_seen(page: Page, call: Call) -> None:
    asked: list[str] = []
    page.goto(call.address)
    show_tab(page, hidden=True)
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(4000)
    assert asked == []
    call.end()
    wait_for(page, call, "✓</span> answered")
    show_tab(page, hidden=False)
    expect(page.locator("#call-outcome .badge")).to_have_text("✓ answered", timeout=2500)


def show_tab(page: Page, *, hidden: bool) -> None:
    """As the browser tells a page; without a screen it never hides one by itself."""
    page.evaluate(
        "is => { Object.defineProperty(document, 'hidden', { value: is, configurable: true });"
        " document.dispatchEvent(new Event('visibilitychange')) }",
        hidden,
    )


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


def test_without_javascript_a_link_refreshes(plain_page: Page, call: Call) -> None:
    plain_page.goto(call.address)
    call.end()
    wait_for(plain_page, call, "✓</span> answered")
    plain_page.click("text=Refresh")
    expect(plain_page.locator("#call-summary")).to_contain_text("talked for 1 min 1 s")
    plain_page.click("#moments > summary")
    expect(plain_page.locator(".timeline")).to_contain_text("The call came in")


def test_the_call_is_rehearsed_again_by_its_link(page: Page, call: Call) -> None:
    call.end()
    wait_for(page, call, "Rehearse again")
    page.goto(call.address)
    page.click("text=Rehearse again")
    expect(page.locator("[name=try-caller]")).to_have_value("+12025550143")
    expect(page.locator("[name=try-talk_s]")).to_have_value("61")
    expect(page.locator(".trial-summary")).to_contain_text("talked for 1 min 1 s")


@pytest.mark.parametrize("width", [390, 768, 1440])
def test_the_page_fits_its_width(page: Page, call: Call, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(call.address)
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for label in page.locator("#call-scene text").all():
        box = label.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["height"] >= 12
