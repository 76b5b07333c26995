"""Two people who save at the same time: one of them is told, and nothing is half saved."""

import threading

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client

from telephony.models import PhoneNumber, RouteStep
from tests import make
from tests.admin.conftest import inputs, page, text


@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_save_what_excludes_each_other_one_is_told() -> None:
    user = User.objects.create(username="admin", is_staff=True, is_superuser=True)
    asking, other = make.make_fallback(ask_for_key=True), make.make_endpoint(user="other")
    number = make.make_number(make.make_endpoint())
    url = page("phonenumber", "change", number.pk)
    new = {"steps-TOTAL_FORMS": 2, "steps-1-position": 2, "steps-1-ring_s": 20}
    chosen = (f"fallback:{asking.pk}", f"endpoint:{other.pk}")
    answers: list[str] = []
    barrier = threading.Barrier(2)

    def save(choice: str) -> None:
        client = Client()
        client.force_login(user)
        data = {**inputs(client.get(url)), **new, "steps-1-destination": choice}
        barrier.wait(10)
        answers.append(text(client.post(url, data, follow=True)))
        connections.close_all()

    threads = [threading.Thread(target=save, args=[choice]) for choice in chosen]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    refused = ("Nothing was saved: somebody else", "so it must ring alone")
    assert sum(any(why in answer for why in refused) for answer in answers) == 1
    assert number.steps.filter(position=2).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_set_up_one_number_one_is_told_and_nothing_is_half_built() -> None:
    user = User.objects.create(username="admin", is_staff=True, is_superuser=True)
    typed = {"number": "+12025550100", "label": "", "server_name": "office", "edge": ""}
    typed |= {"host": "sip.example.com", "dialled_number": "099999999", "trunk": "atapstn"}
    typed |= {"endpoint_label": "", "user": "landline", "ring_s": "20", "rate": "1"}
    typed |= {"fallback_number": "+59899999999", "fallback_label": "", "fallback_rate": "1"}
    answers: list[str] = []
    barrier = threading.Barrier(2)

    def build() -> None:
        client = Client()
        client.force_login(user)
        barrier.wait(10)
        answers.append(text(client.post("/admin/setup/", typed, follow=True)))
        connections.close_all()

    threads = [threading.Thread(target=build) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sum("is set up" in answer for answer in answers) == 1
    assert sum("Nothing was saved" in answer for answer in answers) == 1
    assert (PhoneNumber.objects.count(), RouteStep.objects.count()) == (1, 2)
