"""Pages of errors lead back and ask the database nothing; a refused deletion says what is in the way."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from tests import make
from tests.admin.conftest import page, text

WAY_BACK = '<a class="button" href="/admin/">Back to the start page</a>'


def test_an_unknown_address_leads_back(panel: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        answer = panel.get("/nowhere/")
    assert answer.status_code == 404
    assert "<h1>There is no such page</h1>" in text(answer)
    assert WAY_BACK in text(answer)


def test_a_forbidden_page_leads_back(reader: Client) -> None:
    answer = reader.get(page("phonenumber", "add"))
    assert answer.status_code == 403
    assert "<h1>You may not do this</h1>" in text(answer)
    assert WAY_BACK in text(answer)


def test_an_expired_form_says_what_to_do(db: None) -> None:
    answer = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "a"})
    assert answer.status_code == 403
    assert "<h1>This form has expired</h1>" in text(answer)
    assert WAY_BACK in text(answer)


def test_an_unknown_host_is_told_what_allows_it(client: Client) -> None:
    answer = client.get("/admin/login/", HTTP_HOST="elsewhere.example.com")
    assert answer.status_code == 400
    assert "ALLOWED_HOSTS" in text(answer)
    assert WAY_BACK in text(answer)


def links(kind: str, row: Any) -> str:
    return f'<a href="{page(kind, "change", row.pk)}">{row}</a>'


def test_an_endpoint_in_use_names_each_number_that_rings_it(panel: Client) -> None:
    endpoint = make.make_endpoint(label="Front desk")
    numbers = [make.make_number(endpoint, e164=f"+1202555010{place}") for place in range(3)]
    shown = text(panel.get(page("sipendpoint", "delete", endpoint.pk)))
    for number in numbers:
        sentence = f"{links('phonenumber', number)} rings Front desk (position 1 of its route)."
        assert f"<li>The number {sentence}</li>" in shown
    assert "“Front desk” cannot be deleted" in shown


def test_several_at_once_name_them_too_and_nothing_is_deleted(panel: Client) -> None:
    number = make.make_story()
    chosen = [step.fallback_number_id for step in number.steps.all() if step.fallback_number]
    posted = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    shown = text(panel.post(page("fallbacknumber", "changelist"), posted))
    assert f"The number {links('phonenumber', number)} rings {make.MOBILE} (position 2" in shown
    assert "Nothing was deleted" in shown


def test_a_server_names_its_endpoints_and_who_rings_them(panel: Client) -> None:
    number = make.make_story()
    endpoint = number.steps.get(position=1).endpoint
    shown = text(panel.get(page("asteriskserver", "delete", endpoint.server_id)))
    ringing = f"; {links('phonenumber', number)} rings it"
    assert f"The endpoint {links('sipendpoint', endpoint)} is on office{ringing}." in shown


def test_a_number_that_is_shown_as_caller_id_names_who_shows_it(panel: Client) -> None:
    number = make.make_number()
    fallback = make.make_fallback(caller_id="fixed", fixed_caller_id=number)
    shown = text(panel.get(page("phonenumber", "delete", number.pk)))
    wanted = f"The fallback number {links('fallbacknumber', fallback)} shows {number} as its caller"
    assert wanted in shown


@pytest.mark.parametrize("count", [100, 101])
def test_no_more_are_named_than_anybody_reads(panel: Client, count: int) -> None:
    endpoint = make.make_endpoint()
    for place in range(count):
        make.make_number(endpoint, e164=f"+1202555{place:04}")
    shown = text(panel.get(page("sipendpoint", "delete", endpoint.pk)))
    assert ("And 1 more." in shown) == (count == 101)


def test_the_page_of_a_deletion_spares_people_the_tables_behind(panel: Client) -> None:
    group = Group.objects.get(name="Viewer")
    shown = text(panel.get(reverse("admin:auth_group_delete", args=[group.pk])))
    assert "Viewer" in shown
    assert "Group_permissions object" not in shown
    number = make.make_story()
    assert "Route step: 1: " in text(panel.get(page("phonenumber", "delete", number.pk)))
