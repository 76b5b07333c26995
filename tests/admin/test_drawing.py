"""The route is drawn on its number's page, and anew by the form as it stands."""

import xml.etree.ElementTree as ET
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from telephony.models import PhoneNumber
from tests import make
from tests.admin.conftest import inputs, page, text

pytestmark = pytest.mark.django_db


def address(number: PhoneNumber | None) -> str:
    name = "drawing" if number else "drawing_new"
    return page("phonenumber", name, *([number.pk] if number else []))


def redrawn(client: Client, number: PhoneNumber, **changes: Any) -> HttpResponse:
    data = inputs(client.get(page("phonenumber", "change", number.pk)))
    data |= {name.replace("__", "-"): value for name, value in changes.items()}
    response = client.post(address(number), {n: v for n, v in data.items() if v is not None})
    assert response.status_code == 200
    return response


def svg(response: HttpResponse) -> list[str]:
    """The words of the drawing, which must be well-formed and without a style of its own."""
    shown = text(response)
    begin = shown.index("<svg width=")
    drawn = ET.fromstring(shown[begin : shown.index("</svg>", begin) + 6])
    assert not [each for each in drawn.iter() if "style" in each.attrib]
    return [" ".join(each.itertext()) for each in drawn.iter("text")]


def test_the_page_has_the_saved_route_and_its_sentences(panel: Client) -> None:
    number = make.make_story()
    response = panel.get(page("phonenumber", "change", number.pk))
    assert "myext@office" in svg(response)
    assert "1. Rings for 20 s" in svg(response)
    assert "<li>Position 1 rings myext@office for 20 s.</li>" in text(response)
    assert f'data-url="{address(number)}"' in text(response)


def test_the_form_is_drawn_as_it_stands_and_nothing_is_saved(panel: Client) -> None:
    number = make.make_story()
    changes = {"steps__1__ring_s": 33, "steps__0__on_busy": "on", "steps__1__position": 1}
    drawn = svg(redrawn(panel, number, **changes))
    assert "1. Rings together for 33 s" in drawn
    assert number.steps.get(position=2).ring_s == 20
    assert svg(redrawn(panel, number, enabled=None))[-1] == "Rejected: the number is off"


def test_a_form_that_could_not_be_saved_says_so_instead(panel: Client) -> None:
    shown = text(redrawn(panel, make.make_story(), steps__0__ring_s=1))
    assert "<svg" not in shown
    assert "drawn anew once the form can be saved: myext@office: Ring (s)" in shown


def test_a_new_number_is_drawn_before_it_is_saved(panel: Client) -> None:
    endpoint = make.make_endpoint(label="Ana <b>")
    data = inputs(panel.get(page("phonenumber", "add")))
    step = {"destination": f"endpoint:{endpoint.pk}", "position": "", "ring_s": 20}
    data |= {f"steps-0-{name}": value for name, value in step.items()}
    data |= {"steps-TOTAL_FORMS": 1, "e164": make.NUMBER}
    assert "Ana <b>" in svg(panel.post(address(None), data))
    assert not PhoneNumber.objects.exists()


def test_whoever_may_only_look_sees_the_saved_route(reader: Client) -> None:
    number = make.make_story()
    shown = reader.get(page("phonenumber", "change", number.pk))
    assert "myext@office" in svg(shown)
    assert "data-url" not in text(shown)
    assert "myext@office" in svg(reader.post(address(number), {"e164": "nonsense"}))
    assert reader.post(address(None), {}).status_code == 403
