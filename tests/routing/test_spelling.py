import pytest

from telephony.routing.spelling import WITH_CODE, hint, parse_e164, show_number

IN_UY = "Write it like 094 231 234, or with + and the country code."
IN_US = "Write it like (201) 555-0123, or with + and the country code."


@pytest.mark.parametrize(
    ("country", "typed", "e164"),
    [
        ("", "+12025550100", "+12025550100"),
        ("", "+1 (202) 555-0100", "+12025550100"),
        ("", "+598 99 999 999", "+59899999999"),
        ("", "  +442079460018 ", "+442079460018"),
        ("", "+44 (0)20 7946 0018", "+442079460018"),
        ("", "tel:+598-99-123-456", "+59899123456"),
        ("", "\uff0b\uff15\uff19\uff18 99 123 456", "+59899123456"),
        ("UY", "099 123 456", "+59899123456"),
        ("UY", "099123456", "+59899123456"),
        ("UY", "2901 2345", "+59829012345"),
        ("UY", "+598 99 123 456", "+59899123456"),
        ("UY", "598 99 123 456", "+59899123456"),
        ("UY", "00598 99 123 456", "+59899123456"),
        ("UY", "001 202 555 0143", "+12025550143"),
        ("UY", "099\u00a0123\u202f456", "+59899123456"),
        ("UY", "\t099\t123\t456\n", "+59899123456"),
        ("UY", "099\u2011123\u2013456", "+59899123456"),
        ("UY", "099\u2212123\u2014456", "+59899123456"),
        # As telephones copy a number: between marks of the reading direction.
        ("UY", "\u202a099 123 456\u202c", "+59899123456"),
        ("UY", "\u0660\u0669\u0669 \u0661\u0662\u0663 \u0664\u0665\u0666", "+59899123456"),
        ("US", "(202) 555-0143", "+12025550143"),
        ("US", "202.555.0143", "+12025550143"),
        ("US", "1-202-555-0143", "+12025550143"),
        ("US", "011 598 99 123 456", "+59899123456"),
        # A mobile number of Argentina has another digit abroad.
        ("AR", "011 15-2345-6789", "+5491123456789"),
        # What has its country need only be possible.
        ("UY", "+1 999 555 0143", "+19995550143"),
    ],
)
def test_people_type_numbers_in_many_ways(country, typed, e164):
    assert parse_e164(typed, country) == e164


@pytest.mark.parametrize(
    ("country", "typed", "reason"),
    [
        ("", "099999999", WITH_CODE),
        ("", "", WITH_CODE),
        ("", "anonymous", f"'anonymous' is not part of a telephone number. {WITH_CODE}"),
        ("", "+12025550100 ext. 5", "Write the number without an extension."),
        (
            "",
            "+1202555",
            "The number is too short for its country. Write it like +1 201-555-0123.",
        ),
        (
            "",
            "+120255501001",
            "The number is too long for its country. Write it like +1 201-555-0123.",
        ),
        ("", "+15550100", "The number lacks its area code. Write it like +1 201-555-0123."),
        ("", "+9992025550100", "No country has this code; check what stands after the +."),
        (
            "",
            "+50122222222",
            "No number of its country has so many digits; check the country code. "
            "Write it like +501 622-1234.",
        ),
        ("UY", "", f"This is no telephone number. {IN_UY}"),
        ("UY", "00", f"The number is too short. {IN_UY}"),
        ("UY", "12", f"The number is too short for its country. {IN_UY}"),
        ("UY", "099 123", f"The number is too short for its country. {IN_UY}"),
        ("UY", "099 123 4567", f"The number is too long for its country. {IN_UY}"),
        ("UY", "050 123 456", f"No area or network there begins like this. {IN_UY}"),
        ("UY", "9" * 20, f"The number is too long. {IN_UY}"),
        ("UY", "Ana 099 123 456", f"'Ana' is not part of a telephone number. {IN_UY}"),
        ("UY", "099123456, 099123457", f"',' is not part of a telephone number. {IN_UY}"),
        ("UY", "099 123 456 #12", "Write the number without an extension."),
        ("US", "1-800-FLOWERS", f"'FLOWERS' is not part of a telephone number. {IN_US}"),
        ("US", "555-0143", f"The number lacks its area code. {IN_US}"),
        ("US", "(999) 555-0143", f"No area or network there begins like this. {IN_US}"),
    ],
)
def test_a_number_is_refused_with_a_reason_and_a_sample(country, typed, reason):
    with pytest.raises(ValueError) as error:
        parse_e164(typed, country)

    assert str(error.value) == reason


@pytest.mark.parametrize(
    ("country", "e164", "shown"),
    [
        ("UY", "+59899123456", "099 123 456"),
        ("UY", "+12025550143", "+1 202-555-0143"),
        ("US", "+12025550143", "(202) 555-0143"),
        # Of another country with the same code.
        ("US", "+14165550123", "+1 416-555-0123"),
        ("", "+59899123456", "+598 99 123 456"),
        ("UY", "client:ana", "client:ana"),
        ("UY", "099123456", "099123456"),
        ("UY", "", ""),
        # A carrier's word for a caller who withholds the number, and a country that is none.
        ("UY", "+266696687", "+266696687"),
        ("UY", "+9991234567", "+9991234567"),
    ],
)
def test_a_number_is_shown_as_people_write_it(country, e164, shown):
    assert show_number(e164, country) == shown


def test_what_is_shown_can_be_typed():
    for country, e164 in (("UY", "+59899123456"), ("US", "+12025550143"), ("GB", "+442079460018")):
        assert parse_e164(show_number(e164, country), country) == e164


def test_the_hint_shows_how_numbers_look_in_the_country():
    assert hint("UY") == "Such as 094 231 234, or with + and the country code."
    assert hint("") == "With + and the country code, such as +1 202 555 0100."
    # No mobile number of Tristan da Cunha is known.
    assert hint("TA") == "Such as 8999, or with + and the country code."
