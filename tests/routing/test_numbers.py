import pytest

from telephony.routing.numbers import is_caller_number, is_same_line, parse_e164


@pytest.mark.parametrize(
    ("typed", "e164"),
    [
        ("+12025550100", "+12025550100"),
        ("+1 (202) 555-0100", "+12025550100"),
        ("+598 99 999 999", "+59899999999"),
        ("  +442079460018 ", "+442079460018"),
    ],
)
def test_people_type_numbers_in_many_ways(typed, e164):
    assert parse_e164(typed) == e164


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("099999999", "Write the number with + and country code, such as +12025550100."),
        ("", "Write the number with + and country code, such as +12025550100."),
        ("anonymous", "Write the number with + and country code, such as +12025550100."),
        ("+12025550100 ext. 5", "Write the number without an extension."),
        ("+1202555", "The number is too short for its country."),
        ("+120255501001", "The number is too long for its country."),
        ("+15550100", "No such number can exist in that country; check the country code."),
        ("+9992025550100", "Write the number with + and country code, such as +12025550100."),
    ],
)
def test_a_number_that_cannot_be_is_refused_with_a_reason(typed, reason):
    with pytest.raises(ValueError) as error:
        parse_e164(typed)

    assert str(error.value) == reason


@pytest.mark.parametrize("caller", ["+12025550143", "+59899999999", "+442079460018"])
def test_a_caller_with_a_number_can_be_shown(caller):
    assert is_caller_number(caller)


@pytest.mark.parametrize(
    "caller",
    [
        "",
        "anonymous",
        "Anonymous",
        "unknown",
        "Restricted",
        "client:ana",
        "sip:ana@example.com",
        "12025550143",
        "099999999",
        "+1 202 555 0143",
        "+12025550143\n",
        "+1202555014٣",
        "+0012025550143",
        "+9992025550143",
        "+120255501",
        "+120255501431234567",
        # How carriers spell a withheld number on a keypad.
        "+266696687",
        "+7378742833",
        "+8656696",
        "+2562533",
        "+86282452253",
    ],
)
def test_a_caller_without_a_number_cannot_be_shown(caller):
    assert not is_caller_number(caller)


@pytest.mark.parametrize(
    "dialled", ["12025550100", "+12025550100", "0012025550100", "01112025550100"]
)
def test_digits_that_reach_our_own_number_are_the_same_line(dialled):
    assert is_same_line(dialled, "+12025550100")


@pytest.mark.parametrize("dialled", ["", "100", "2025550100", "099999999", "912025550100"])
def test_other_digits_are_another_line(dialled):
    assert not is_same_line(dialled, "+12025550100")
