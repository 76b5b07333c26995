import pytest

from telephony.asterisk.values import (
    check_dialled_number,
    check_extension,
    check_name,
    check_password,
)

CHECKS = {
    check_name: (
        ["a", "office", "Office-2", "from_twilio", "7", "x" * 64],
        ["", "-office", "_office", "my office", "office\n", "a;b", "a]b", "ñ", "a.b", "x" * 65],
    ),
    check_extension: (
        ["myext", "100", "+59899999999", "ana.desk", "a_b", "S", "x" * 64],
        ["", "my-ext", "_X.", ".a", "my ext", "myext\n", "a@b", "a,b", "${X}", "ñ", "x" * 65],
    ),
    check_dialled_number: (
        ["099999999", "+59899999999", "*72", "1#2", "1" * 32],
        ["", "+", "0999 99999", "0999-99999", "++1", "1+", "abc", "1\n", "1&SIP/x", "٣", "1" * 33],
    ),
    check_password: (
        ["x" * 12, "x" * 64, "p;a=s>w[o]r&d!#", "$" + "{X}" * 4],
        ["", "x" * 11, "x" * 65, "two words here", "tab\tinside-it", "pässwörd-long", "line-break-12\n"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("check", "value"), [(c, v) for c, (good, _) in CHECKS.items() for v in good])  # fmt: skip
def test_a_value_that_asterisk_takes_is_taken(check, value):
    check(value)


@pytest.mark.parametrize(("check", "value"), [(c, v) for c, (_, bad) in CHECKS.items() for v in bad])  # fmt: skip
def test_a_value_that_asterisk_does_not_take_is_refused(check, value):
    with pytest.raises(ValueError, match=r"^Use "):
        check(value)


@pytest.mark.parametrize("name", ["s", "h", "i", "t", "e", "o", "a", "T", "fax", "failed"])
def test_an_extension_that_asterisk_runs_on_its_own_account_is_refused(name):
    with pytest.raises(ValueError) as error:
        check_extension(name)

    assert str(error.value) == f"Asterisk keeps the extension {name!r} for itself; choose another."


@pytest.mark.parametrize("password", ['quote"inside-it', "back\\slash-inside"])
def test_a_password_that_cannot_be_escaped_is_refused(password):
    with pytest.raises(ValueError) as error:
        check_password(password)

    assert password not in str(error.value)
    assert "leave them out" in str(error.value)
