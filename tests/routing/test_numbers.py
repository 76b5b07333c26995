import pytest

from telephony.routing.numbers import (
    is_same_line,
    sip_caller_id,
    telephone_caller_id,
)

# From, what a SIP leg shows, what a telephone leg shows (None: the number that was called).
CALLERS = [
    ("+12025550143", "+12025550143", "+12025550143"),
    ("+59899999999", "+59899999999", "+59899999999"),
    # Numbers whose numbering plan has changed since, or in an unusual form.
    ("+5215512345678", "+5215512345678", "+5215512345678"),
    ("+541115551234", "+541115551234", "+541115551234"),
    ("2025550143", "2025550143", None),
    ("911", "911", None),
    ("sip:alice@pbx.example.com", "alice", None),
    ("sips:alice@pbx.example.com:5061;transport=tls", "alice", None),
    ("sip:+12025550143@pbx.example.com", "+12025550143", None),
    ("client:ana", "ana", None),
    ("tel:+12025550143", "+12025550143", None),
    ("sip:+12025550143;phone-context=x@gateway.example", "+12025550143", None),
    ("whatsapp:+5561900008056", "+5561900008056", None),
    ("ana.desk_1-2", "ana.desk_1-2", None),
    ("", "anonymous", None),
    ("anonymous", "anonymous", None),
    ("Anonymous", "anonymous", None),
    ("unknown", "anonymous", None),
    ("Restricted", "anonymous", None),
    ("sip:anonymous@anonymous.invalid", "anonymous", None),
    # How carriers spell a withheld number on a keypad.
    ("+266696687", "anonymous", None),
    ("+7378742833", "anonymous", None),
    ("+8656696", "anonymous", None),
    ("+2562533", "anonymous", None),
    ("+86282452253", "anonymous", None),
    ("266696687", "anonymous", None),
    ("sip:7378742833@gateway.example", "anonymous", None),
    ("private", "anonymous", None),
    ("Withheld", "anonymous", None),
    ("+Anonymous", "anonymous", None),
    ("Ana Example", "anonymous", None),
    ("José", "anonymous", None),
    ("a;b", "a", None),
    ("+12025550143\n", "anonymous", None),
    ("+1202555014٣", "anonymous", None),
    ("x" * 65, "anonymous", None),
]


@pytest.mark.parametrize(("caller", "on_sip", "on_telephone"), CALLERS)
def test_whoever_can_be_shown_is_shown(caller, on_sip, on_telephone):
    assert sip_caller_id(caller) == on_sip
    assert telephone_caller_id(caller) == on_telephone


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("+815099999999", "+815099999999", True),
        # As carriers write it in ForwardedFrom: the national form, with its leading zero.
        ("05099999999", "+815099999999", True),
        ("050-9999-9999", "+815099999999", True),
        ("5099999999", "+815099999999", True),
        ("+815099999999", "05099999999", True),
        ("099999999", "+59899999999", True),
        ("+59899999999", "099999999", True),
        ("2025550143", "+12025550143", True),
        ("12025550143", "+12025550143", True),
        ("01112025550143", "+12025550143", True),
        ("01159899999999", "+59899999999", True),
        ("0012025550177", "+12025550177", True),
        ("0059899999999", "099999999", True),
        ("099999999", "99999999", True),
        ("099999998", "+59899999999", False),
        ("+12025550143", "+12025550144", False),
        ("99999", "+59899999999", False),
        ("", "+59899999999", False),
        ("", "", False),
        ("anonymous", "+59899999999", False),
        ("sip:ana@example.com", "+59899999999", False),
    ],
)
def test_one_line_is_known_in_its_national_form_too(one, other, is_same):
    assert is_same_line(one, other) is is_same


@pytest.mark.parametrize(
    "dialled",
    ["12025550100", "+12025550100", "0012025550100", "01112025550100", "2025550100"],
)
def test_digits_that_reach_our_own_number_are_the_same_line(dialled):
    assert is_same_line(dialled, "+12025550100")


@pytest.mark.parametrize("dialled", ["", "100", "5550100", "099999999", "912025550100"])
def test_other_digits_are_another_line(dialled):
    assert not is_same_line(dialled, "+12025550100")
