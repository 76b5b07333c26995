"""Try: what would happen to a call, by the form as it stands, without leaving a trace."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from telephony.models import (
    CallEvent,
    CallRecord,
    DirectoryRevision,
    PhoneNumber,
    RouteStep,
    ServerHealth,
)
from telephony.routing.breaker import Sign
from telephony.snapshots.health import live_health
from telephony.snapshots.live import live_directory
from tests import make
from tests.admin.conftest import inputs, page, text

pytestmark = pytest.mark.django_db
Try = Callable[..., str]


@pytest.fixture
def try_it(panel: Client) -> Try:
    """Change some inputs of a number's page, and try instead of saving."""

    def try_it(number: PhoneNumber | None, **changes: Any) -> str:
        url = page("phonenumber", "change", number.pk) if number else page("phonenumber", "add")
        changes = {name.replace("__", "-"): value for name, value in changes.items()}
        data = {**inputs(panel.get(url)), **changes}
        data = {name: value for name, value in data.items() if value is not None}
        return plain(panel.post(address(number), data))

    return try_it


def address(number: PhoneNumber | None) -> str:
    return page("phonenumber", "try", number.pk) if number else page("phonenumber", "try_new")


def plain(response: HttpResponse) -> str:
    """The page's text, blanks and tags made one blank each."""
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text(response)))


def does(destination: Any, what: str) -> dict[str, str]:
    kind = "endpoint" if destination._meta.model_name == "sipendpoint" else "fallback"
    return {f"try-{kind}:{destination.pk}": what}


def test_the_form_is_tried_as_it_stands_and_nothing_is_saved(try_it: Try) -> None:
    number = make.make_story()
    endpoint = number.steps.first().endpoint
    before = DirectoryRevision.current()
    busy = does(endpoint, "busy")

    assert "told that the line is busy" in try_it(number, **busy)
    shown = try_it(number, steps__0__on_busy="on", steps__1__ring_s=33, **busy)

    assert f"Ring {make.MOBILE} for 33 s" in shown
    assert "Because: the dial at position 1 ended: busy." in shown
    assert "cost 0.38 USD" in shown
    assert DirectoryRevision.current() == before
    assert not RouteStep.objects.filter(on_busy=True).exists()
    assert not (CallEvent.objects.exists() or CallRecord.objects.exists())


def test_a_number_that_is_not_there_yet_is_tried(try_it: Try) -> None:
    step = {"steps__TOTAL_FORMS": 1, "steps__0__position": 1, "steps__0__ring_s": 20}
    endpoint = make.make_endpoint(label="Ana")

    shown = try_it(None, e164=make.NUMBER, steps__0__destination=f"endpoint:{endpoint.pk}", **step)

    assert "Ring Ana for 20 s" in shown
    assert not PhoneNumber.objects.exists()


def test_a_form_that_could_not_be_saved_says_why(try_it: Try) -> None:
    number = make.make_story()
    shown = try_it(number, steps__0__ring_s=1, busy_message="\U0001f600")
    assert "This cannot be tried yet" in shown
    assert "myext@office: Ring (s): Ensure this value is greater than or equal to 5." in shown
    assert "without line breaks or emoji" in shown


def test_a_form_that_somebody_else_has_overtaken_is_tried_all_the_same(try_it: Try) -> None:
    assert "Ring myext@office for 20 s" in try_it(make.make_story(), seen="another")


def test_the_live_directory_and_the_breaker_hear_nothing(try_it: Try) -> None:
    number = make.make_story()
    live = live_directory.refresh()
    ended = does(number.steps.first().endpoint, "failed")

    for _ in range(4):
        try_it(number, label="another", **ended)

    assert live_directory.current().numbers is live.numbers
    assert not live_health.silent_until
    assert not ServerHealth.objects.exists()


def test_no_password_is_shown(try_it: Try) -> None:
    shown = try_it(make.make_story())
    assert "&lt;Sip password=&quot;********&quot;" in shown
    assert make.PASSWORD not in shown


@pytest.mark.parametrize(("minutes", "is_held"), [(10, True), (90, False)])
def test_a_server_is_out_of_service_only_until_its_time(
    try_it: Try, minutes: int, is_held: bool
) -> None:
    number = make.make_story()
    number.steps.first().endpoint.server.__class__.objects.update(
        held_until=timezone.now() + timedelta(hours=1)
    )
    at = timezone.localtime() + timedelta(minutes=minutes)
    shown = try_it(number, **{"try-at": at.strftime("%Y-%m-%dT%H:%M")})
    assert ("position 1: its server is out of service" in shown) == is_held


def test_a_server_that_does_not_answer_is_passed_over(try_it: Try) -> None:
    number = make.make_story()
    ServerHealth.fold([Sign("office", is_up=False, at=timezone.now())] * 3)
    later = timezone.localtime() + timedelta(minutes=30)
    assert "its server has not answered lately" in try_it(
        number, **{"try-at": timezone.localtime().strftime("%Y-%m-%dT%H:%M:%S")}
    )
    assert "has not answered lately" not in try_it(
        number, **{"try-at": later.strftime("%Y-%m-%dT%H:%M")}
    )


def test_a_number_that_is_off_rejects_the_call(try_it: Try) -> None:
    shown = try_it(make.make_story(), enabled=None)
    assert "Reject the call. Because: +12025550100 is disabled." in shown


def test_a_call_from_our_own_number_is_seen_as_a_loop_also_by_its_new_name(try_it: Try) -> None:
    number = make.make_number(make.make_fallback())
    new = "+12025550177"
    shown = try_it(number, e164=new, **{"try-caller": new})
    assert f"the call comes from our own number {new}" in shown
    old = try_it(number, e164=new, **{"try-caller": make.NUMBER})
    assert "own number" not in old


@pytest.mark.parametrize(
    ("caller", "said"),
    [
        ("+1 (202) 555-0143", "+12025550143 calls"),
        ("Anonymous", "anonymous calls"),
        ("nobody", "Write the number with +"),
    ],
)
def test_the_caller_is_a_number_or_anonymous(try_it: Try, caller: str, said: str) -> None:
    shown = try_it(make.make_story(), **{"try-caller": caller})
    assert said in shown
    assert ("What Twilio is told" in shown) == ("calls" in said)


def test_the_page_carries_the_form_and_the_choices_along(panel: Client, try_it: Try) -> None:
    number = make.make_story()
    data = {**inputs(panel.get(page("phonenumber", "change", number.pk))), "label": "Sales"}
    ended = does(number.steps.first().endpoint, "declined")
    shown = text(panel.post(address(number), {**data, **ended, "_try": "Try"}))
    assert '<input type="hidden" name="label" value="Sales">' in shown
    assert '<option value="declined" selected>' in shown
    assert '<input type="hidden" name="_try"' not in shown
    assert shown.count("csrfmiddlewaretoken") <= 2


def test_whoever_may_only_look_tries_the_saved_route(reader: Client) -> None:
    number = make.make_story()
    assert f'href="{address(number)}"' in text(reader.get(page("phonenumber", "change", number.pk)))
    posted = reader.post(address(number), {"e164": "nonsense"})
    for response in (reader.get(address(number)), posted):
        assert "By the saved route." in plain(response)
        assert "Ring myext@office for 20 s" in plain(response)
    asked = reader.get(address(number), does(number.steps.first().endpoint, "no-answer"))
    assert f"Ring {make.MOBILE}" in plain(asked)
    assert reader.post(page("phonenumber", "try_new"), {}).status_code == 403
    assert reader.get(page("phonenumber", "try_new")).status_code == 403


def test_nobody_tries_a_number_that_is_not_there_or_not_theirs(panel: Client) -> None:
    assert panel.get(page("phonenumber", "try", 999)).status_code == 404
    client = Client()
    client.force_login(User.objects.create(username="stranger", is_staff=True))
    assert client.get(address(make.make_story())).status_code == 403


def test_whoever_may_not_see_steps_tries_the_saved_ones(client: Client) -> None:
    user = User.objects.create(username="labels", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="change_phonenumber"))
    client.force_login(user)
    number = make.make_story()
    data = inputs(client.get(page("phonenumber", "change", number.pk)))
    assert "Ring myext@office" in plain(client.post(address(number), {**data, "label": "Sales"}))
