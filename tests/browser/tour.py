"""A tour of every page, with rows and with errors: what the lists lead to is found by itself."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, Page

from tests.browser.conftest import PASSWORD
from tests.live.conftest import Panel
from tests.make import CALL_SID

MANAGER = f"""
from django.contrib.auth.models import User
manager, _ = User.objects.get_or_create(username='manager', is_staff=True, is_superuser=True)
manager.set_password('{PASSWORD}')
manager.save()
"""
# What the demo lacks: people, a network, an endpoint without a password, a call in progress, trouble.
MORE_ROWS = f"""{MANAGER}
from django.contrib.auth.models import Group
from telephony.models import *
ana, _ = User.objects.get_or_create(username='ana', first_name='Ana', is_staff=True)
ana.groups.set(Group.objects.filter(name='Operator'))
server = AsteriskServer.objects.first()
SipEndpoint.objects.get_or_create(server=server, user='lobby', authentication='address')
from dataclasses import replace
from django.utils import timezone
from telephony.records import store
from tests import make
going = [make.event('voice'), make.event('leg/1/0', CallStatus='ringing')]
store.write([replace(event, received_at=timezone.now()) for event in going])
"""


# A new endpoint whose price is asked about, and one that changes; then what cannot be imported.
IMPORTED = """server,user,label,dialled number,trunk,cost per minute
office,sales,Sales,'0991,atapstn,15
office,lobby,Lobby,'0992,atapstn,
"""
FAULTY = "server,user,enabled\noffice,lobby,perhaps\nmoon,5.98E+11,yes\n"


@dataclass(frozen=True)
class Stop:
    name: str
    go: Callable[[Page], object]


def at(name: str, address: str) -> Stop:
    return Stop(name, lambda page: page.goto(address))


def posted(name: str, address: str, empty: tuple[str, ...] = ()) -> Stop:
    """A form that comes back with errors, because nothing, or nonsense, was filled in."""

    def go(page: Page) -> None:
        page.goto(address)
        for field in empty:
            page.fill(f"[name={field}]", "")
        with page.expect_navigation():
            # The browser itself would refuse to post an empty form.
            page.evaluate("document.querySelector('#content form').noValidate = true")
            page.click("[name=_save]")

    return Stop(name, go)


def stops(page: Page) -> Iterator[Stop]:
    """Yield every stop for somebody who is signed in."""
    page.goto("/admin/")
    links = [a.get_attribute("href") or "" for a in page.locator("#navigation a").all()]
    yield at("start", "/admin/")
    yield at("start-week", "/admin/?days=7")
    for link in links[1:]:
        page.goto(link)
        name = page.url.split("/admin/")[1].split("/")[1]
        if not page.locator("#changelist").count():
            yield at(name, link)
            continue
        yield at(f"{name}-list", link)
        if page.locator("#searchbar").count():
            yield at(f"{name}-nothing-found", f"{link}?q=nothing+like+it")
        first = page.locator("#result_list tbody th a").first.get_attribute("href")
        yield at(f"{name}-form", f"{first}".split("?")[0])
        yield at(f"{name}-history", f"{first}".split("?")[0].replace("/change/", "/history/"))
        yield at(f"{name}-delete", f"{first}".split("?")[0].replace("/change/", "/delete/"))
        if page.locator(".object-tools .addlink").count():
            yield at(f"{name}-add", f"{link}add/")
            yield posted(f"{name}-add-errors", f"{link}add/")
    server = "/admin/telephony/asteriskserver/1/"
    yield at("export", f"{server}export/")
    yield posted("server-errors", f"{server}change/", empty=("name", "port"))
    yield posted("policy-errors", "/admin/telephony/policy/1/change/", empty=("silence_calls",))
    yield Stop("number-errors", remove_all_steps)
    yield Stop("number-tried", try_a_route)
    yield Stop("number-backtested", backtest_a_route)
    yield Stop("several-refused", delete_several)
    yield at("changes", "/admin/changes/")
    yield at("import", "/admin/telephony/sipendpoint/import/")
    yield Stop("import-changes", lambda page: import_file(page, IMPORTED))
    yield Stop("import-errors", lambda page: import_file(page, FAULTY))
    yield at("calls-filtered", "/admin/telephony/callrecord/?outcome=failed-over")
    yield Stop("calls-filters-open", open_filters)
    yield at("calls-filters-wrong", "/admin/telephony/callrecord/?since=tomorrow&cost_from=much")
    yield Stop("call", open_a_call)
    yield Stop("call-with-all-open", open_all)
    yield at("own-settings", "/admin/preferences/")
    yield at("call-in-progress", f"/admin/telephony/callrecord/{CALL_SID}/change/")
    yield at("own-password", "/admin/password_change/")
    yield at("users-password", "/admin/auth/user/1/password/")
    yield at("error-404", "/nowhere/")
    yield at("error-403", "/admin/telephony/policy/add/")


def strangers_stops() -> Iterator[Stop]:
    """Yield every stop for somebody who is not signed in."""
    yield at("login", "/admin/login/")
    yield Stop("login-refused", refused)


def refused(page: Page) -> None:
    page.goto("/admin/login/")
    page.fill("[name=username]", "nobody")
    page.fill("[name=password]", "nothing")
    page.click("[type=submit]")
    page.wait_for_selector(".errornote")


def remove_all_steps(page: Page) -> None:
    page.goto("/admin/telephony/phonenumber/1/change/")
    for box in page.locator("[name^=steps-][name$=-DELETE]:visible").all():
        box.check()
    page.fill("[name=e164]", "12")
    page.click("[name=_save]")
    page.wait_for_selector(".errornote")


def try_a_route(page: Page) -> None:
    page.goto("/admin/telephony/phonenumber/1/change/")
    page.click("[name=_try]")
    page.wait_for_selector("#trial form")


def backtest_a_route(page: Page) -> None:
    page.goto("/admin/telephony/phonenumber/1/change/")
    for box in page.locator("[name=steps-1-DELETE]:visible").all():
        box.check()
    page.click("[name=_backtest]")
    page.wait_for_selector("#trial .then-now")
    page.evaluate("document.querySelector('#trial details').open = true")


def import_file(page: Page, content: str) -> None:
    page.goto("/admin/telephony/sipendpoint/import/")
    file = {"name": "table.csv", "mimeType": "text/csv", "buffer": content.encode()}
    page.set_input_files("#file", file)
    page.click(".choose [type=submit]")
    page.wait_for_selector("[role=status]")


def delete_several(page: Page) -> None:
    page.goto("/admin/telephony/sipendpoint/")
    page.check("#action-toggle")
    page.select_option("[name=action]", "delete_selected")
    page.click("#changelist-form .actions button[type=submit]")
    page.wait_for_selector(".obstacles")


def open_filters(page: Page) -> None:
    page.goto("/admin/telephony/callrecord/")
    page.click(".narrow summary")
    page.wait_for_selector(".narrow .select2-container")


def open_a_call(page: Page) -> None:
    page.goto("/admin/telephony/callrecord/?outcome=failed-over")
    page.click("#result_list tbody tr:first-child th a")


def open_all(page: Page) -> None:
    open_a_call(page)
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")


@contextmanager
def visit(browser: Browser, panel: Panel, width: int, theme: str, *, known: bool) -> Iterator[Page]:
    """A page in a window of its own, for the manager or for a stranger."""
    context = browser.new_context(
        base_url=panel.url,
        viewport={"width": width, "height": 900},
        color_scheme=theme,
        reduced_motion="reduce",
    )
    context.set_default_timeout(10_000)
    page = context.new_page()
    if known:
        page.goto("/admin/login/?next=/admin/")
        page.fill("[name=username]", "manager")
        page.fill("[name=password]", PASSWORD)
        page.click("[type=submit]")
        page.wait_for_selector("#navigation")
    try:
        yield page
    finally:
        context.close()
