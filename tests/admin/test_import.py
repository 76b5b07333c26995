"""Lists as CSV: what is downloaded goes back unchanged, and an import does what it has shown, or nothing."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.models import Group, User
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from telephony.admin import bulk
from telephony.bulk import tables
from telephony.models import (
    DirectoryRevision,
    FallbackNumber,
    PhoneNumber,
    RouteStep,
    SipEndpoint,
)
from telephony.models.choices import Authentication, CallerId
from tests import make
from tests.admin.conftest import page, text

MODELS = ("phonenumber", "sipendpoint", "fallbacknumber")


@pytest.fixture
def show(panel: Client) -> Callable[..., HttpResponse]:
    def show(model: str, content: str | bytes, client: Client = panel) -> HttpResponse:
        content = content.encode() if isinstance(content, str) else content
        file = SimpleUploadedFile("table.csv", content)
        answer = client.post(page(model, "import"), {"file": file})
        assert answer.status_code == 200
        return answer

    return show


@pytest.fixture
def bring_in(panel: Client, show: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Show what a file would do, and do it."""

    def bring_in(model: str, content: str, **more: str) -> HttpResponse:
        return go_on(panel, model, show(model, content), **more)

    return bring_in


def go_on(client: Client, model: str, shown: HttpResponse, **more: str) -> HttpResponse:
    assert shown.context.get("can_import"), problems(shown) or text(shown)
    data = {name: shown.context[name] for name in ("kept", "seen")}
    return client.post(page(model, "import"), data | more)


def download(client: Client, model: str, query: str = "") -> str:
    answer = client.get(f"{page(model, 'csv')}?{query}")
    assert answer.status_code == 200
    return text(answer)


def problems(shown: HttpResponse) -> list[tuple[int, str, str]]:
    return [
        (outcome.number, each.column, each.text)
        for outcome in shown.context["wrong"]
        for each in outcome.problems
    ]


def changes(shown: HttpResponse) -> dict[str, tuple[str, str]]:
    (outcome,) = shown.context["to_do"]
    return {each.column: (each.before, each.after) for each in outcome.changes}


def told(answer: HttpResponse) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def rows() -> list[list[dict[str, Any]]]:
    models = (PhoneNumber, RouteStep, SipEndpoint, FallbackNumber)
    return [list(model.objects.order_by("pk").values()) for model in models]


def make_everything() -> PhoneNumber:
    """A route with all that a step can have, labels that are no names, and other rare values."""
    desk = make.make_endpoint(label="Ana's desk")
    twin = make.make_endpoint(user="lobby", label="ana's DESK", dialled_number="0991")
    odd = make.make_endpoint(user="odd", label="a > b", dialled_number="#31#5", enabled=False)
    open_one = {"authentication": Authentication.ADDRESS, "username": "", "password": ""}
    make.make_endpoint(user="open", label="=1+1", dialled_number="123456789012", **open_one)
    number = make.make_number(label="Niño; \"quoted\", 'and so on'", language="es-MX")
    mobile = make.make_fallback(
        label="+59891111111", caller_id=CallerId.FIXED, fixed_caller_id=number
    )
    key = make.make_fallback(e164="+4915112345678", ask_for_key=True, cost_per_minute=Decimal(2))
    make.make_step(number, desk, position=3, ring_s=5)
    make.make_step(number, twin, position=3, on_busy=True, on_no_answer=False)
    make.make_step(number, odd, position=7, on_failed=False, on_no_answer=False)
    make.make_step(number, mobile, position=8, on_declined=True)
    make.make_step(number, key, position=9)
    make.make_number(e164="+12025550101", enabled=False)
    return number


@pytest.mark.parametrize("query", ["", "separator=semicolon"])
@pytest.mark.parametrize("model", MODELS)
def test_what_is_downloaded_goes_back_without_a_change(
    panel: Client, show: Callable[..., HttpResponse], model: str, query: str
) -> None:
    make_everything()
    shown = show(model, download(panel, model, query))
    assert problems(shown) == []
    counts = shown.context["counts"]
    count = {"phonenumber": 2, "sipendpoint": 4, "fallbacknumber": 2}[model]
    assert counts == {"new": 0, "changed": 0, "unchanged": count, "wrong": 0}
    assert "There is nothing to import" in text(shown)


@pytest.mark.parametrize("model", ["phonenumber", "fallbacknumber"])
def test_what_is_downloaded_makes_the_same_rows_in_an_empty_panel(
    panel: Client, bring_in: Callable[..., HttpResponse], model: str
) -> None:
    number = make_everything()
    file = download(panel, model)
    if model == "phonenumber":
        number.steps.all().delete()
        PhoneNumber.objects.exclude(pk=number.pk).delete()
    else:
        RouteStep.objects.all().delete()
        FallbackNumber.objects.all().delete()
    answer = bring_in(model, file, confirmed="on")
    assert answer.status_code == 302
    assert download(panel, model) == file


def test_a_download_has_no_password_and_keeps_numbers(panel: Client) -> None:
    make_everything()
    endpoints = download(panel, "sipendpoint")
    assert make.PASSWORD not in endpoints
    assert "'099999999" in endpoints
    assert "'=1+1" in endpoints
    fallbacks = download(panel, "fallbacknumber", "separator=semicolon")
    assert "\r\n+59899999999;" in fallbacks
    assert ";0,38;" in fallbacks


def test_who_may_only_look_downloads_no_usernames(panel: Client) -> None:
    make.make_endpoint()
    user = User.objects.create(username="operator", is_staff=True)
    user.groups.add(Group.objects.get(name="Operator"))
    client = Client()
    client.force_login(user)
    assert "switchhook-myext" in download(panel, "sipendpoint")
    shown = download(client, "sipendpoint")
    assert "myext" in shown
    assert "switchhook-myext" not in shown
    assert "password" not in shown.splitlines()[0].split(",")


@pytest.mark.parametrize("model", MODELS)
def test_the_lists_lead_to_both_for_whom_may(panel: Client, reader: Client, model: str) -> None:
    make.make_story()
    listed = text(panel.get(page(model, "changelist")))
    assert 'href="csv/"' in listed
    assert 'href="import/"' in listed
    listed = text(reader.get(page(model, "changelist")))
    assert 'href="csv/"' in listed
    assert 'href="import/"' not in listed
    assert reader.get(page(model, "import")).status_code == 403


@pytest.mark.parametrize("model", MODELS)
def test_the_page_explains_every_column_and_gives_an_example(panel: Client, model: str) -> None:
    shown = panel.get(page(model, "import"))
    head = download(panel, model, "example").removeprefix("\ufeff").splitlines()[0].split(",")
    for column in head:
        assert f'<th scope="row">{column}</th>' in text(shown)
    assert "What is not in the file is left alone" in text(shown)


def test_a_number_is_added_and_one_is_changed_with_its_route(
    panel: Client, show: Callable[..., HttpResponse]
) -> None:
    number = make.make_story()
    old = list(number.steps.order_by("position"))
    before = DirectoryRevision.current()
    shown = show(
        "phonenumber",
        "number;label;route\n"
        "+12025550100;Head office;+59899999999 30s [after busy] > myext@office 25s\n"
        "+12025550177;Sales;myext@office 20s + +59899999999 20s\n",
    )
    assert [outcome.kind for outcome in shown.context["to_do"]] == ["changed", "new"]
    assert DirectoryRevision.current() == before
    answer = go_on(panel, "phonenumber", shown)
    assert told(answer)[0] == "Imported: 1 new, 1 changed, 0 unchanged."
    assert DirectoryRevision.current() > before
    number.refresh_from_db()
    assert number.label == "Head office"
    steps = list(number.steps.order_by("position"))
    # The same steps in the other order, so that their history goes on.
    assert [step.pk for step in steps] == [old[1].pk, old[0].pk]
    assert [(s.position, s.ring_s, s.on_busy, s.on_failed) for s in steps] == [
        (1, 30, True, False),
        (2, 25, False, True),
    ]
    new = PhoneNumber.objects.get(e164="+12025550177")
    assert [step.position for step in new.steps.all()] == [1, 1]


def test_the_log_says_who_has_added_and_changed_what(
    panel: Client, bring_in: Callable[..., HttpResponse]
) -> None:
    number = make.make_story()
    bring_in(
        "phonenumber",
        "number,label,route\n+12025550100,A,myext@office\n+12025550177,B,myext@office\n",
    )
    entries = {entry.object_id: entry for entry in LogEntry.objects.all()}
    new = PhoneNumber.objects.get(e164="+12025550177")
    assert entries[str(number.pk)].action_flag == CHANGE
    assert (
        "Changed Label. Deleted route step “2: +59899999999”."
        in entries[str(number.pk)].get_change_message()
    )
    assert entries[str(new.pk)].action_flag == ADDITION
    assert {entry.user.username for entry in entries.values()} == {"admin"}


def test_columns_that_are_missing_and_rows_that_are_missing_stay_as_they_are(
    bring_in: Callable[..., HttpResponse],
) -> None:
    number = make_everything()
    steps = list(number.steps.values())
    bring_in("phonenumber", f"label,number\nOffice,{number.e164}\n")
    number.refresh_from_db()
    assert (number.label, number.language) == ("Office", "es-MX")
    assert list(number.steps.values()) == steps
    assert PhoneNumber.objects.count() == 2


def test_a_route_that_is_only_spelled_otherwise_keeps_its_steps(
    bring_in: Callable[..., HttpResponse],
) -> None:
    number = make.make_number(make.make_endpoint(label="Ana"))
    number.steps.update(position=5)
    steps = list(number.steps.values())
    bring_in("phonenumber", "number,label,route\n+12025550100,Sales,  ana  20 s\n")
    number.refresh_from_db()
    assert number.label == "Sales"
    assert list(number.steps.values()) == steps


def test_an_empty_cell_empties_or_leaves_as_the_page_says(
    bring_in: Callable[..., HttpResponse],
) -> None:
    number = make_everything()
    make.make_fallback(e164="+59891234567", label="Bea", time_limit_s=600)
    bring_in(
        "fallbacknumber",
        "number,label,enabled,longest call (s),cost per minute\n+59891234567,,,,\n",
    )
    fallback = FallbackNumber.objects.get(e164="+59891234567")
    assert (fallback.label, fallback.enabled, fallback.time_limit_s) == ("", True, 600)
    assert fallback.cost_per_minute == Decimal("0.38")
    bring_in("phonenumber", f"number,label,language,enabled,route\n{number.e164},,,no,\n")
    number.refresh_from_db()
    assert (number.label, number.language, number.steps.count()) == ("", "es-MX", 0)


def test_a_number_that_lost_its_plus_is_found_and_a_new_one_is_refused(
    show: Callable[..., HttpResponse],
) -> None:
    make.make_fallback()
    shown = show("fallbacknumber", "number,label\n59899999999,Ana\n")
    assert changes(shown) == {"label": ("", "Ana")}
    shown = show("fallbacknumber", "number,label\n59891234567,Ana\n5.98E+11,Ana\n")
    (_, _, plus), (_, column, rounded) = problems(shown)
    assert plus == "Write the number with + and the country code, such as +12025550100."
    assert (column, rounded[:27]) == ("number", "The spreadsheet has rounded")


ERRORS = {
    "phonenumber": [
        ("number,label\n12,a\n", (2, "number", "Write the number with +")),
        ("number\n+12025550177\n", (2, "", "would ring nobody (its route has no step)")),
        (
            "number,route\n+12025550177,\n",
            (2, "route", "would ring nobody (its route has no step)"),
        ),
        ("number,route\n+12025550100,Nobody\n", (2, "route", "Nobody is called 'Nobody'")),
        (
            "number,route\n+12025550100,myext@office 2s\n",
            (2, "route", "Ring (s): Ensure this value"),
        ),
        (
            "number,route\n+12025550100,myext@office + myext@office\n",
            (2, "route", "A destination can ring only once at a position"),
        ),
        ("number,enabled\n+12025550100,perhaps\n", (2, "enabled", "neither yes nor no")),
        ("number,language\n+12025550100,Klingon\n", (2, "language", "is not one of these")),
        ("number,Twilio SID\n+12025550100,PN1\n", (2, "Twilio SID", "PN and 32 hexadecimal")),
        ("number\n+12025550100\n+1 202 555 0100\n", (3, "number", "is in row 2 already")),
        (
            "number,label,route\n+59891234567,a,myext@office\n",
            (2, "number", "also a fallback number"),
        ),
        ("number,label\n\n,x\n", (3, "number", "The number is missing")),
    ],
    "sipendpoint": [
        ("server,user\noffice,\n", (2, "user", "The user is missing")),
        (
            "server,user,trunk\nmoon,a,t\n",
            (2, "server", "No server is called 'moon'. Servers: office."),
        ),
        ("server,user,trunk\noffice,new,t\n", (2, "dialled number", "This field is required.")),
        ("server,user,password\noffice,myext,short\n", (2, "password", "12 to 64")),
        (
            "server,user,cost per minute\noffice,myext,380\n",
            (2, "cost per minute", "less than or equal to 100"),
        ),
        (
            "server,user,dialled number\noffice,myext,+12025550100\n",
            (2, "dialled number", "would loop"),
        ),
        (
            "server,user,username,password,dialled number,trunk\n"
            "office,aa,same,long-enough-1,0991,t\noffice,bb,same,long-enough-2,0992,t\n",
            (3, "username", "Row 2 has the username same on that server"),
        ),
        (
            "server,user,username\noffice,other,switchhook-myext\n",
            (2, "", "This server already has an endpoint with that username."),
        ),
    ],
    "fallbacknumber": [
        ("number,shows\n+59899999999,a fixed number of ours\n", (2, "", "Choose a fixed number")),
        (
            "number,shows,fixed number\n+59899999999,fixed,+12025550199\n",
            (2, "fixed number", "+12025550199 is none of your numbers"),
        ),
        (
            'number,cost per minute\n+59899999999,"1,000.5"\n',
            (2, "cost per minute", "Write 0.15 or 0,15"),
        ),
        (
            "number,longest call (s)\n+59899999999,10\n",
            (2, "longest call (s)", "greater than or equal to 60"),
        ),
        ("number\n+12025550100\n", (2, "number", "one of our own numbers")),
    ],
}


@pytest.mark.parametrize(
    ("model", "content", "problem"),
    [(model, *case) for model, cases in ERRORS.items() for case in cases],
)
def test_an_error_names_row_and_column_in_the_words_of_the_form(
    panel: Client,
    show: Callable[..., HttpResponse],
    model: str,
    content: str,
    problem: tuple[int, str, str],
) -> None:
    make.make_story()
    make.make_endpoint(user="other", dialled_number="0990")
    make.make_fallback(e164="+59891234567")
    before = rows()
    shown = show(model, content)
    row, column, words = problem
    found = problems(shown)
    assert [(row, column)] == [each[:2] for each in found], found
    assert words in found[0][2]
    assert not shown.context["can_import"]
    assert "Nothing can be imported until every row is well" in text(shown)
    assert rows() == before


def test_one_faulty_row_keeps_all_others_out(
    panel: Client, show: Callable[..., HttpResponse]
) -> None:
    make.make_story()
    before = rows()
    shown = show("phonenumber", "number,label\n+12025550100,New\n12,a\n")
    data = {"kept": shown.context.get("kept", ""), "seen": shown.context.get("seen", "")}
    answer = panel.post(page("phonenumber", "import"), data)
    assert answer.status_code == 200
    assert rows() == before


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "The file is empty"),
        ("nomber\n1\n", "No column is called &#x27;nomber&#x27;"),
        (b"PK\x03\x04", "workbook and no CSV"),
        (b"x" * (tables.BYTES_AT_MOST + 1), "at most 1,000,000 can be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_on_the_page(
    show: Callable[..., HttpResponse], content: str | bytes, words: str
) -> None:
    # Django itself refuses an empty file.
    shown = show("phonenumber", content or "\n")
    assert words in text(shown)


def test_without_a_file_the_page_asks_for_one(panel: Client) -> None:
    assert "Choose a file first" in text(panel.post(page("phonenumber", "import")))


def test_an_import_is_judged_anew_if_anything_was_saved_meanwhile(
    panel: Client, show: Callable[..., HttpResponse], monkeypatch: pytest.MonkeyPatch
) -> None:
    make.make_fallback()
    shown = show("fallbacknumber", "number,label\n+59899999999,Ana\n")
    judged = bulk.plan

    def plan(*given: Any) -> Any:
        made = judged(*given)
        monkeypatch.setattr(bulk, "plan", judged)
        # What another import, or a form, does while this one is between judging and writing.
        make.make_number(e164="+12025550177", enabled=False)
        return made

    monkeypatch.setattr(bulk, "plan", plan)
    again = go_on(panel, "fallbacknumber", shown)
    assert "changed" in again.context["problem"]
    assert FallbackNumber.objects.get().label == ""
    assert go_on(panel, "fallbacknumber", again).status_code == 302
    assert FallbackNumber.objects.get().label == "Ana"
