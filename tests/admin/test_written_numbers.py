"""Telephone numbers are typed and shown as in the panel's country, on every page."""

from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import reverse

from telephony.models import CallRecord, FallbackNumber, PhoneNumber
from telephony.records import trigrams
from tests import make
from tests.admin.conftest import inputs, page, text
from tests.admin.test_calls import log

pytestmark = pytest.mark.django_db
Save = Callable[..., HttpResponse]
IN_URUGUAY = override_settings(COUNTRY="UY")


@pytest.mark.parametrize("typed", ["099 123 456", "099\u00a0123\u2011456", "00598 99 123 456"])
@IN_URUGUAY
def test_a_number_is_stored_in_e164_however_it_is_typed(save: Save, typed: str) -> None:
    save(page("fallbacknumber", "add"), e164=typed, cost_per_minute="0.38")
    assert FallbackNumber.objects.get().e164 == "+59899123456"

    save(page("phonenumber", "add"), e164=typed.replace("456", "457"), enabled=None)
    assert PhoneNumber.objects.get().e164 == "+59899123457"


@IN_URUGUAY
def test_the_form_says_what_is_wrong_and_how_to_write_it(save: Save) -> None:
    shown = text(save(page("fallbacknumber", "add"), e164="099 12", cost_per_minute="0.38"))
    assert "The number is too short for its country. Write it like 094 231 234, or with +" in shown
    assert "Such as 094 231 234, or with + and the country code." in shown


@IN_URUGUAY
def test_a_loop_is_found_whatever_the_spelling(save: Save) -> None:
    make.make_number(e164="+59829012345")
    assert "a call to it would loop" in text(
        save(page("fallbacknumber", "add"), e164="2901 2345", cost_per_minute="0.38")
    )


@IN_URUGUAY
def test_the_page_for_setting_up_takes_them_too(panel: Client) -> None:
    form = panel.get(reverse("setup"))
    assert "Such as 094 231 234, or with + and the country code." in text(form)
    given = {
        "number": "2901 2345",
        "host": "pbx.example.com",
        "dialled_number": "099999999",
        "trunk": "atapstn",
        "fallback_number": "099 123 456",
    }
    shown = form.context["form"]
    panel.post(reverse("setup"), {field.html_name: field.value() or "" for field in shown} | given)
    assert PhoneNumber.objects.get().e164 == "+59829012345"
    assert FallbackNumber.objects.get().e164 == "+59899123456"


@IN_URUGUAY
def test_trying_takes_a_caller_as_people_write_it(panel: Client) -> None:
    number = make.make_story()
    url = reverse("admin:telephony_phonenumber_try", args=[number.pk])
    assert "+59899123456" in text(panel.get(url, {"try-caller": "099 123 456"}))
    refused = text(panel.get(url, {"try-caller": "099 12"}))
    assert "too short for its country" in refused


@pytest.mark.parametrize(
    ("country", "own", "other"),
    [
        ("UY", "099 999 999", "+1 202-555-0100"),
        ("US", "+598 99 999 999", "(202) 555-0100"),
        ("", "+598 99 999 999", "+1 202-555-0100"),
    ],
)
def test_lists_show_them_in_the_style_of_their_country(
    panel: Client, country: str, own: str, other: str
) -> None:
    make.make_story()
    CallRecord.objects.create(
        call_sid="CAone",
        started_at=make.START,
        caller=make.MOBILE,
        called=make.NUMBER,
        forwarded_from=make.MOBILE,
    )
    with override_settings(COUNTRY=country):
        assert f">{own}</a>" in text(panel.get(page("fallbacknumber", "changelist")))
        assert f">{other}</a>" in text(panel.get(page("phonenumber", "changelist")))
        calls = text(panel.get(log()))
    assert f'data-label="to">{other}</td>' in calls
    assert f'field-caller">{own}<' in calls
    assert f"forwarded from {own}" in calls


@pytest.mark.parametrize("term", ["099 999 999", "99 99", "00598 99999999", "+598 99 999-999"])
@IN_URUGUAY
def test_lists_are_searched_for_numbers_in_any_spelling(panel: Client, term: str) -> None:
    make.make_story()
    make.make_fallback(e164="+12025550177", label="Bob")
    shown = text(panel.get(page("fallbacknumber", "changelist"), {"q": term}))
    assert ">099 999 999</a>" in shown
    assert "+1 202-555-0177" not in shown


def test_a_label_is_found_by_its_digits_too(panel: Client) -> None:
    make.make_fallback(label="Office 7")
    assert "Office 7" in text(panel.get(page("fallbacknumber", "changelist"), {"q": "7"}))


@pytest.mark.parametrize(
    ("name", "typed"),
    [("caller", "099 123\u2013456"), ("q", "099\u00a0123\u2011456"), ("q", "00598 99 123 456")],
)
@IN_URUGUAY
def test_the_call_log_is_searched_as_people_write(panel: Client, name: str, typed: str) -> None:
    CallRecord.objects.create(call_sid="CAone", started_at=make.START, caller="+59899123456")
    CallRecord.objects.create(call_sid="CAtwo", started_at=make.START, caller="+59899123457")
    trigrams.add([("caller", f"+5989912345{n}", f"5989912345{n}") for n in (6, 7)])
    found = panel.get(log(), {name: typed}).context["rows"]
    assert [row["call"].pk for row in found] == ["CAone"]


@override_settings(COUNTRY="US")
def test_numbers_as_they_are_dialled_abroad_are_found(panel: Client) -> None:
    CallRecord.objects.create(call_sid="CAone", started_at=make.START, caller="+59899123456")
    trigrams.add([("caller", "+59899123456", "59899123456")])
    found = panel.get(log(), {"q": "011 598 99 123 456"}).context["rows"]
    assert [row["call"].pk for row in found] == ["CAone"]


@IN_URUGUAY
def test_a_form_that_nobody_touched_keeps_its_number(panel: Client) -> None:
    number = make.make_story()
    url = page("phonenumber", "change", number.pk)
    panel.post(url, {**inputs(panel.get(url)), "label": "Sales"})
    number.refresh_from_db()
    assert (number.e164, number.label) == (make.NUMBER, "Sales")
