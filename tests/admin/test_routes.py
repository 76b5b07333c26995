"""What the pages of numbers and destinations refuse, each with its reason."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from telephony.models import (
    AsteriskServer,
    DirectoryRevision,
    PhoneNumber,
    RouteStep,
    ServerHealth,
    SipEndpoint,
)
from telephony.routing.breaker import Sign
from tests import make
from tests.admin.conftest import page, text

Save = Callable[..., HttpResponse]

NEW_STEP = {"steps__TOTAL_FORMS": 1, "steps__0__position": 1, "steps__0__ring_s": 20}


def change(row: object) -> str:
    return page(row._meta.model_name, "change", row.pk)


def test_a_number_is_saved_with_its_route_and_the_blanks_around_it_dropped(save: Save) -> None:
    endpoint = make.make_endpoint()
    add = page("phonenumber", "add")
    save(add, e164="+1 (202) 555-0100", **NEW_STEP, steps__0__destination=f"endpoint:{endpoint.pk}")
    step = RouteStep.objects.get()
    assert (step.number.e164, step.endpoint, step.position) == ("+12025550100", endpoint, 1)


def test_an_enabled_number_without_a_step_is_refused(save: Save) -> None:
    shown = text(save(page("phonenumber", "add"), e164=make.NUMBER))
    assert "would ring nobody (its route has no step)" in shown
    assert not PhoneNumber.objects.exists()


def test_a_disabled_number_needs_no_step(save: Save) -> None:
    save(page("phonenumber", "add"), e164=make.NUMBER, enabled=None)
    assert PhoneNumber.objects.get().enabled is False


def test_an_enabled_number_that_rings_disabled_endpoints_only_is_refused(save: Save) -> None:
    number = make.make_number(make.make_endpoint(label="Ana", enabled=False), enabled=False)
    shown = text(save(change(number), enabled="on"))
    assert "would ring nobody (Ana: it is disabled)" in shown
    assert PhoneNumber.objects.get().enabled is False


def test_the_last_step_of_an_enabled_number_cannot_be_taken_away(save: Save) -> None:
    number = make.make_number(make.make_endpoint())
    shown = text(save(change(number), steps__0__DELETE="on"))
    assert "would ring nobody" in shown
    assert number.steps.count() == 1


def test_eleven_steps_at_one_position_are_refused(save: Save) -> None:
    number = make.make_number()
    for place in range(11):
        make.make_step(number, make.make_endpoint(user=f"user{place}"), position=3)
    assert "Position 3 has 11 steps" in text(save(change(number)))


def test_ten_steps_at_one_position_are_taken(save: Save) -> None:
    number = make.make_number()
    for place in range(10):
        make.make_step(number, make.make_endpoint(user=f"user{place}"), position=3)
    save(change(number), label="crowded")
    assert PhoneNumber.objects.get().label == "crowded"


def test_a_step_that_rings_twice_at_its_position_is_refused(save: Save) -> None:
    endpoint = make.make_endpoint()
    number = make.make_number(endpoint)
    second = {
        "steps__TOTAL_FORMS": 2,
        "steps__1__position": 1,
        "steps__1__ring_s": 20,
        "steps__1__destination": f"endpoint:{endpoint.pk}",
    }
    assert "A destination can ring only once at a position" in text(save(change(number), **second))


def test_a_step_without_a_destination_is_refused(save: Save) -> None:
    shown = text(
        save(page("phonenumber", "add"), e164=make.NUMBER, **{**NEW_STEP, "steps__0__position": 2})
    )
    assert "Choose who rings, or remove the step." in shown


@pytest.mark.parametrize(
    "key", ["endpoint:999", "fallback:1", "endpoint:0", "nobody:1", "5", "endpoint:" + "9" * 19]
)
def test_a_step_that_rings_what_is_not_there_is_refused(save: Save, key: str) -> None:
    make.make_endpoint()
    step = {**NEW_STEP, "steps__0__destination": key}
    shown = text(save(page("phonenumber", "add"), e164=make.NUMBER, **step))
    assert "This destination is no longer in the panel. Choose another." in shown


def test_steps_without_a_position_ring_after_all_others_one_by_one(save: Save) -> None:
    number = make.make_number(make.make_endpoint())
    number.steps.update(position=7)
    added = {f"steps__{place}__ring_s": 20 for place in (1, 2)}
    fallbacks = [make.make_fallback(e164=f"+5989888888{place}") for place in (1, 2)]
    for place, fallback in enumerate(fallbacks, start=1):
        added |= {f"steps__{place}__destination": f"fallback:{fallback.pk}"}
        added |= {f"steps__{place}__position": ""}
    save(change(number), steps__TOTAL_FORMS=3, **added)
    assert [(s.position, s.fallback_number) for s in number.steps.all()] == [
        (1, None),
        (2, fallbacks[0]),
        (3, fallbacks[1]),
    ]


def test_a_new_step_has_no_position_in_the_form(panel: Client) -> None:
    shown = text(panel.get(page("phonenumber", "add")))
    (position,) = re.findall(r'<input[^>]*name="steps-__prefix__-position"[^>]*>', shown)
    assert "value=" not in position


def test_two_steps_that_ring_together_exchange_their_destinations(save: Save) -> None:
    number = make.make_story()
    number.steps.update(position=1)
    keys = [step.key for step in number.steps.all()]
    save(change(number), steps__0__destination=keys[1], steps__1__destination=keys[0])
    assert [step.key for step in number.steps.order_by("pk")] == keys[::-1]


def test_a_step_whose_position_is_emptied_goes_to_the_end(save: Save) -> None:
    number = make.make_story()
    save(change(number), steps__0__position="")
    assert [str(step.destination) for step in number.steps.all()] == [make.MOBILE, "myext@office"]


def test_there_is_no_position_after_the_last(save: Save) -> None:
    number = make.make_number(make.make_endpoint())
    number.steps.update(position=999)
    fallback = make.make_fallback()
    step = {"steps__1__ring_s": 20, "steps__1__destination": f"fallback:{fallback.pk}"}
    shown = text(save(change(number), steps__TOTAL_FORMS=2, steps__1__position="", **step))
    assert "Positions go from 1 to 999. Number the steps anew." in shown


def test_a_step_that_changes_its_destination_changes_both_columns(save: Save) -> None:
    number = make.make_number(make.make_endpoint())
    fallback = make.make_fallback()
    save(change(number), steps__0__destination=f"fallback:{fallback.pk}")
    step = number.steps.get()
    assert (step.endpoint, step.fallback_number) == (None, fallback)


def test_a_number_that_an_endpoint_dials_is_refused(save: Save) -> None:
    endpoint = make.make_endpoint(dialled_number="0012025550100")
    step = {**NEW_STEP, "steps__0__destination": f"endpoint:{endpoint.pk}"}
    shown = text(save(page("phonenumber", "add"), e164="+1 202 555 0100", **step))
    assert "dials this number: its calls would loop." in shown


def test_a_number_that_is_a_fallback_number_is_refused(save: Save) -> None:
    make.make_fallback()
    assert "This is also a fallback number" in text(
        save(page("phonenumber", "add"), e164=make.MOBILE)
    )


def test_a_fallback_number_that_is_ours_is_refused(save: Save) -> None:
    make.make_number()
    shown = text(save(page("fallbacknumber", "add"), e164=make.NUMBER))
    assert "This is one of our own numbers" in shown


def test_an_endpoint_that_dials_our_own_number_is_refused(save: Save) -> None:
    endpoint = make.make_endpoint()
    make.make_number()
    shown = text(save(change(endpoint), dialled_number="+12025550100"))
    assert "calls to it would loop." in shown


def test_a_step_says_that_its_endpoint_has_come_to_dial_our_own_number(save: Save) -> None:
    number = make.make_number(make.make_endpoint())
    SipEndpoint.objects.update(dialled_number="+12025550100")
    assert "calls to it would loop." in text(save(change(number), steps__0__ring_s=30))


@pytest.mark.parametrize("make_destination", [make.make_endpoint, make.make_fallback])
def test_the_last_destination_of_a_number_cannot_be_switched_off(
    save: Save, make_destination: Callable[[], object]
) -> None:
    destination = make_destination()
    make.make_number(destination)
    shown = text(save(change(destination), enabled=None))
    assert "Nobody else would ring for +12025550100." in shown
    destination.refresh_from_db()
    assert destination.enabled


def test_a_destination_with_another_behind_it_can_be_switched_off(save: Save) -> None:
    make.make_story()
    endpoint = SipEndpoint.objects.get()
    save(change(endpoint), enabled=None)
    assert not SipEndpoint.objects.get().enabled


@pytest.mark.parametrize(
    ("model", "values", "reason"),
    [
        ("asteriskserver", {"host": "10.0.0.1"}, "public addresses only"),
        ("asteriskserver", {"name": "a b"}, "letters, digits, hyphens or underscores"),
        ("asteriskserver", {"secure": "on"}, "Encrypted media needs the transport TLS."),
        ("sipendpoint", {"user": "my-ext;x"}, "letters, digits, dots, underscores"),
        ("sipendpoint", {"password": 'twelve"quotes'}, "cannot safely be given a password with"),
        ("sipendpoint", {"dialled_number": "1;2"}, "Use 1 to 32 digits"),
        ("fallbacknumber", {"caller_id": "fixed"}, "Choose a fixed number if it shows one"),
        ("carriernetwork", {"cidr": "10.0.0.1/8"}, "Write an IPv4 network in CIDR form"),
        ("phonenumber", {"e164": "555 0100"}, "Write the number with + and the country code"),
        ("phonenumber", {"busy_message": "busy \U0001f600"}, "without line breaks or emoji"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_with_the_reason(
    save: Save, model: str, values: dict[str, str], reason: str
) -> None:
    assert reason in text(save(page(model, "add"), **values))


def test_taking_a_server_out_of_service_reaches_the_directory(panel: Client) -> None:
    server = make.make_server()
    before = DirectoryRevision.current()
    shown = take_out(panel, server, "15")
    assert ": 1. Their calls go to the next step." in shown
    assert "out of service until" in shown
    server.refresh_from_db()
    left = (server.held_until - timezone.now()).total_seconds()
    assert 14 * 60 < left <= 15 * 60
    assert DirectoryRevision.current() > before


@pytest.mark.parametrize("minutes", ["", "0", "-5", "10081", "soon"])
def test_a_time_that_makes_no_sense_takes_nobody_out_of_service(
    panel: Client, minutes: str
) -> None:
    server = make.make_server()
    assert "Minutes: " in take_out(panel, server, minutes)
    server.refresh_from_db()
    assert server.held_until is None


def take_out(panel: Client, server: AsteriskServer, minutes: str) -> str:
    posted = {"action": "take_out_of_service", "_selected_action": [server.pk], "minutes": minutes}
    return text(panel.post(page("asteriskserver", "changelist"), posted, follow=True))


@pytest.mark.parametrize(
    ("minutes_ago", "said"), [(0, "passed over until"), (60, "the next call tries it")]
)
def test_a_server_that_does_not_answer_says_so(panel: Client, minutes_ago: int, said: str) -> None:
    server = make.make_server()
    at = timezone.now() - timedelta(minutes=minutes_ago)
    ServerHealth.fold([Sign("office", is_up=False, at=at)] * 3)
    assert "does not answer" in text(panel.get(page("asteriskserver", "changelist")))
    shown = text(panel.get(page("asteriskserver", "change", server.pk)))
    assert "has not answered since" in shown
    assert said in shown


def test_putting_a_server_back_into_service_reaches_the_directory(panel: Client) -> None:
    server = make.make_server(held_until=make.START)
    before = DirectoryRevision.current()
    posted = {"action": "put_back_into_service", "_selected_action": [server.pk]}
    panel.post(page("asteriskserver", "changelist"), posted, follow=True)
    server.refresh_from_db()
    assert server.held_until is None
    assert DirectoryRevision.current() > before


def test_a_server_whose_hour_is_over_is_in_service(panel: Client) -> None:
    make.make_server(held_until=make.START.replace(year=2020))
    assert ">in service</td>" in text(panel.get(page("asteriskserver", "changelist")))


def test_a_destination_that_asks_for_a_key_rings_alone(save: Save) -> None:
    number = make.make_number(make.make_fallback(ask_for_key=True))
    second = {
        "steps__TOTAL_FORMS": 2,
        "steps__1__position": 1,
        "steps__1__ring_s": 20,
        "steps__1__destination": f"endpoint:{make.make_endpoint().pk}",
    }
    shown = text(save(change(number), **second))
    assert f"{make.MOBILE} asks for a key, so it must ring alone" in shown
    assert number.steps.count() == 1


def test_a_step_moved_away_in_the_same_save_is_no_company(save: Save) -> None:
    number = make.make_number(make.make_fallback(ask_for_key=True), make.make_endpoint())
    save(change(number), steps__0__position=2, steps__1__position=1)
    assert [str(step.destination) for step in number.steps.all()] == ["myext@office", make.MOBILE]


def test_a_step_begins_to_ask_for_a_key_as_its_company_goes(save: Save) -> None:
    number = make.make_number(make.make_fallback(e164="+59898888888"))
    make.make_step(number, make.make_endpoint(), position=1)
    asking = make.make_fallback(ask_for_key=True)
    save(change(number), steps__0__destination=f"fallback:{asking.pk}", steps__1__DELETE="on")
    assert [step.destination for step in number.steps.all()] == [asking]


def test_a_number_that_rings_with_others_cannot_begin_to_ask_for_a_key(save: Save) -> None:
    mobile = make.make_fallback()
    number = make.make_number(make.make_endpoint())
    make.make_step(number, mobile, position=1)
    shown = text(save(change(mobile), ask_for_key="on"))
    assert f"rings together with others for {make.NUMBER} at position 1" in shown
    mobile.refresh_from_db()
    assert mobile.ask_for_key is False


def test_a_number_that_rings_alone_begins_to_ask_for_a_key(save: Save) -> None:
    mobile = make.make_fallback()
    make.make_number(mobile)
    save(change(mobile), ask_for_key="on", language="es-MX")
    mobile.refresh_from_db()
    assert (mobile.ask_for_key, mobile.language) == (True, "es-MX")


def test_a_route_of_more_steps_than_a_call_can_carry_is_refused(save: Save) -> None:
    number = make.make_number()
    for place in range(51):
        make.make_step(number, make.make_endpoint(user=f"user{place}"), position=place + 1)
    assert "The route has 51 steps, but at most 50" in text(save(change(number), label="long"))
    RouteStep.objects.filter(position=51).delete()
    save(change(number), label="long")
    assert PhoneNumber.objects.get().label == "long"


FOREIGN = "which belongs to another Twilio account than"


def test_a_fixed_caller_id_of_another_account_is_warned_of_when_either_is_saved(save: Save) -> None:
    fixed = make.make_number(e164="+12025550101", account_sid="AC" + "f" * 32)
    mobile = make.make_fallback(caller_id="fixed", fixed_caller_id=fixed)
    number = make.make_number(mobile)
    assert FOREIGN in text(save(change(number), label="Sales"))
    assert FOREIGN in text(save(change(mobile), label="Ana"))


def test_a_fixed_caller_id_of_the_same_account_is_no_reason_to_warn(save: Save) -> None:
    fixed = make.make_number(e164="+12025550101")
    mobile = make.make_fallback(caller_id="fixed", fixed_caller_id=fixed)
    number = make.make_number(mobile)
    assert FOREIGN not in text(save(change(number), label="Sales"))
    assert FOREIGN not in text(save(change(mobile), label="Ana"))


def test_an_empty_message_is_kept_empty_and_speaks_the_language(save: Save) -> None:
    number = make.make_number(make.make_endpoint())
    go_on = {"_continue": "1"}
    shown = text(save(change(number), language="es-MX", busy_message="", **go_on))
    assert 'placeholder="La línea está ocupada.' in shown
    number.refresh_from_db()
    assert (number.language, number.busy_message, number.unavailable_message) == ("es-MX", "", "")


def test_a_step_that_is_removed_leaves_no_gap_in_the_positions(save: Save) -> None:
    endpoints = [make.make_endpoint(user=f"user{place}") for place in range(4)]
    number = make.make_number(endpoints[0])
    for endpoint, position in zip(endpoints[1:], (2, 5, 5), strict=True):
        make.make_step(number, endpoint, position=position)
    save(change(number), steps__0__DELETE="on")
    left = [(step.endpoint, step.position) for step in number.steps.order_by("position", "pk")]
    assert left == [(endpoints[1], 1), (endpoints[2], 2), (endpoints[3], 2)]
