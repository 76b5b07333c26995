"""Every page opens and every action runs, for whoever may use it."""

import os
import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone
from django.utils.html import escape

from telephony.admin import setup, start
from telephony.models import CallRecord, CarrierNetwork, PeriodicJob, Policy
from telephony.records.backlog import Refusal, refuse
from tests import make
from tests.admin.conftest import page, play, text

REGISTERED = sorted(
    (model for model in admin.site._registry if model._meta.app_label == "telephony"),
    key=lambda model: model.__name__,
)
# The policy is one row, and has no list: tests/admin/test_policy.py.
MODELS = [model for model in REGISTERED if model is not Policy]
EDITED = [model for model in MODELS if model is not CallRecord]


@pytest.fixture
def everything(db: None) -> None:
    """A row of each model."""
    make.make_story()
    play("0 voice\n6 voice/1 DialCallStatus=no-answer")
    CarrierNetwork.objects.get_or_create(
        cidr="192.0.2.0/24", kind="rtp-media", source="a test", published_on=date(2026, 3, 9)
    )


def url(model: type[Model], name: str, *args: object) -> str:
    return page(model._meta.model_name, name, *args)


def test_all_tables_that_people_manage_are_registered() -> None:
    names = [model.__name__ for model in REGISTERED]
    assert names == [
        "AsteriskServer",
        "CallRecord",
        "CarrierNetwork",
        "FallbackNumber",
        "PhoneNumber",
        "Policy",
        "SipEndpoint",
    ]


@pytest.mark.parametrize("model", MODELS)
def test_an_empty_list_says_what_to_do_next(panel: Client, model: type[Model]) -> None:
    model.objects.all().delete()
    shown = text(panel.get(url(model, "changelist")))
    assert "empty-hint" in shown
    assert " yet. " in shown or "lets nobody in" in shown


def test_an_empty_call_log_says_how_to_rehearse_a_call(panel: Client) -> None:
    assert "manage.py simulate_call" in text(panel.get(page("callrecord", "changelist")))


def test_a_search_without_results_offers_the_whole_list(panel: Client, everything: None) -> None:
    shown = text(panel.get(page("phonenumber", "changelist"), {"q": "nothing like it"}))
    assert "Nothing matches." in shown


@pytest.mark.parametrize("model", MODELS)
def test_every_list_opens(panel: Client, everything: None, model: type[Model]) -> None:
    assert 'id="result_list"' in text(panel.get(url(model, "changelist")))


@pytest.mark.parametrize("model", EDITED)
def test_every_add_page_opens(panel: Client, model: type[Model]) -> None:
    shown = text(panel.get(url(model, "add")))
    assert f'id="{model._meta.model_name}_form"' in shown
    assert 'name="_save"' in shown


@pytest.mark.parametrize("model", MODELS)
def test_every_change_page_opens(panel: Client, everything: None, model: type[Model]) -> None:
    row = model.objects.first()
    shown = text(panel.get(url(model, "change", row.pk)))
    assert escape(str(row)) in shown
    assert ('name="_save"' in shown) == (model in EDITED)


@pytest.mark.parametrize("model", MODELS)
def test_somebody_who_may_only_look_can_look(
    reader: Client, everything: None, model: type[Model]
) -> None:
    row = model.objects.first()
    assert 'id="result_list"' in text(reader.get(url(model, "changelist")))
    shown = text(reader.get(url(model, "change", row.pk)))
    assert escape(str(row)) in shown
    assert 'name="_save"' not in shown


# The call log's list has filters of its own: tests/admin/test_call_list.py.
@pytest.mark.parametrize("model", EDITED)
def test_every_filter_and_every_order_runs(
    panel: Client, everything: None, model: type[Model]
) -> None:
    response = panel.get(url(model, "changelist"))
    changelist = response.context["cl"]
    queries = [
        choice["query_string"]
        for spec in changelist.filter_specs
        for choice in spec.choices(changelist)
    ]
    queries += [f"?o={place}" for place in range(1, len(changelist.list_display))]
    refused = [q for q in queries if panel.get(url(model, "changelist") + q).status_code != 200]
    assert queries
    assert not refused


# Every action but Django's own, and what is to be true of a row afterwards.
ACTIONS = {
    ("AsteriskServer", "take_out_of_service"): lambda server: server.held_until > timezone.now(),
    ("AsteriskServer", "put_back_into_service"): lambda server: server.held_until is None,
}


def actions_of(panel: Client, model: type[Model]) -> set[str]:
    response = panel.get(url(model, "changelist"))
    return {name for name, _ in response.context["action_form"].fields["action"].choices if name}


@pytest.mark.parametrize("model", EDITED)
def test_every_action_is_tried_here(panel: Client, everything: None, model: type[Model]) -> None:
    ours = {action for name, action in ACTIONS if name == model.__name__}
    assert actions_of(panel, model) == {"delete_selected", *ours}


@pytest.mark.parametrize(("name", "action"), ACTIONS)
def test_an_action_does_what_it_says(
    panel: Client, everything: None, name: str, action: str
) -> None:
    model = next(model for model in MODELS if model.__name__ == name)
    row = model.objects.first()
    if action == "put_back_into_service":
        model.objects.update(held_until=timezone.now() + timedelta(hours=1))
    posted = {"action": action, "_selected_action": [row.pk], "minutes": "60"}
    shown = text(panel.post(url(model, "changelist"), posted, follow=True))
    row.refresh_from_db()
    assert ACTIONS[name, action](row)
    assert ": 1." in shown


@pytest.mark.parametrize("model", EDITED)
def test_deleting_asks_first_and_then_deletes(panel: Client, model: type[Model]) -> None:
    make_one(model)
    count = model.objects.count()
    row = model.objects.order_by("pk").last()
    posted = {"action": "delete_selected", "_selected_action": [row.pk]}
    assert "Are you sure" in text(panel.post(url(model, "changelist"), posted, follow=True))
    assert model.objects.count() == count
    panel.post(url(model, "changelist"), {**posted, "post": "yes"}, follow=True)
    assert model.objects.count() == count - 1
    assert not model.objects.filter(pk=row.pk).exists()


def make_one(model: type[Model]) -> None:
    """A row that nothing depends on."""
    makers = {
        "AsteriskServer": make.make_server,
        "FallbackNumber": make.make_fallback,
        "PhoneNumber": make.make_number,
        "SipEndpoint": make.make_endpoint,
    }
    makers.get(model.__name__, lambda: None)()


def test_an_empty_panel_leads_to_the_guided_way(panel: Client) -> None:
    shown = text(panel.get("/admin/"))
    assert "There is no number yet." in shown
    assert 'href="/admin/setup/"' in shown


def addresses(patterns: Sequence[URLPattern | URLResolver], prefix: str) -> Iterator[str]:
    """Yield every address of the admin that needs somebody logged in, with 1 for each value in it."""
    for pattern in patterns:
        address = prefix + re.sub(r"<[^>]+>", "1", str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, address)
        elif pattern.name not in ("login", "logout", "jsi18n") and "(" not in address:
            yield address


ADDRESSES = sorted(
    {
        *addresses(admin.site.urls[0], "/admin/"),
        *addresses(setup.urlpatterns, "/admin/setup/"),
        *addresses(start.urlpatterns, "/admin/calls-now/"),
    }
)


def test_the_addresses_are_all_there() -> None:
    assert len(ADDRESSES) > 5 * len(MODELS)


@pytest.mark.django_db
@pytest.mark.parametrize("address", ADDRESSES)
def test_no_page_opens_for_a_stranger(client: Client, address: str) -> None:
    for answer in (client.get(address), client.post(address, {"post": "yes"})):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/admin/login/")


def test_the_start_page_says_what_waits_and_what_was_refused(
    panel: Client, settings: Any, tmp_path: Path
) -> None:
    settings.SPOOL_DIR = tmp_path
    start = reverse("admin:index")
    assert "manage.py journal" not in text(panel.get(start))

    journal = tmp_path / "webhooks-1.jsonl"
    journal.write_text("x" * 2000)
    os.utime(journal, (0, 0))
    refuse(tmp_path, [Refusal("a line", "a reason")])
    shown = text(panel.get(start))

    assert "waited for the database for over a minute (2.0 kB)" in shown
    assert "Webhooks that could not be stored: 1." in shown


def test_the_start_page_says_which_periodic_jobs_are_in_trouble(panel: Client) -> None:
    start, now = reverse("admin:index"), timezone.now()
    assert "last ran" not in text(panel.get(start))
    late = now - timedelta(hours=2)
    PeriodicJob.objects.create(name="fine", started_at=now)
    PeriodicJob.objects.create(name="late", started_at=late)
    PeriodicJob.objects.create(name="broken", started_at=now, has_failed=True, result="a reason")
    shown = text(panel.get(start))

    assert f"“late” last ran at {late:%Y-%m-%d %H:%M}." in shown
    assert "“broken” has failed: a reason" in shown
    assert "“fine”" not in shown


def test_the_checklist_shows_only_what_the_person_may_do(panel: Client, reader: Client) -> None:
    make.make_number(enabled=True)
    assert "rings nobody" in text(panel.get("/admin/"))
    shown = text(reader.get("/admin/"))
    assert "rings nobody" not in shown
    assert "manage.py tick" not in shown
