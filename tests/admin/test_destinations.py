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
