"""The page with a server's exported files: masked, unless somebody who may reveal them asks."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from django.utils.html import escape

from telephony.admin import export
from telephony.models import AsteriskServer, DirectoryRevision, PhoneNumber, SipEndpoint
from tests import make
from tests.admin.conftest import page, text
from tests.admin.test_queries import assert_flat

pytestmark = pytest.mark.django_db

PJSIP = "pjsip_switchhook.conf"
DIALPLAN = "extensions_switchhook.conf"
DIFFERS = "Differs from what was last exported"


def url(*file: str) -> str:
    server = AsteriskServer.objects.get().pk
    return page("asteriskserver", "export_file" if file else "export", server, *file)


def write(folder: Path) -> None:
    call_command("export_asterisk", "--output", str(folder), stdout=io.StringIO())


def allow(*codenames: str) -> Client:
    user = User.objects.create(username="allowed", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


def logged() -> list[tuple[str, str]]:
    return [(entry.user.username, entry.change_message) for entry in LogEntry.objects.all()]


def test_the_page_shows_both_files_with_masked_passwords(panel: Client):
    make.make_story()
    shown = text(panel.get(url()))
    assert "[switchhook-myext](office-auth)" in shown
    assert "password = ********" in shown
    assert escape("Dial(${ARG2},${ARG3})") in shown
    assert make.PASSWORD not in shown
    assert not logged()


def test_the_servers_page_leads_there(panel: Client):
    make.make_story()
    assert f'href="{url()}"' in text(
        panel.get(page("asteriskserver", "change", AsteriskServer.objects.get().pk))
    )


def test_asking_shows_the_passwords_and_is_logged(panel: Client):
    make.make_story()
    shown = panel.post(url())
    assert f"password = {make.PASSWORD}" in text(shown)
    assert logged() == [("admin", f"Passwords shown: {DIALPLAN}, {PJSIP}.")]


def test_no_link_can_reveal_a_password(panel: Client):
    make.make_story()
    for address in (url(), url(PJSIP)):
        for query in ({"passwords": "1"}, {"reveal": "1"}):
            assert make.PASSWORD not in text(panel.get(address, query))
    outside = Client(enforce_csrf_checks=True)
    outside.force_login(User.objects.get(username="admin"))
    assert [outside.post(address).status_code for address in (url(), url(PJSIP))] == [403, 403]
    assert not logged()


def test_somebody_who_may_only_look_is_not_offered_the_passwords_nor_given_them(reader: Client):
    make.make_story()
    assert "Show passwords" not in text(reader.get(url()))
    for response in (reader.post(url()), reader.post(url(PJSIP))):
        assert response.status_code == 403
        assert make.PASSWORD not in text(response)
    assert not logged()


def test_the_right_to_reveal_is_enough_to_reveal():
    make.make_story()
    client = allow("view_asteriskserver", "view_sipendpoint", "reveal_sip_password")
    assert "Show passwords" in text(client.get(url()))
    assert make.PASSWORD in text(client.post(url(PJSIP)))
    assert logged() == [("allowed", f"Downloaded with passwords: {PJSIP}.")]


@pytest.mark.parametrize("missing", ["view_asteriskserver", "view_sipendpoint"])
def test_servers_and_endpoints_must_both_be_visible(missing: str):
    make.make_story()
    rights = {"view_asteriskserver", "view_sipendpoint", "reveal_sip_password"}
    client = allow(*rights - {missing})
    addresses = (url(), url(PJSIP))
    assert [client.get(address).status_code for address in addresses] == [403, 403]
    assert [client.post(address).status_code for address in addresses] == [403, 403]


def test_a_stranger_is_sent_to_sign_in(client: Client):
    make.make_story()
    for response in (client.get(url()), client.post(url(PJSIP))):
        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/")


def test_a_download_with_passwords_is_what_the_command_writes(panel: Client, tmp_path: Path):
    make.make_story()
    write(tmp_path)
    response = panel.post(url(PJSIP))
    assert text(response) == (tmp_path / PJSIP).read_text()
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["Content-Disposition"] == f'attachment; filename="{PJSIP}"'
    assert "no-store" in response["Cache-Control"]


def test_a_masked_download_has_a_name_that_nobody_includes(panel: Client):
    make.make_story()
    response = panel.get(url(PJSIP))
    assert make.PASSWORD not in text(response)
    assert response["Content-Disposition"] == f'attachment; filename="masked-{PJSIP}"'
    assert "no-store" in response["Cache-Control"]


def test_a_file_without_passwords_keeps_its_name(panel: Client, tmp_path: Path):
    make.make_story()
    write(tmp_path)
    response = panel.get(url(DIALPLAN))
    assert text(response) == (tmp_path / DIALPLAN).read_text()
    assert response["Content-Disposition"] == f'attachment; filename="{DIALPLAN}"'


@pytest.mark.parametrize("file", ["sip_switchhook.conf", "passwd", "..%2Fpasswd"])
def test_a_file_that_the_server_does_not_have_is_not_found(panel: Client, file: str):
    make.make_story()
    assert panel.get(url(file)).status_code == 404


def test_a_server_that_is_not_there_is_not_found(panel: Client):
    assert panel.get(page("asteriskserver", "export", 4711)).status_code == 404
    assert panel.get(page("asteriskserver", "export", "x")).status_code == 404


def test_never_exported_then_as_exported_then_different(panel: Client, tmp_path: Path):
    make.make_story()
    assert "Never exported." in text(panel.get(url()))
    write(tmp_path)
    assert "The same as last exported (" in text(panel.get(url()))
    SipEndpoint.objects.update(trunk="atother")
    shown = text(panel.get(url()))
    # Once for the server, once for the dialplan: the other file is as it was.
    assert shown.count(DIFFERS) == 2
    write(tmp_path)
    assert DIFFERS not in text(panel.get(url()))


CHANGES: dict[str, Callable[[], object]] = {
    "a password": lambda: SipEndpoint.objects.update(password="another-password"),
    "the driver": lambda: AsteriskServer.objects.update(driver="chan_sip"),
    "a ring time": lambda: PhoneNumber.objects.get().steps.update(ring_s=45),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_is_in_the_files_makes_them_differ(panel: Client, tmp_path: Path, change: str):
    make.make_story()
    write(tmp_path)
    CHANGES[change]()
    assert DIFFERS in text(panel.get(url()))


def test_printing_and_comparing_do_not_count_as_an_export(panel: Client, tmp_path: Path):
    make.make_story()
    write(tmp_path)
    AsteriskServer.objects.update(exported={}, exported_at=None)
    for words in ((), ("--output", str(tmp_path), "--check")):
        call_command("export_asterisk", *words, stdout=io.StringIO())
    assert "Never exported." in text(panel.get(url()))


def test_the_fingerprint_depends_on_the_secret_key(tmp_path: Path, settings):
    make.make_story()
    write(tmp_path)
    first = AsteriskServer.objects.get().exported
    settings.SECRET_KEY = "another key, with which nobody can try passwords out"
    write(tmp_path)
    assert sorted(first) == [DIALPLAN, PJSIP]
    assert not set(first.values()) & set(AsteriskServer.objects.get().exported.values())


def test_an_export_does_not_make_every_process_load_the_routes_again(tmp_path: Path):
    make.make_story()
    before = DirectoryRevision.current()
    write(tmp_path)
    assert AsteriskServer.objects.get().exported_at is not None
    assert DirectoryRevision.current() == before


def refuse() -> None:
    make.make_story()
    # Bypassing every form, as SQL does.
    SipEndpoint.objects.update(trunk="x\n[<evil>]")


def test_what_cannot_be_exported_says_why(panel: Client):
    refuse()
    shown = panel.get(url())
    assert shown.status_code == 200
    assert "office cannot be exported" in text(shown)
    assert escape("endpoint 'myext', trunk: Use 1 to 64 letters") in text(shown)
    assert "evil" not in text(shown)


def test_what_cannot_be_exported_shows_no_password_and_logs_nothing(panel: Client):
    refuse()
    responses: list[HttpResponse] = [panel.post(url()), panel.post(url(PJSIP))]
    assert [response.status_code for response in responses] == [200, 409]
    assert "trunk: Use 1 to 64 letters" in text(responses[1])
    assert not any(make.PASSWORD in text(response) for response in responses)
    assert not logged()


def test_a_long_file_is_cut_on_the_page_and_whole_in_the_download(panel: Client, monkeypatch):
    make.make_story()
    monkeypatch.setattr(export, "LINES_SHOWN", 5)
    shown = text(panel.get(url()))
    assert "The rest is in the download." in shown
    last = "[switchhook-myext](office-auth)"
    assert last not in shown
    assert last in text(panel.get(url(PJSIP)))


def test_the_page_asks_as_often_for_21_endpoints_as_for_one(panel: Client):
    make.make_server()

    def add(place: int) -> None:
        endpoint = make.make_endpoint(user=f"user{place}")
        make.make_number(endpoint, e164=f"+120255501{place:02}")

    assert_flat(panel, url(), add)


@pytest.mark.parametrize(
    ("fields", "check", "said"),
    [
        ({}, "log", []),
        ({}, "off", ["only username and password keep"]),
        ({}, "enforce", ["refused with 403, even your own"]),
        ({"authentication": "address"}, "off", ["nothing tells their calls from yours"]),
        ({"authentication": "address"}, "log", ["logged, but let in all the same"]),
        ({"authentication": "address"}, "enforce", ["only the account that", "even your own"]),
    ],
)
def test_the_form_warns_of_who_is_let_in(
    panel: Client, fields: dict[str, str], check: str, said: list[str]
):
    server = make.make_server(account_check=check)
    without = {"username": "", "password": ""} if fields else {}
    make.make_endpoint(server=server, **fields, **without)
    response = panel.get(page("asteriskserver", "change", server.pk))
    warnings = response.context["warnings"]
    assert len(warnings) == len(said)
    assert all(part in warning for part, warning in zip(said, warnings, strict=True))
    assert all(escape(warning) in text(response) for warning in warnings)


def test_the_account_check_is_chosen_in_the_form(save: Callable[..., HttpResponse]):
    server = make.make_server()
    save(page("asteriskserver", "change", server.pk), account_check="enforce")
    assert AsteriskServer.objects.get().account_check == "enforce"


def test_the_form_says_when_it_was_last_exported(panel: Client, tmp_path: Path):
    make.make_story()
    change = page("asteriskserver", "change", AsteriskServer.objects.get().pk)
    assert "never" in text(panel.get(change))
    write(tmp_path)
    assert ">never<" not in text(panel.get(change))
