"""People and their roles: nobody shuts themselves out, and nobody is left without a role in silence."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from tests.admin.conftest import inputs, text
from tests.admin.test_roles import sign_in

SHUT_OUT = "you would shut yourself out"


def change(client: Client, user: User, **changes: object) -> str:
    url = reverse("admin:auth_user_change", args=[user.pk])
    data = {
        **inputs(client.get(url)),
        "groups": [group.pk for group in user.groups.all()],
        **changes,
    }
    return text(client.post(url, {k: v for k, v in data.items() if v is not None}, follow=True))


@pytest.mark.parametrize("name", ["is_active", "is_staff", "is_superuser"])
def test_nobody_switches_their_own_account_off(panel: Client, name: str) -> None:
    chief = User.objects.get(username="admin")
    assert SHUT_OUT in change(panel, chief, **{name: None})
    chief.refresh_from_db()
    assert getattr(chief, name)


def test_nobody_takes_from_themselves_the_role_that_lets_others_in(panel: Client) -> None:
    administrator = sign_in("A")
    own = User.objects.get(username="who-A")
    viewer = Group.objects.get(name="Viewer")
    assert SHUT_OUT in change(administrator, own, groups=[viewer.pk])
    assert [group.name for group in own.groups.all()] == ["Administrator"]
    both = [viewer.pk, *own.groups.values_list("pk", flat=True)]
    assert SHUT_OUT not in change(administrator, own, groups=both)
    assert own.groups.count() == 2


def test_others_can_be_switched_off_and_so_can_be_their_roles(panel: Client) -> None:
    sign_in("A")
    other = User.objects.get(username="who-A")
    shown = change(panel, other, is_active=None, groups=[])
    other.refresh_from_db()
    assert (other.is_active, other.groups.count()) == (False, 0)
    assert "The user “who-A” has no role yet, and sees nothing but an empty start page." in shown


def test_nobody_deletes_their_own_account(panel: Client) -> None:
    chief = User.objects.get(username="admin")
    url = reverse("admin:auth_user_delete", args=[chief.pk])
    assert panel.post(url, {"post": "yes"}).status_code == 403
    data = {"action": "delete_selected", "_selected_action": [chief.pk], "post": "yes"}
    panel.post(reverse("admin:auth_user_changelist"), data)
    assert User.objects.filter(pk=chief.pk).exists()


def test_who_is_added_without_a_role_is_told_of(panel: Client) -> None:
    secret = {"password1": "long-and-quite-unusual", "password2": "long-and-quite-unusual"}
    url = reverse("admin:auth_user_add")
    assert "Operator: numbers and routes as well." in text(panel.get(url))
    answer = panel.post(url, {"username": "ana", **secret}, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("admin:auth_user_changelist")
    assert "The user “ana” has no role yet" in text(answer)
    viewer = Group.objects.get(name="Viewer")
    answer = panel.post(url, {"username": "eva", "groups": [viewer.pk], **secret}, follow=True)
    assert "has no role yet" not in text(answer)
