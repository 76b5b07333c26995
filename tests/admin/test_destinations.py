"""One search over all that a step can ring."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.http import HttpResponse
from django.test import Client

from telephony.admin.destinations import DestinationField
from tests import make
from tests.admin.conftest import page

pytestmark = pytest.mark.django_db


def found(client: Client, **asked: Any) -> dict[str, list[str]]:
    answer = client.get(page("routestep", "destinations"), asked)
    assert answer.status_code == 200
    groups = answer.json()["results"]
    return {group["text"]: [option["id"] for option in group["children"]] for group in groups}


def test_both_kinds_are_found_each_in_its_group(panel: Client) -> None:
    ana = make.make_endpoint(label="Ana's desk")
    bruno = make.make_endpoint(user="bruno", label="Bruno")
    mobile = make.make_fallback(label="Ana's mobile")
    endpoint, number = f"endpoint:{ana.pk}", f"fallback:{mobile.pk}"
    assert found(panel, term="ana") == {"Endpoints": [endpoint], "Fallback numbers": [number]}
    assert found(panel, term="bruno") == {"Endpoints": [f"endpoint:{bruno.pk}"]}
    assert found(panel, term="+59899999999") == {"Fallback numbers": [number]}


def test_a_disabled_destination_is_offered_as_such(panel: Client) -> None:
    make.make_endpoint(label="Ana", enabled=False)
    answer = panel.get(page("routestep", "destinations")).json()
    assert answer["results"][0]["children"][0]["text"] == "Ana (disabled)"


@pytest.mark.parametrize(("asked", "count"), [("1", 20), ("2", 3), ("0", 20), ("x", 20)])
def test_more_are_found_on_the_next_page(panel: Client, asked: str, count: int) -> None:
    for place in range(23):
        make.make_endpoint(user=f"user{place:02}")
    answer = panel.get(page("routestep", "destinations"), {"page": asked}).json()
    assert len(answer["results"][0]["children"]) == count
    assert answer["pagination"]["more"] == (count == 20)


def test_only_what_somebody_may_see_is_found() -> None:
    make.make_endpoint()
    make.make_fallback()
    user = User.objects.create(username="reader", is_staff=True)
    client = Client()
    client.force_login(user)
    assert client.get(page("routestep", "destinations")).status_code == 403
    user.user_permissions.set(Permission.objects.filter(codename="view_fallbacknumber"))
    assert list(found(client)) == ["Fallback numbers"]


def test_a_step_is_changed_by_another_destination_only() -> None:
    field = DestinationField()
    assert not field.has_changed("endpoint:5", "endpoint:5")
    assert not field.has_changed(None, "")
    assert field.has_changed("endpoint:5", "fallback:5")
    assert field.has_changed("endpoint:5", "")


def test_saving_a_route_that_nobody_has_touched_notes_no_change(
    save: Callable[..., HttpResponse],
) -> None:
    number = make.make_story()
    save(page("phonenumber", "change", number.pk))
    assert LogEntry.objects.get().get_change_message() == "No fields changed."


@pytest.mark.parametrize("kind", ["endpoint", "fallback"])
def test_a_switch_names_the_routes_that_it_changes(
    save: Callable[..., HttpResponse], kind: str
) -> None:
    number = make.make_story()
    row = make_one(kind)
    make.make_step(number, row, position=3)
    url = page(row._meta.model_name, "change", row.pk)
    link = f'<a href="{page("phonenumber", "change", number.pk)}">'
    off = save(url, enabled=None).content.decode()
    assert f"From now on it is passed over in the routes of: {link}" in off
    assert f"It rings again in the routes of: {link}" in save(url, enabled="on").content.decode()
    assert "in the routes of" not in save(url, label="Another").content.decode()


def make_one(kind: str) -> Any:
    if kind == "endpoint":
        return make.make_endpoint(user="second")
    return make.make_fallback(e164="+59811111111")


def test_the_deletion_of_a_number_says_what_becomes_of_its_calls(panel: Client) -> None:
    number = make.make_story()
    shown = panel.get(page("phonenumber", "delete", number.pk)).content.decode()
    assert "Calls to it will be rejected." in shown
