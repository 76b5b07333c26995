"""A price per minute, as people type it."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.http import HttpResponse
from django.test import Client

from telephony.models import FallbackNumber, SipEndpoint
from tests import make
from tests.admin.conftest import page, text

pytestmark = pytest.mark.django_db

ASKED = "a minute? If that is right, send the form once more."


@pytest.fixture
def url() -> str:
    return page("fallbacknumber", "change", make.make_fallback().pk)


def rate() -> Decimal:
    return FallbackNumber.objects.get().cost_per_minute


@pytest.mark.parametrize("typed", ["0,15", "0.15", " 0,150 ", ".15"])
def test_comma_and_point_are_the_same(save, url, typed):
    save(url, cost_per_minute=typed)
    assert rate() == Decimal("0.15")


@pytest.mark.parametrize("typed", ["1.000,15", "1,000.15", "0,1,5", "fifteen", "", "-0,1", "101"])
def test_what_is_no_price_is_refused(save, url, typed):
    before = rate()
    assert "errorlist" in text(save(url, cost_per_minute=typed))
    assert rate() == before


def test_a_high_price_is_asked_about_once(save, url, panel):
    before = rate()
    asked = save(url, cost_per_minute="15")
    assert f"15.00 USD {ASKED}" in text(asked)
    assert rate() == before

    # What the page now holds is what a browser would post again.
    save(url, cost_per_minute="15", cost_per_minute_asked="15")
    assert rate() == 15
    assert ASKED not in text(save(url, label="Mobile"))
    assert f"16.00 USD {ASKED}" in text(save(url, cost_per_minute="16"))


def test_the_page_that_asks_brings_the_answer_along(save, url):
    asked = text(save(url, cost_per_minute="15,5"))
    assert '<input type="hidden" name="cost_per_minute_asked" value="15,5">' in asked
    save(url, cost_per_minute="15,5", cost_per_minute_asked="15,5")
    assert rate() == Decimal("15.5")


def test_endpoints_are_asked_about_too_and_the_currency_stands_there(save, panel):
    url = page("sipendpoint", "change", make.make_endpoint().pk)
    assert '<span class="unit">USD</span>' in text(panel.get(url))
    assert ASKED in text(save(url, cost_per_minute="15"))
    save(url, cost_per_minute="0,1525")
    assert SipEndpoint.objects.get().cost_per_minute == Decimal("0.1525")


def test_a_price_of_nothing_is_spoken_of_and_a_new_one_is_suggested(
    panel: Client, save: Callable[..., HttpResponse]
) -> None:
    add = page("fallbacknumber", "add")
    assert panel.get(add).context["adminform"].form["cost_per_minute"].value() == Decimal("0.38")
    assert "Its price is 0" in text(save(add, e164="+59899111222", cost_per_minute="0"))
    assert "Its price is 0" not in text(save(add, e164="+59899111223", cost_per_minute="0.2"))
