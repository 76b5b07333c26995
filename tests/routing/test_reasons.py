"""Every code has its sentence, and every sentence the values that its code comes with."""

from string import Formatter

import pytest

from telephony.routing.reasons import OBSTACLES, WHY, Obstacle, Why, because, explain

# The values with which each code is made in the rules.
VALUES = {
    Why.DIAL_ENDED: {"position", "outcome"},
    Why.NOT_OURS: {"number"},
    Why.NUMBER_DISABLED: {"number"},
    Why.FORWARDED_HERE: {"number"},
    Why.CALLED_BY_OURSELVES: {"number"},
    Why.CALLER_ID_OF_ANOTHER_ACCOUNT: {"number"},
    Why.NOT_FETCHED: {"error"},
    Why.NOT_EXECUTED: {"error"},
    Why.TOLD: {"text"},
}


@pytest.mark.parametrize("code", Why)
def test_every_code_has_a_sentence_with_its_values(code):
    names = {name for _, name, _, _ in Formatter().parse(str(WHY[code])) if name}

    assert names == VALUES.get(code, set())


def test_every_obstacle_has_a_sentence():
    assert set(OBSTACLES) == set(Obstacle)


def test_reasons_are_joined_into_one_sentence():
    reasons = [because(Why.NOT_FETCHED, error=11200), because(Why.NEW_CALL)]

    assert explain(reasons) == "Twilio could not fetch the answer (error 11200); a new call"


def test_braces_in_a_value_are_text():
    assert explain([because(Why.NOT_OURS, number="{0}")]) == "{0} is not one of our numbers"
