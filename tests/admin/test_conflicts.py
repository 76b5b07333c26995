"""Two people on one page: nothing is overwritten unawares."""

import threading

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client

from telephony.models import PhoneNumber
from tests import make
from tests.admin.conftest import inputs, page, text

pytestmark = pytest.mark.django_db

TOLD = "has saved this page since you opened it"


def opened(client: Client, url: str) -> dict:
    """What a browser has in the page that it shows."""
    answer = client.get(url)
    return {**inputs(answer), "seen": answer.context["seen"]}


@pytest.fixture
def url() -> str:
    return page("phonenumber", "change", make.make_story().pk)


@pytest.fixture
def ana(db: None) -> Client:
    client = Client()
    user = User.objects.create(username="ana", is_staff=True, is_superuser=True)
    client.force_login(user)
    return client


@pytest.mark.parametrize("change", [{"label": "Hers"}, {"steps-0-ring_s": 33}], ids=str)
def test_the_second_is_told_who_was_first_and_may_replace_it(panel, ana, url, change):
    mine, hers = opened(panel, url), opened(ana, url)
    ana.post(url, {**hers, **change})

    answer = panel.post(url, {**mine, "label": "Mine"})
    assert f"ana {TOLD}" in text(answer)
    assert PhoneNumber.objects.get().label != "Mine"
    assert 'value="Mine"' in text(answer)

    again = panel.post(url, {**mine, "label": "Mine", "seen": answer.context["seen"]})
    assert again.status_code == 302
    assert PhoneNumber.objects.get().label == "Mine"


def test_a_step_that_the_first_has_deleted_is_told_too(panel, ana, url):
    mine, hers = opened(panel, url), opened(ana, url)
    ana.post(url, {**hers, "steps-1-DELETE": "on"})

    assert TOLD in text(panel.post(url, {**mine, "label": "Mine"}))
    assert PhoneNumber.objects.get().steps.count() == 1


def test_a_page_that_nobody_else_has_saved_is_saved(panel, url):
    assert panel.post(url, {**opened(panel, url), "label": "Mine"}).status_code == 302
    # What the panel itself notes about a number is no change of its page.
    mine = opened(panel, url)
    PhoneNumber._base_manager.update(static_exported_at="2026-11-24T12:00:00Z")
    assert panel.post(url, {**mine, "label": "Mine too"}).status_code == 302


def test_an_error_does_not_hide_what_somebody_saves_meanwhile(panel, ana, url):
    mine = opened(panel, url)
    refused = panel.post(url, {**mine, "e164": "no number"})
    ana.post(url, {**opened(ana, url), "label": "Hers"})

    assert TOLD in text(panel.post(url, {**mine, "seen": refused.context["seen"]}))


def test_the_fingerprint_shows_no_password(panel):
    endpoint = make.make_endpoint()
    url = page("sipendpoint", "change", endpoint.pk)
    first = opened(panel, url)["seen"]
    endpoint.password = "another-password-1"
    endpoint.save()

    assert len({first, opened(panel, url)["seen"]}) == 2
    assert endpoint.password not in text(panel.get(url))


@pytest.mark.django_db(transaction=True)
def test_of_many_who_save_at_once_one_is_first_and_all_others_are_told(panel, url):
    mine = opened(panel, url)
    answers: list[str] = []
    barrier = threading.Barrier(4)

    def save(name: str) -> None:
        client = Client()
        client.force_login(User.objects.get(username="admin"))
        barrier.wait(10)
        answers.append(text(client.post(url, {**mine, "label": name}, follow=True)))
        connections.close_all()

    threads = [threading.Thread(target=save, args=[f"name {n}"]) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sum("was changed successfully" in answer for answer in answers) == 1
    assert all(TOLD in a or "busy" in a or "was changed successfully" in a for a in answers)
