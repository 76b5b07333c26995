"""An import does what was shown, by whom it may be done, and gives no password away."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from telephony.admin import imports, judging
from telephony.admin.judging import Rights
from telephony.admin.sheets import NumberSheet
from telephony.bulk.tables import read_table
from telephony.models import AsteriskServer, FallbackNumber, PhoneNumber, SipEndpoint
from tests import make
from tests.admin.conftest import page, text
from tests.admin.test_import import bring_in, changes, go_on, problems, rows, show, told

__all__ = ["bring_in", "show"]

SECRET = "another-digest-password"
Show = Callable[..., HttpResponse]


def somebody(*codenames: str) -> Client:
    user = User.objects.create(username="somebody", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


def test_a_row_that_was_saved_in_between_is_shown_again(panel: Client, show: Show) -> None:
    number = make.make_story()
    shown = show("phonenumber", "number,label\n+12025550100,Mine\n")
    PhoneNumber.objects.filter(pk=number.pk).update(label="Theirs")
    answer = go_on(panel, "phonenumber", shown)
    assert answer.status_code == 200
    assert "something has changed since this was shown" in text(answer)
    assert changes(answer) == {"label": ("Theirs", "Mine")}
    number.refresh_from_db()
    assert number.label == "Theirs"
    assert go_on(panel, "phonenumber", answer).status_code == 302
    number.refresh_from_db()
    assert number.label == "Mine"


def test_a_row_that_was_added_in_between_is_shown_again(panel: Client, show: Show) -> None:
    make.make_endpoint()
    shown = show("phonenumber", "number,route\n+12025550177,myext@office\n")
    PhoneNumber.objects.create(e164="+12025550177", enabled=False)
    answer = go_on(panel, "phonenumber", shown)
    assert "something has changed since this was shown" in text(answer)
    assert changes(answer) == {"route": ("", "myext@office 20s")}


def test_a_destination_that_went_in_between_becomes_an_error(panel: Client, show: Show) -> None:
    endpoint = make.make_endpoint()
    shown = show("phonenumber", "number,route\n+12025550177,myext@office\n")
    endpoint.delete()
    answer = go_on(panel, "phonenumber", shown)
    assert problems(answer)[0][:2] == (2, "route")
    assert not PhoneNumber.objects.exists()


@pytest.mark.parametrize("change", ["label", "steps"])
def test_what_is_saved_after_the_last_look_is_not_overwritten(db: None, change: str) -> None:
    """Nothing but a transaction of somebody else's can come in here."""
    number = make.make_story()
    sheet = NumberSheet()
    table = read_table(b"number,language\n+12025550100,French\n", list(sheet.by_name), sheet.keys)
    made = imports.plan(sheet, table, Rights())
    if change == "label":
        PhoneNumber.objects.update(label="Theirs")
    else:
        number.steps.filter(position=1).update(ring_s=33)
    with pytest.raises(imports.OutdatedError):
        imports.carry_out(made)
    number.refresh_from_db()
    assert number.language == "en-US"


def test_what_fails_in_the_middle_leaves_nothing_behind(
    panel: Client, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A number that somebody adds at the same moment is refused by the database alone."""
    make.make_endpoint()
    before = rows()
    file = "number,route\n+12025550177,myext@office\n+12025550178,myext@office\n"
    shown = show("phonenumber", file)
    real = imports._refuse_other_rules

    def somebody_is_faster(*args: Any) -> None:
        real(*args)
        PhoneNumber.objects.create(e164="+12025550178")

    monkeypatch.setattr(imports, "_refuse_other_rules", somebody_is_faster)
    answer = go_on(panel, "phonenumber", shown)
    assert "somebody else saved at the same time" in text(answer)
    assert rows() == before


@pytest.mark.parametrize("label", ["Other", "Another that is longer"])
def test_a_preview_can_be_used_once_and_only_the_newest(
    panel: Client, show: Show, label: str
) -> None:
    make.make_story()
    first = show("phonenumber", "number,label\n+12025550100,First\n")
    second = show("phonenumber", f"number,label\n+12025550100,{label}\n")
    assert "another file has been chosen since" in text(go_on(panel, "phonenumber", first))
    assert go_on(panel, "phonenumber", second).status_code == 302
    assert "another file has been chosen since" in text(go_on(panel, "phonenumber", second))


@pytest.mark.parametrize("kept", ["", "!", "AAAA"])
def test_a_share_that_is_none_is_refused(panel: Client, show: Show, kept: str) -> None:
    make.make_story()
    shown = show("phonenumber", "number,label\n+12025550100,First\n")
    data = {"kept": kept, "seen": shown.context["seen"]}
    answer = panel.post(page("phonenumber", "import"), data)
    assert "another file has been chosen since" in text(answer)


def test_another_list_s_preview_imports_nothing(panel: Client, show: Show) -> None:
    make.make_story()
    shown = show("fallbacknumber", "number,label\n+59899999999,First\n")
    data = {name: shown.context[name] for name in ("kept", "seen")}
    before = rows()
    assert panel.post(page("phonenumber", "import"), data).status_code == 200
    assert rows() == before


def test_a_password_is_set_and_stands_nowhere_in_clear(panel: Client, show: Show) -> None:
    make.make_endpoint()
    shown = show("sipendpoint", f"server,user,password\noffice,myext,{SECRET}\n")
    assert changes(shown) == {"password": ("", "changed")}
    assert SECRET not in text(shown)
    sessions = str([session.get_decoded() for session in Session.objects.all()])
    assert "import of endpoints" in sessions
    assert SECRET not in sessions
    assert go_on(panel, "sipendpoint", shown).status_code == 302
    assert SipEndpoint.objects.get().password == SECRET
    sessions = str([session.get_decoded() for session in Session.objects.all()])
    assert "import of endpoints" not in sessions


def test_a_password_that_is_refused_is_not_repeated(show: Show) -> None:
    make.make_endpoint()
    shown = show("sipendpoint", 'server,user,password\noffice,myext,"with ""quotes"" inside"\n')
    assert problems(shown)[0][:2] == (2, "password")
    assert "inside" not in text(shown)


def test_an_empty_password_keeps_the_stored_one(bring_in: Show) -> None:
    make.make_endpoint()
    bring_in("sipendpoint", "server,user,label,username,password\noffice,myext,Ana,,\n")
    endpoint = SipEndpoint.objects.get()
    assert (endpoint.label, endpoint.username) == ("Ana", "switchhook-myext")
    assert endpoint.password == make.PASSWORD


def test_new_endpoints_get_credentials_and_what_waits_for_an_export_is_told(bring_in: Show) -> None:
    make.make_endpoint()
    AsteriskServer.objects.update(exported_at=timezone.now())
    answer = bring_in(
        "sipendpoint",
        "server,user,dialled number,trunk,username,authentication\n"
        "office,new,0991,atapstn,,\n"
        "office,open,0992,atapstn,,twilio's addresses only\n"
        "office,myext,099999999,atapstn,another,\n",
    )
    new = SipEndpoint.objects.get(user="new")
    assert (new.username, len(new.password)) == ("switchhook-new", 32)
    changed = SipEndpoint.objects.get(user="myext")
    assert (changed.username, changed.wanted[0]) == ("switchhook-myext", "another")
    assert told(answer) == [
        "Imported: 2 new, 1 changed, 0 unchanged.",
        "Endpoints for which a username and a password were generated: 1. Asterisk learns them "
        "with the next export.",
        "Endpoints with another username or password: 1. Calls to them go on with the former ones, "
        "until Asterisk has taken the new ones: export the files of office.",
        "Endpoints without a password: 1. Any of Twilio's customers can call them.",
    ]


def test_a_high_price_is_asked_about_before_it_is_imported(panel: Client, show: Show) -> None:
    make.make_fallback()
    shown = show("fallbacknumber", "number;cost per minute\n+59899999999;15\n")
    assert "15.00 USD a minute?" in text(shown)
    answer = go_on(panel, "fallbacknumber", shown)
    assert "say whether the prices per minute are right" in text(answer)
    assert FallbackNumber.objects.get().cost_per_minute == Decimal("0.38")
    assert go_on(panel, "fallbacknumber", answer, confirmed="on").status_code == 302
    assert FallbackNumber.objects.get().cost_per_minute == 15


def test_a_decimal_comma_is_read_and_a_usual_price_is_not_asked_about(bring_in: Show) -> None:
    make.make_fallback()
    bring_in("fallbacknumber", "number;cost per minute\n+59899999999;0,15\n")
    assert FallbackNumber.objects.get().cost_per_minute == Decimal("0.15")


def test_nobody_is_left_to_ring_only_together(show: Show) -> None:
    number = make.make_number(make.make_endpoint(), make.make_endpoint(user="lobby"))
    off = "server,user,enabled\noffice,myext,no\noffice,lobby,no\n"
    found = problems(show("sipendpoint", off))
    sentence = f"Nobody else would ring for {number}. Give the route another step first."
    assert found == [(2, "enabled", sentence), (3, "enabled", sentence)]
    assert problems(show("sipendpoint", off.replace("lobby,no", "lobby,yes"))) == []


def test_one_is_switched_off_for_another_whichever_comes_first(bring_in: Show) -> None:
    make.make_number(
        make.make_endpoint(),
        make.make_endpoint(user="lobby", enabled=False),
        make.make_fallback(enabled=False),
    )
    bring_in("sipendpoint", "server,user,enabled\noffice,myext,no\noffice,lobby,yes\n")
    assert SipEndpoint.objects.get(enabled=True).user == "lobby"


def test_a_fallback_number_that_rings_alone_is_not_switched_off(show: Show) -> None:
    make.make_number(make.make_fallback())
    (found,) = problems(show("fallbacknumber", "number,enabled\n+59899999999,no\n"))
    assert found[:2] == (2, "enabled")


def test_a_route_that_deserves_a_look_is_told_of_after_the_import(bring_in: Show) -> None:
    make.make_story()
    lines = [f"+120255501{n},myext@office 60s [never] > +59899999999 50s" for n in range(10, 17)]
    answer = bring_in("phonenumber", "number,route\n" + "\n".join(lines))
    first, *warnings, last = told(answer)
    assert first.startswith("Imported: 7 new")
    assert len(warnings) == 5
    assert warnings[0].startswith("+12025550110: The call never moves on from position 1")
    assert last == "And 2 more like these: the numbers' own pages say which."


def test_a_caller_id_that_twilio_would_refuse_is_told_of(bring_in: Show) -> None:
    other = make.make_number(e164="+12025550199", account_sid=f"AC{'9' * 32}", enabled=False)
    make.make_number(make.make_fallback())
    answer = bring_in(
        "fallbacknumber", f"number,shows,fixed number\n+59899999999,fixed,{other.e164}\n"
    )
    assert "belongs to another Twilio account" in told(answer)[1]


NUMBER_RIGHTS = ("view_phonenumber", "view_routestep")


@pytest.mark.parametrize(
    ("may", "content", "words"),
    [
        (["change_phonenumber"], "number,enabled\n+12025550177,no\n", "You may not add numbers."),
        (["add_phonenumber"], "number,label\n+12025550100,a\n", "You may not change numbers."),
        (
            ["change_phonenumber", "add_routestep", "change_routestep"],
            "number,route\n+12025550100,myext@office\n",
            "You may not change routes.",
        ),
        (["change_phonenumber"], "number,label\n+12025550100,a\n", ""),
    ],
)
def test_each_does_only_what_the_pages_would_let_them(
    show: Show, may: list[str], content: str, words: str
) -> None:
    make.make_story()
    found = problems(show("phonenumber", content, client=somebody(*NUMBER_RIGHTS, *may)))
    assert [each[2][: len(words)] for each in found] == ([words] if words else [])


def test_more_changes_than_can_be_judged_in_time_are_refused(
    show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "changes_at_most", lambda: 1)
    make.make_story()
    make.make_number(e164="+12025550101", enabled=False)
    shown = show("phonenumber", "number,label\n+12025550100,a\n+12025550101,b\n")
    assert "More than 1 rows of the file are new or changed" in text(shown)
    shown = show("phonenumber", "number,label\n+12025550100,a\n+12025550101,\n")
    assert shown.context["can_import"]


def test_a_cell_cannot_write_into_the_page(show: Show) -> None:
    make.make_story()
    shown = show("phonenumber", "number,label\n+12025550100,<b>bold</b>\n")
    assert "&lt;b&gt;bold" in text(shown)
    assert "<b>bold" not in text(shown)


def test_a_row_that_is_well_vouches_for_no_other(show: Show) -> None:
    make.make_fallback()
    make.make_fallback(e164="+59891234567")
    file = "number,label,shows\n+59899999999,Ana,caller\n+59891234567,Bea,fixed\n"
    ((row, _, words),) = problems(show("fallbacknumber", file))
    assert (row, words[:21]) == (3, "Choose a fixed number")
