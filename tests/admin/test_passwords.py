"""A SIP password goes in and never comes out."""

import re
from collections.abc import Callable

import pytest
from django.contrib.admin.models import LogEntry
from django.http import HttpResponse
from django.test import Client

from telephony.models import SipEndpoint
from tests import make
from tests.admin.conftest import page, play, text

Save = Callable[..., HttpResponse]

TYPED = "typed-by-a-person-1"
ADDED = {
    "user": "desk",
    "dialled_number": "101",
    "trunk": "phones",
    "cost_per_minute": "0.1",
}


def add(save: Save, **fields: str) -> HttpResponse:
    return save(page("sipendpoint", "add"), server=make.make_server().pk, **ADDED, **fields)


def change_page() -> str:
    return page("sipendpoint", "change", SipEndpoint.objects.get().pk)


def test_a_typed_password_is_stored_and_never_shown(save: Save, panel: Client) -> None:
    saved = add(save, username="desk", password=TYPED)
    assert SipEndpoint.objects.get().password == TYPED
    history = panel.get(page("sipendpoint", "history", SipEndpoint.objects.get().pk))
    shown = [saved, panel.get(change_page()), history, panel.get("/admin/")]
    assert not any(TYPED in text(response) for response in shown)


def test_a_password_that_is_refused_is_not_shown_either(save: Save) -> None:
    assert TYPED not in text(add(save, username="not a name", password=TYPED))


@pytest.mark.parametrize("who", ["panel", "reader"])
def test_no_page_shows_a_stored_password(who: str, request: pytest.FixtureRequest) -> None:
    client: Client = request.getfixturevalue(who)
    number = make.make_story()
    sid = play("0 voice\n6 voice/1 DialCallStatus=failed\n9 status CallStatus=no-answer")
    urls = [
        change_page(),
        page("sipendpoint", "changelist"),
        page("sipendpoint", "history", SipEndpoint.objects.get().pk),
        page("asteriskserver", "change", SipEndpoint.objects.get().server_id),
        page("asteriskserver", "export", SipEndpoint.objects.get().server_id),
        page("phonenumber", "change", number.pk),
        page("phonenumber", "changelist"),
        page("phonenumber", "try", number.pk),
        page("callrecord", "change", sid),
        "/admin/telephony/phonenumber/destinations/",
    ]
    assert not [url for url in urls if make.PASSWORD in text(client.get(url))]


def test_somebody_who_may_only_look_sees_no_password_line(reader: Client) -> None:
    make.make_endpoint()
    assert "field-password" not in text(reader.get(change_page()))


def test_an_empty_password_keeps_the_stored_one(save: Save) -> None:
    make.make_endpoint()
    save(change_page(), label="Ana's desk")
    endpoint = SipEndpoint.objects.get()
    assert (endpoint.label, endpoint.password) == ("Ana's desk", make.PASSWORD)


def test_the_history_names_a_new_password_and_not_a_kept_one(save: Save) -> None:
    make.make_endpoint()
    save(change_page(), label="Ana's desk")
    save(change_page(), password=TYPED)
    new, kept = [entry.change_message for entry in LogEntry.objects.all()]
    assert "password" in new
    assert "password" not in kept
    assert TYPED not in new


def test_username_and_password_left_empty_are_both_generated(save: Save) -> None:
    shown = text(add(save))
    endpoint = SipEndpoint.objects.get()
    assert endpoint.username == "switchhook-desk"
    assert re.fullmatch("[A-Za-z0-9]{24,}", endpoint.password)
    assert "a password were generated" in shown
    assert endpoint.password not in shown


def test_two_generated_passwords_differ(save: Save) -> None:
    add(save)
    first = SipEndpoint.objects.get().password
    save(change_page(), username="")
    assert SipEndpoint.objects.get().password != first


def test_a_username_without_a_password_is_refused(save: Save) -> None:
    shown = text(add(save, username="desk"))
    assert "Give the password too, or leave both empty to have both generated." in shown


def test_a_password_without_a_username_is_refused(save: Save) -> None:
    shown = text(add(save, password=TYPED))
    assert "Give the username that goes with the password." in shown


def test_addresses_only_forgets_the_password_and_warns(save: Save) -> None:
    make.make_endpoint()
    shown = text(save(change_page(), authentication="address"))
    endpoint = SipEndpoint.objects.get()
    assert (endpoint.username, endpoint.password) == ("", "")
    assert "customers can call it." in shown


@pytest.mark.parametrize(
    ("model", "lookup"),
    [
        ("sipendpoint", "password__startswith"),
        ("sipendpoint", "password"),
        ("asteriskserver", "endpoints__password__startswith"),
        ("phonenumber", "steps__endpoint__password__startswith"),
        ("fallbacknumber", "steps__number__steps__endpoint__password__regex"),
    ],
)
def test_a_list_cannot_be_made_to_guess_a_password(panel: Client, model: str, lookup: str) -> None:
    make.make_story()
    url = page(model, "changelist")
    assert panel.get(url, {lookup: make.PASSWORD[0]}).status_code == 400


def test_a_search_does_not_find_a_password(panel: Client) -> None:
    make.make_endpoint()
    found = panel.get(page("sipendpoint", "changelist"), {"q": make.PASSWORD})
    assert found.context["cl"].result_count == 0
