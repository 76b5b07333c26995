from decimal import Decimal

import pytest

from telephony.ledger import billed_minutes, leg_cost, leg_saving

RATE, MOBILE_RATE = Decimal("0.1525"), Decimal("0.38")


@pytest.mark.parametrize(
    ("talk_s", "minutes"), [(0, 0), (1, 1), (59, 1), (60, 1), (61, 2), (120, 2), (14400, 240)]
)
def test_every_minute_begun_is_billed(talk_s, minutes):
    assert billed_minutes(talk_s) == minutes


def test_a_leg_costs_its_minutes_exactly():
    assert leg_cost(61, RATE) == Decimal("0.3050")
    assert leg_cost(0, RATE) == 0


def test_a_leg_saves_what_forwarding_would_have_cost_more():
    assert leg_saving(61, RATE, MOBILE_RATE) == Decimal("0.4550")


def test_an_expensive_endpoint_saves_less_than_nothing():
    assert leg_saving(60, MOBILE_RATE, RATE) == Decimal("-0.2275")


def test_without_a_fallback_number_there_is_nothing_to_compare_with():
    assert leg_saving(60, RATE, None) is None
