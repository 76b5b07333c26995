"""Somebody who is logged in, and forms filled in as a browser would post them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.forms import BoundField, PasswordInput
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from telephony.records import store
from tests import make


@pytest.fixture
def panel(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create(username="admin", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def reader(db: None) -> Client:
    """Somebody who may look at everything and change nothing."""
    user = User.objects.create(username="reader", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def save(panel: Client) -> Callable[..., HttpResponse]:
    """Open a page, change some of its inputs, and save: `save(url, label="Sales")`.

    An input that is None is left out, as an unticked box is.
    """

    def save(url: str, **changes: Any) -> HttpResponse:
        data = {**inputs(panel.get(url)), **{k.replace("__", "-"): v for k, v in changes.items()}}
        data = {name: value for name, value in data.items() if value is not None}
        return panel.post(url, data, follow=True)

    return save


def inputs(response: HttpResponse) -> dict[str, Any]:
    """Return what a browser would post from a page that nobody has touched."""
    forms = [response.context["adminform"].form]
    for inline in response.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    values = {field.html_name: shown(field) for form in forms for field in form}
    return {
        name: "on" if value is True else value
        for name, value in values.items()
        if value is not None and value is not False
    }


def shown(field: BoundField) -> Any:
    # Whatever the form knows, a browser has only what the page shows.
    is_hidden = (
        isinstance(field.field.widget, PasswordInput) and not field.field.widget.render_value
    )
    return "" if is_hidden else field.value()


def page(model: str, name: str, *args: object) -> str:
    return reverse(f"admin:telephony_{model}_{name}", args=args)


def text(response: HttpResponse) -> str:
    return response.content.decode()


def play(table: str, **fields: Any) -> str:
    """Store the calls of a table of webhooks, and return the call's SID."""
    events = make.events(table, **fields)
    store.write(events)
    return events[0].call_sid
