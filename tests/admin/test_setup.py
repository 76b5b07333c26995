"""The guided way: everything is built, or nothing and what is wrong stands beside its field."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from telephony.models import AsteriskServer, FallbackNumber, PhoneNumber, RouteStep, SipEndpoint
from telephony.snapshots.asterisk import load_asterisk
from telephony.snapshots.comparison import render_all
from tests import make
from tests.admin.conftest import text

URL = "/admin/setup/"
MODELS = (AsteriskServer, SipEndpoint, FallbackNumber, PhoneNumber, RouteStep)
# What a newcomer types; all else is filled in already.
TYPED = {
    "number": "+1 (202) 555-0100",
    "host": "sip.example.com",
    "dialled_number": "099999999",
    "trunk": "atapstn",
    "fallback_number": "+598 99 999 999",
}
Send = Callable[..., HttpResponse]


@pytest.fixture
def send(panel: Client) -> Send:
    """Post what the page shows, with what is typed into it."""

    def send(**typed: Any) -> HttpResponse:
        form = panel.get(URL).context["form"]
        shown = {field.name: field.value() for field in form}
        data = {name: getattr(v, "pk", v) for name, v in {**shown, **typed}.items()}
        return panel.post(URL, {n: v for n, v in data.items() if v is not None}, follow=True)

    return send


def counts() -> list[int]:
    return [model.objects.count() for model in MODELS]


def errors(response: HttpResponse) -> dict[str, Any]:
    return dict(response.context["form"].errors)


def test_five_fields_build_everything(send: Send) -> None:
    response = send(**TYPED)
    number = PhoneNumber.objects.get()
    assert response.redirect_chain == [(f"/admin/setup/{number.pk}/", 302)]
    assert counts() == [1, 1, 1, 1, 2]
    assert number.e164 == "+12025550100"
    first, second = number.steps.order_by("position")
    assert (first.ring_s, first.endpoint.user, first.endpoint.server.host) == (
        20,
        "landline",
        "sip.example.com",
    )
    assert first.endpoint.username == "switchhook-landline"
    assert len(first.endpoint.password) == 32
    assert first.endpoint.cost_per_minute == Decimal("0.1525")
    assert second.fallback_number.e164 == "+59899999999"
    assert second.fallback_number.cost_per_minute == Decimal("0.38")


def test_what_is_built_can_be_exported(send: Send) -> None:
    send(**TYPED)
    texts = render_all(load_asterisk(AsteriskServer.objects.get()))
    assert "PJSIP/099999999@atapstn" in "".join(texts.values())


def test_what_is_built_is_noted(send: Send) -> None:
    send(**TYPED)
    assert LogEntry.objects.count() == 4


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"number": ""}, "number", "fill this in"),
        ({"number": "2025550100"}, "number", "country code"),
        ({"host": "a b"}, "host", "host"),
        ({"host": "127.0.0.1"}, "host", ""),
        ({"dialled_number": ""}, "dialled_number", "fill this in"),
        ({"dialled_number": "+12025550100"}, "dialled_number", "would loop"),
        ({"trunk": "a b"}, "trunk", "letters, digits"),
        ({"server_name": "a b"}, "server_name", "letters, digits"),
        ({"user": "h"}, "user", "Asterisk keeps"),
        ({"user": ""}, "user", "fill this in"),
        ({"ring_s": "3"}, "ring_s", "from 5 to 600"),
        ({"rate": "dear"}, "rate", "Enter a number"),
        ({"rate": "200", "rate_asked": "200"}, "rate", "less than or equal to 100"),
        ({"rate": "15"}, "rate", "send the form once more"),
        ({"fallback_rate": "3"}, "fallback_rate", "send the form once more"),
        ({"fallback_rate": "-1"}, "fallback_rate", "less than nothing"),
        ({"fallback_number": "12"}, "fallback_number", "country code"),
        ({"fallback_number": "+12025550100"}, "fallback_number", "would loop"),
    ],
)
def test_nothing_is_saved_and_the_error_stands_beside_the_field(
    send: Send, typed: dict[str, str], field: str, said: str
) -> None:
    response = send(**{**TYPED, **typed})
    assert list(errors(response)) == [field]
    assert said in str(errors(response)[field])
    assert counts() == [0, 0, 0, 0, 0]
    assert "Nothing was saved" in text(response)


def test_all_errors_are_told_at_once(send: Send) -> None:
    response = send(**{**TYPED, "number": "+1202555010", "host": "a b", "trunk": "a b"})
    assert set(errors(response)) == {"number", "host", "trunk"}


def test_what_is_missing_and_what_is_wrong_is_told_together(send: Send) -> None:
    response = send(number="1", fallback_number="2")
    assert set(errors(response)) == {"number", "host", "dialled_number", "trunk", "fallback_number"}


def test_the_seconds_to_ring_are_those_of_the_first_step(send: Send) -> None:
    send(**TYPED, ring_s="25")
    assert list(RouteStep.objects.order_by("position").values_list("ring_s", flat=True)) == [25, 20]


def test_a_comma_is_as_good_as_a_point(send: Send) -> None:
    send(**TYPED, rate="0,15")
    assert SipEndpoint.objects.get().cost_per_minute == Decimal("0.15")


def test_the_second_number_takes_what_is_there_already(send: Send) -> None:
    send(**TYPED)
    send(number="+12025550101")
    assert counts() == [1, 1, 1, 2, 4]
    first, second = PhoneNumber.objects.all()
    for model in ("endpoint_id", "fallback_number_id"):
        assert set(first.steps.values_list(model)) == set(second.steps.values_list(model))


def test_a_new_telephone_on_the_server_that_is_there(send: Send) -> None:
    send(**TYPED)
    send(number="+12025550101", endpoint="", dialled_number="098888888", trunk="atapstn")
    assert counts() == [1, 2, 1, 2, 4]
    assert [endpoint.user for endpoint in SipEndpoint.objects.all()] == ["landline", "landline2"]
    labels = [endpoint.label for endpoint in SipEndpoint.objects.all()]
    assert labels == ["Office landline", "Office landline 2"]


def test_a_number_that_is_there_already_is_all_that_is_said(send: Send) -> None:
    send(**TYPED)
    response = send(**TYPED)
    assert list(errors(response)) == ["number"]
    assert "It is in the panel already" in str(errors(response)["number"])


def test_the_page_after_it_says_that_twilio_cannot_use_a_private_address(
    send: Send, panel: Client, settings: LazySettings
) -> None:
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:8000"
    send(**TYPED)
    done = reverse("setup_done", args=[PhoneNumber.objects.get().pk])
    assert "Twilio cannot use these addresses" in text(panel.get(done))
    settings.PUBLIC_BASE_URL = "https://panel.example.com"
    assert "Twilio cannot use these addresses" not in text(panel.get(done))


def test_a_name_that_the_server_has_already(send: Send) -> None:
    send(**TYPED)
    new = {"endpoint": "", "dialled_number": "098888888", "trunk": "atapstn"}
    response = send(number="+12025550101", **new, user="landline")
    assert "already has an endpoint with that user" in str(errors(response)["user"])
    response = send(number="+12025550101", **new, server="", host="b.example.com")
    assert "already exists" in str(errors(response)["server_name"])


def test_one_that_is_there_and_a_new_one_are_too_much(send: Send) -> None:
    send(**TYPED)
    response = send(number="+12025550101", fallback_number="+59891111111")
    assert "Clear this choice" in str(errors(response)["fallback"])


@pytest.mark.parametrize("name", ["host", "trunk"])
def test_a_new_one_beside_the_chosen_endpoint(send: Send, name: str) -> None:
    send(**TYPED)
    response = send(number="+12025550101", **{name: TYPED[name]})
    assert "Clear this choice" in str(errors(response)["endpoint"])


def test_a_number_that_the_chosen_endpoint_dials(send: Send) -> None:
    make.make_endpoint(dialled_number="+12025550100")
    response = send(number=TYPED["number"], fallback_number=TYPED["fallback_number"])
    assert "its calls would loop" in str(errors(response)["number"])


@pytest.mark.parametrize(
    ("zone", "edge"),
    [("America/Montevideo", "sao-paulo"), ("Europe/Berlin", "frankfurt"), ("UTC", "")],
)
def test_the_nearest_edge_is_guessed_from_the_time_zone(
    panel: Client, settings: Any, zone: str, edge: str
) -> None:
    settings.TIME_ZONE = zone
    assert panel.get(URL).context["form"]["edge"].value() == edge


def test_the_currency_stands_beside_the_rates(panel: Client, settings: Any) -> None:
    settings.CURRENCY = "UYU"
    assert text(panel.get(URL)).count('<span class="unit">UYU</span>') == 2


@pytest.mark.django_db
@pytest.mark.parametrize("missing", [model._meta.model_name for model in MODELS])
def test_whoever_may_not_add_all_of_it_is_not_let_in(missing: str) -> None:
    user = User.objects.create(username="operator", is_staff=True)
    permissions = Permission.objects.filter(codename__startswith="add_")
    user.user_permissions.set(permissions.exclude(codename=f"add_{missing}"))
    client = Client()
    client.force_login(user)
    assert client.get(URL).status_code == 403
    assert "Set up a number" not in text(client.get("/admin/"))
    user.user_permissions.set(permissions)
    assert client.get(URL).status_code == 200
    assert "Set up a number" in text(client.get("/admin/"))


def test_the_second_page_says_what_is_left_to_do(send: Send) -> None:
    shown = text(send(**TYPED))
    assert (
        ".venv/bin/python manage.py export_asterisk --server office --output /etc/asterisk --reload"
        in shown
    )
    for address in ("/twilio/voice/#ct=1000", "/twilio/voice-failed/", "/twilio/status/"):
        assert f"https://panel.example.com{address}" in shown
    assert "manage.py simulate_call +12025550100 --outcomes failed,completed" in shown
    assert "No real call has come in yet." in shown
    assert (
        reverse("admin:telephony_phonenumber_change", args=[PhoneNumber.objects.get().pk]) in shown
    )


@pytest.mark.parametrize(("port", "more"), [("8000", ""), ("9000", " --url http://127.0.0.1:9000")])
def test_the_rehearsal_names_the_panels_port(panel: Client, port: str, more: str) -> None:
    number = make.make_story()
    shown = text(panel.get(f"{URL}{number.pk}/", SERVER_PORT=port))
    assert re.search(rf"--outcomes failed,completed{more}<", shown)


def test_whoever_may_only_look_sees_the_second_page(reader: Client) -> None:
    number = make.make_story()
    assert "Tell Twilio" in text(reader.get(f"{URL}{number.pk}/"))
    assert reader.get(f"{URL}{number.pk + 1}/").status_code == 404
    User.objects.get().user_permissions.clear()
    assert reader.get(f"{URL}{number.pk}/").status_code == 403


def test_the_demo_is_removed_by_one_button_that_asks_first(panel: Client, reader: Client) -> None:
    make.make_number(make.make_fallback(label="Mobile (demo)"), label="Office (demo)")
    assert "Remove the demo" in text(panel.get("/admin/"))
    url = reverse("remove_demo")
    assert reader.post(url).status_code == 403
    assert "Remove the demo" not in text(reader.get("/admin/"))
    assert "Office (demo)" in text(panel.get(url))
    assert counts()[2:4] == [1, 1]
    shown = text(panel.post(url, follow=True))
    assert "The demo is removed, with 0 calls." in shown
    assert "Remove the demo" not in shown
    assert counts()[2:4] == [0, 0]
    assert LogEntry.objects.filter(action_flag=3).count() == 2
