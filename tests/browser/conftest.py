"""A real Chromium, signed in to the running panel's admin."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests import programs
from tests.live.conftest import Panel, panel

__all__ = ["panel"]

# No background traffic: the tests stay on this machine. Root cannot use Chromium's sandbox.
OPTIONS = ["--disable-gpu", "--disable-background-networking", "--disable-sync"]
PASSWORD = "a-password-of-the-test-suite"


@contextmanager
def chromium() -> Iterator[Browser]:
    sandbox = ["--no-sandbox"] if os.getuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=programs.find_chromium(), args=OPTIONS + sandbox
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if programs.find_chromium() is None:
        missing = "Chromium is missing: the admin was not tried in a browser. Install chromium."
        assert not programs.in_ci(), missing
        pytest.skip(missing)
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def page(panel: Panel, browser: Browser) -> Iterator[Page]:
    panel.shell(
        "from django.contrib.auth import get_user_model as users;"
        f"users().objects.create_superuser('manager', password='{PASSWORD}')"
    )
    page = browser.new_context(base_url=panel.url).new_page()
    page.set_default_timeout(10_000)
    page.goto("/")
    page.fill("[name=username]", "manager")
    page.fill("[name=password]", PASSWORD)
    page.click("[type=submit]")
    yield page
    page.context.close()
