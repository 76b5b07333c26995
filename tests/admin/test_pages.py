"""Every page opens, every action runs, for whoever may."""

from datetime import date

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client

from telephony.models import CallRecord, CarrierNetwork
from tests import make
from tests.admin.conftest import page, play, text

MODELS = sorted(
    (model for model in admin.site._registry if model._meta.app_label == "telephony"),
    key=lambda model: model.__name__,
)
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
    names = [model.__name__ for model in MODELS]
    assert names == [
        "AsteriskServer",
        "CallRecord",
        "CarrierNetwork",
        "FallbackNumber",
        "PhoneNumber",
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
    assert panel.get(url(model, "add")).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_every_change_page_opens(panel: Client, everything: None, model: type[Model]) -> None:
    assert panel.get(url(model, "change", model.objects.first().pk)).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_who_may_only_look_can_look(reader: Client, everything: None, model: type[Model]) -> None:
    assert reader.get(url(model, "changelist")).status_code == 200
    assert reader.get(url(model, "change", model.objects.first().pk)).status_code == 200


@pytest.mark.parametrize("model", MODELS)
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


@pytest.mark.parametrize("model", EDITED)
def test_every_action_runs(panel: Client, everything: None, model: type[Model]) -> None:
    response = panel.get(url(model, "changelist"))
    names = [name for name, _ in response.context["action_form"].fields["action"].choices if name]
    row = model.objects.first()
    for name in names:
        posted = {"action": name, "_selected_action": [row.pk]}
        assert panel.post(url(model, "changelist"), posted, follow=True).status_code == 200
    assert "delete_selected" in names


def test_the_first_page_names_the_order_of_work(panel: Client) -> None:
    assert "set up in this order" in text(panel.get("/admin/"))
