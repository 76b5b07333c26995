"""A page of 21 rows asks the database as often as a page of one."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from telephony.models import (
    CallEvent,
    CallLeg,
    CallRecord,
    CarrierNetwork,
    FallbackNumber,
    PhoneNumber,
    SipEndpoint,
)
from tests import make
from tests.admin.conftest import page


def endpoint(place: int) -> SipEndpoint:
    """On a server of its own and without a label, so that its name depends on the server."""
    server = make.make_server(name=f"server{place}", held_until=make.START)
    return make.make_endpoint(server=server, user=f"user{place}", dialled_number=f"9{place}")


def fallback(place: int) -> FallbackNumber:
    fixed = make.make_number(e164=f"+1202555010{place % 10}{place}")
    return make.make_fallback(e164=f"+5989999{place:04}", caller_id="fixed", fixed_caller_id=fixed)


def number(place: int) -> PhoneNumber:
    return make.make_number(endpoint(place), fallback(place), e164=f"+120255501{place:02}")


def call(place: int) -> None:
    CallRecord.objects.create(
        call_sid=f"CA{place}", called=make.NUMBER, started_at=make.START, currency="USD", cost=1
    )


def network(place: int) -> None:
    CarrierNetwork.objects.create(
        cidr=f"192.0.2.{place}/32", kind="rtp-media", source="a test", published_on="2026-03-09"
    )


def queries(panel: Client, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = panel.get(url)
    assert response.status_code == 200
    return len(captured)


ROWS = {
    "asteriskserver": endpoint,
    "callrecord": call,
    "carriernetwork": network,
    "fallbacknumber": fallback,
    "phonenumber": number,
    "sipendpoint": endpoint,
}


@pytest.mark.parametrize("model", ROWS)
def test_a_list_asks_as_often_for_21_rows_as_for_one(panel: Client, model: str) -> None:
    assert_flat(panel, page(model, "changelist"), ROWS[model])


def test_a_number_asks_as_often_for_21_steps_as_for_one(panel: Client) -> None:
    called = make.make_number()

    def add(place: int) -> None:
        make.make_step(called, endpoint(place), position=place)
        mobile = make.make_fallback(e164=f"+5989999{place:04}")
        make.make_step(called, mobile, position=place)

    assert_flat(panel, page("phonenumber", "change", called.pk), add)


def test_a_call_asks_as_often_for_21_legs_as_for_one(panel: Client) -> None:
    call(0)

    def add(place: int) -> None:
        key = f"endpoint:{endpoint(place).pk}"
        CallLeg.objects.create(call_id="CA0", position=place, index=0, destination_key=key)
        CallEvent.objects.create(
            call_sid="CA0", identity=str(place), kind="leg", received_at=make.START, params={}
        )

    assert_flat(panel, page("callrecord", "change", "CA0"), add)


def test_the_choice_of_destinations_asks_as_often_for_19_as_for_one(panel: Client) -> None:
    assert_flat(panel, page("routestep", "destinations"), endpoint, most=19)


def assert_flat(panel: Client, url: str, add: Callable[[int], object], most: int = 21) -> None:
    add(1)
    # What a process looks up once, such as content types, is not one of the page's queries.
    panel.get(url)
    few = queries(panel, url)
    for place in range(2, most + 1):
        add(place)
    assert queries(panel, url) == few
