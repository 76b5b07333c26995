"""Saving a number says what happens to a call, and the list says who rings now."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from telephony.models import AsteriskServer, PhoneNumber, ServerHealth, SipEndpoint
from telephony.routing.breaker import Sign
from tests import make
from tests.admin.conftest import inputs, page, text

pytestmark = pytest.mark.django_db
Save = Callable[..., HttpResponse]
HEARS = "then hears that nobody can take the call."
RINGS = f"A call to {make.NUMBER} rings myext@office for 20 s, then {make.MOBILE} for 20 s, {HEARS}"


def change(number: PhoneNumber) -> str:
    return page("phonenumber", "change", number.pk)


def told(response: HttpResponse) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def test_saving_says_what_happens_now_and_what_did_before(save: Save) -> None:
    number = make.make_story()
    assert told(save(change(number), label="Sales"))[0] == RINGS

    said = told(save(change(number), steps__1__ring_s=25))
    assert said[0] == f"{RINGS.replace(f'{make.MOBILE} for 20', f'{make.MOBILE} for 25')} " + (
        f"Before this change: {RINGS}"
    )


def test_a_new_number_has_no_before(save: Save) -> None:
    step = {"steps__0__destination": f"endpoint:{make.make_endpoint().pk}", "steps__0__ring_s": 20}
    said = told(save(page("phonenumber", "add"), e164=make.NUMBER, steps__TOTAL_FORMS=1, **step))
    assert said[0] == f"A call to {make.NUMBER} rings myext@office for 20 s, {HEARS}"


def test_switching_a_number_off_says_so(save: Save) -> None:
    number = make.make_story()
    said = told(save(change(number), enabled=None))
    assert said[0].startswith(f"A call to {make.NUMBER} is rejected: the number is off. Before")


def test_saving_names_who_is_passed_over_now(save: Save) -> None:
    number = make.make_story()
    ServerHealth.fold([Sign("office", is_up=False, at=timezone.now())] * 3)
    assert (
        "Passed over now: myext@office at position 1: its server has not answered lately."
        in (told(save(change(number), label="Sales"))[0])
    )


def test_saving_warns_in_words(save: Save) -> None:
    number = make.make_story()
    flags = {f"steps__0__on_{name}": None for name in ("failed", "no_answer")}
    said = told(save(change(number), steps__0__ring_s=90, **flags))
    assert any("never moves on from position 1" in line for line in said)
    assert any("it rings for 90 s altogether" in line for line in said)


@pytest.fixture
def without_route(db: None) -> Client:
    """Somebody who may change numbers but neither see nor change their steps."""
    user = User.objects.create(username="labels", is_staff=True)
    permissions = ("change_phonenumber", "add_phonenumber")
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def switch_on(client: Client, url: str, **values: str) -> str:
    return text(client.post(url, {**inputs(client.get(url)), "enabled": "on", **values}))


def test_nobody_switches_on_a_number_that_rings_nobody_whatever_they_may_edit(
    without_route: Client,
) -> None:
    number = make.make_number(make.make_endpoint(enabled=False), enabled=False)
    forged = {"steps-TOTAL_FORMS": "0", "steps-INITIAL_FORMS": "0"}
    for more in ({}, forged):
        shown = switch_on(without_route, change(number), **more)
        assert "would ring nobody (myext@office: it is disabled)" in shown
    shown = switch_on(without_route, page("phonenumber", "add"), e164="+12025550101")
    assert "would ring nobody (its route has no step)" in shown
    assert not PhoneNumber.objects.filter(enabled=True).exists()

    SipEndpoint.objects.update(enabled=True)
    switch_on(without_route, change(number))
    assert PhoneNumber.objects.get().enabled


def test_whoever_may_only_look_at_steps_is_refused_too(without_route: Client) -> None:
    user = User.objects.get(username="labels")
    user.user_permissions.add(Permission.objects.get(codename="view_routestep"))
    number = make.make_number(make.make_endpoint(enabled=False), enabled=False)
    assert "would ring nobody" in switch_on(without_route, change(number))


def rings(client: Client) -> str:
    """The cell of the only number in the list, its tags made blanks."""
    shown = text(client.get(page("phonenumber", "changelist")))
    (cell,) = re.findall(r'<td[^>]* class="field-route">(.*?)</td>', shown, re.DOTALL)
    return " ".join(re.sub("<[^>]+>", " ", cell).split())


def test_the_list_says_who_rings_one_after_the_other(panel: Client) -> None:
    number = make.make_story()
    assert rings(panel) == f"myext@office, then {make.MOBILE}"
    number.steps.update(position=1)
    assert rings(panel) == f"myext@office + {make.MOBILE}"


def test_the_list_says_who_would_really_ring_now(panel: Client) -> None:
    number = make.make_story()
    over = f"{make.MOBILE} passed over now: myext@office at position 1:"
    SipEndpoint.objects.update(enabled=False)
    assert rings(panel) == f"{over} it is disabled"
    SipEndpoint.objects.update(enabled=True)
    AsteriskServer.objects.update(held_until=timezone.now() + timedelta(hours=1))
    assert rings(panel) == f"{over} its server is out of service"
    AsteriskServer.objects.update(held_until=timezone.now() - timedelta(hours=1))
    assert rings(panel) == f"myext@office, then {make.MOBILE}"
    ServerHealth.fold([Sign("office", is_up=False, at=timezone.now())] * 3)
    assert rings(panel) == f"{over} its server has not answered lately"
    number.steps.filter(fallback_number__isnull=False).delete()
    assert rings(panel).startswith("myext@office passed over now: myext@office")
    PhoneNumber.objects.update(enabled=False)
    assert rings(panel) == "nobody: the number is off"


def test_the_list_says_that_a_number_rings_nobody(panel: Client) -> None:
    make.make_number()
    assert rings(panel) == "nobody"
