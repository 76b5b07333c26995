"""Every page, with rows and with errors: axe finds nothing serious, and nothing is asked of others."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, Response

from project.headers import PERMISSIONS, POLICY
from tests.browser.tour import MORE_ROWS, Stop, stops, strangers_stops, visit
from tests.live.conftest import Panel

pytestmark = pytest.mark.live

TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
LISTS = ("phonenumber", "sipendpoint", "fallbacknumber", "asteriskserver", "carriernetwork")
# With "attr(data-label)", Chromium computes the text that is shown.
BEFORE = "cell => getComputedStyle(cell, '::before').content"
SERIOUS = ("serious", "critical")
AXE = Axe()
# Without preloading, which would put styles into the page that its policy forbids.
OPTIONS = {"preload": False, "resultTypes": ["violations"]}


@pytest.fixture(scope="module")
def furnished(panel: Panel) -> Panel:
    panel.shell(MORE_ROWS)
    return panel


class Watch:
    """What a page has asked for and complained about since it was opened."""

    def __init__(self, page: Page) -> None:
        self.found: list[str] = []
        self._host = ""
        page.on("console", lambda message: self._note(message.type == "error", message.text))
        page.on("pageerror", lambda error: self._note(True, str(error)))
        page.on("request", self._judge_request)
        page.on("response", self._judge_response)

    def _note(self, is_wrong: bool, what: str) -> None:
        # Chromium says of each 403 and 404 that it came, and the pages of errors are such.
        if is_wrong and "the server responded with a status of 40" not in what:
            self.found.append(what)

    def _judge_request(self, request: Request) -> None:
        self._host = self._host or urlsplit(request.url).netloc
        self._note(urlsplit(request.url).netloc != self._host, f"asked for {request.url}")

    def _judge_response(self, response: Response) -> None:
        headers = response.headers
        given = headers.get("content-security-policy"), headers.get("permissions-policy")
        self._note(given != (POLICY, PERMISSIONS), f"no strict headers: {response.url}")


def serious(page: Page) -> list[str]:
    """Return what axe finds on a page: the rule, and where."""
    # Select2 is built when jQuery is ready, which may be after the page has loaded.
    page.wait_for_function(
        "document.querySelectorAll('.admin-autocomplete:not([name*=__prefix__],.select2-hidden-accessible)').length === 0"
    )
    found = AXE.run(page, options=OPTIONS).response["violations"]
    return [
        f"{each['id']}: {' '.join(map(str, node['target']))}"
        for each in found
        if each["impact"] in SERIOUS
        for node in each["nodes"]
    ]


def tour(page: Page, known: bool) -> Iterator[Stop]:
    return stops(page) if known else strangers_stops()


@pytest.mark.parametrize("known", [True, False], ids=["manager", "stranger"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_no_page_shuts_anybody_out_complains_or_asks_another_host(
    furnished: Panel, browser: Browser, width: int, theme: str, known: bool
) -> None:
    found: list[str] = []
    with visit(browser, furnished, width, theme, known=known) as page:
        watch = Watch(page)
        for stop in list(tour(page, known)):
            stop.go(page)
            found += [f"{stop.name}: {each}" for each in serious(page)]
            if too_wide := page.evaluate(TOO_WIDE):
                found.append(f"{stop.name}: {too_wide} pixels wider than the window")
    assert not found, "\n".join(found)
    assert not watch.found, "\n".join(watch.found)


@pytest.mark.parametrize("width", [390, 768])
@pytest.mark.parametrize("model", [*(f"telephony/{name}" for name in LISTS), "auth/user"])
def test_a_list_is_of_cards_where_there_is_no_room_for_a_table(
    furnished: Panel, browser: Browser, model: str, width: int
) -> None:
    with visit(browser, furnished, width, "light", known=True) as page:
        page.goto(f"/admin/{model}/")
        cells = page.locator("#result_list tbody tr:first-child td[data-label]").all()
        headings = page.locator("#result_list thead th .text").all_inner_texts()
        assert len(cells) == len([each for each in headings if each.strip()]) - 1 > 1
        for cell in cells:
            label, shown = cell.get_attribute("data-label"), cell.evaluate(BEFORE)
            assert label in [each.strip() for each in headings]
            assert shown == f'"{label}: "'
        assert page.locator(".results").evaluate("e => e.scrollWidth - e.clientWidth") <= 0
        page.locator("#result_list tbody .action-select").first.check()
        page.locator("#result_list thead th.sortable .text a").last.click()
        page.wait_for_url("**/?o=*")


def test_the_tour_passes_every_list_and_its_forms(furnished: Panel, browser: Browser) -> None:
    with visit(browser, furnished, 1440, "light", known=True) as page:
        names = {stop.name for stop in stops(page)}
    for model in ("phonenumber", "sipendpoint", "asteriskserver", "user"):
        assert {f"{model}-list", f"{model}-form"} <= names
    assert {
        "callrecord",
        "call-with-all-open",
        "call-in-progress",
        "calls-filters-open",
        "calls-filters-wrong",
    } <= names
    assert {"phonenumber-add-errors", "number-errors", "several-refused", "export"} <= names
