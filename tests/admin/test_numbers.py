"""A number's page: what to enter at Twilio, and what Twilio plays while the panel is down."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from telephony.models import CallRecord
from tests import make
from tests.admin.conftest import page, text

pytestmark = pytest.mark.django_db


def test_the_page_shows_what_to_enter_at_twilio(panel: Client) -> None:
    shown = text(panel.get(page("phonenumber", "change", make.make_story().pk)))
    for address in ("voice/#ct=1000&amp;rt=2500&amp;tt=3000", "voice-failed/", "status/"):
        assert f"https://panel.example.com/twilio/{address}</code>" in shown


def test_a_static_address_takes_the_place_of_the_panels_own(panel: Client, settings: Any) -> None:
    settings.STATIC_FALLBACK_URL = "https://fallback.example.com/calls"
    number = make.make_story()
    shown = text(panel.get(page("phonenumber", "change", number.pk)))
    assert (
        f"https://fallback.example.com/calls/{number.static_name}</code></td><td>HTTP GET" in shown
    )
    assert "voice-failed" not in shown


def test_the_document_is_shown_without_passwords_and_says_whether_it_is_out_of_date(
    panel: Client, tmp_path: Any
) -> None:
    number = make.make_story()
    url = page("phonenumber", "change", number.pk)
    shown = text(panel.get(url))
    assert "Never exported" in shown
    assert "&lt;Sip password=&quot;********&quot;" in shown
    assert number.steps.first().endpoint.password not in shown

    call_command("export_twiml", "--output", str(tmp_path), stdout=StringIO())
    assert "As last exported" in text(panel.get(url))
    number.steps.update(ring_s=55)
    assert "Out of date" in text(panel.get(url))


def test_a_new_number_has_nothing_to_show_yet(panel: Client) -> None:
    assert "What to enter in Twilio" not in text(panel.get(page("phonenumber", "add")))


def call(number: Any, days_ago: int, **fields: Any) -> None:
    CallRecord.objects.create(
        called=number.e164,
        started_at=timezone.now() - timedelta(days=days_ago),
        **{"call_sid": f"CA{days_ago}", "outcome": "failed-over", **fields},
    )


@pytest.mark.parametrize("days_ago", [3, 89])
def test_a_number_shows_when_its_fallback_last_proved_itself(panel: Client, days_ago: int) -> None:
    number = make.make_story()
    call(number, 100)
    call(number, days_ago)
    call(number, 2, outcome="answered")
    call(number, 1, is_simulated=True)
    for url in (page("phonenumber", "changelist"), page("phonenumber", "change", number.pk)):
        shown = text(panel.get(url))
        assert f'href="{page("callrecord", "change", f"CA{days_ago}")}"' in shown
        assert "Try it" not in shown


def test_a_fallback_that_proved_itself_long_ago_or_never_asks_to_be_tried(panel: Client) -> None:
    number = make.make_story()
    urls = (page("phonenumber", "changelist"), page("phonenumber", "change", number.pk))
    assert ">never</td>" in text(panel.get(urls[0]))
    assert "never. Try it: take a server out of service" in text(panel.get(urls[1]))
    call(number, 91)
    for url in urls:
        assert ", 91 days ago" in text(panel.get(url))
    assert "ago. Try it" in text(panel.get(urls[1]))


def test_a_route_of_one_position_has_no_fallback_to_try(panel: Client) -> None:
    number = make.make_number(make.make_endpoint())
    assert ">never</td>" not in text(panel.get(page("phonenumber", "changelist")))
    assert "Try it" not in text(panel.get(page("phonenumber", "change", number.pk)))
