"""A new username or password counts for calls once Asterisk has taken it, and not before."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.test import Client

from telephony.models import AsteriskServer, PhoneNumber, SipEndpoint
from telephony.snapshots.asterisk import load_asterisk
from telephony.snapshots.directory import load_directory_of
from telephony.snapshots.exported import promote
from tests import make
from tests.admin.conftest import page, text
from tests.admin.test_export import allow

pytestmark = pytest.mark.django_db

NEW = "another-password-1"
FORMER = ("switchhook-myext", make.PASSWORD)
WAITS = "go on with the former username and password"


@pytest.fixture
def exported(tmp_path: Path) -> Callable[[], str]:
    """The story of the docs, exported once; call it to export again, without a reload."""
    make.make_story()
    folder = tmp_path / "etc"
    folder.mkdir()

    def export() -> str:
        said = io.StringIO()
        call_command("export_asterisk", "--output", str(folder), stdout=said, no_color=True)
        return said.getvalue()

    export()
    return export


def endpoint() -> SipEndpoint:
    return SipEndpoint.objects.get()


def change_page() -> str:
    return page("sipendpoint", "change", endpoint().pk)


def told_to_twilio() -> tuple[str, str]:
    directory = load_directory_of(PhoneNumber.objects.get())
    (sip,) = (each for each in directory.destinations.values() if hasattr(each, "password"))
    return sip.username, sip.password


def told_to_asterisk() -> tuple[str, str]:
    (each,) = load_asterisk(AsteriskServer.objects.get()).endpoints
    return each.username, each.password


def test_calls_go_on_with_the_former_password_and_the_export_has_the_new_one(exported, save):
    said = text(save(change_page(), password=NEW))

    assert WAITS in said
    assert told_to_twilio() == FORMER
    assert told_to_asterisk() == (FORMER[0], NEW)
    assert "go on with a former password: 1." in exported()
    assert told_to_twilio() == FORMER


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"username": "desk"}, ("desk", make.PASSWORD)),
        ({"authentication": "address"}, ("", "")),
        ({"username": "desk", "password": NEW}, ("desk", NEW)),
    ],
)
def test_so_it_is_with_whatever_asterisk_must_learn(exported, save, changes, wanted):
    save(change_page(), **changes)

    assert (told_to_twilio(), told_to_asterisk()) == (FORMER, wanted)
    assert promote(load_asterisk(AsteriskServer.objects.get())) == 1
    assert told_to_twilio() == told_to_asterisk() == wanted
    assert not endpoint().is_pending


def test_the_form_shows_and_keeps_what_waits(exported, save, panel: Client):
    save(change_page(), username="desk", password=NEW)
    assert 'value="desk"' in text(panel.get(change_page()))
    save(change_page(), label="Ana's desk")

    assert told_to_asterisk() == ("desk", NEW)
    assert told_to_twilio() == FORMER


def test_a_change_that_is_taken_back_waits_for_nothing(exported, save):
    save(change_page(), username="desk")
    save(change_page(), username=FORMER[0])

    assert not endpoint().is_pending


def test_before_the_first_export_there_is_nothing_to_wait_for(save, panel: Client):
    make.make_story()
    save(change_page(), password=NEW)

    assert told_to_twilio() == told_to_asterisk() == (FORMER[0], NEW)


def test_on_another_server_there_is_nothing_to_go_on_with(exported, save):
    other = make.make_server(name="branch", host="branch.example.com")
    AsteriskServer.objects.update(exported_at="2026-11-24T12:00:00Z")
    save(change_page(), server=other.pk, password=NEW)

    assert told_to_twilio() == (FORMER[0], NEW)


def test_what_was_changed_after_the_export_waits_for_the_next_one(exported, save):
    save(change_page(), password=NEW)
    taken = load_asterisk(AsteriskServer.objects.get())
    save(change_page(), password="a-third-password-1")

    assert promote(taken) == 0
    assert told_to_twilio() == FORMER


def test_two_endpoints_may_change_usernames_and_none_may_take_one_that_waits(exported, save):
    first, server = endpoint(), AsteriskServer.objects.get()
    second = make.make_endpoint(server=server, user="ana", dialled_number="098")
    refused = text(save(page("sipendpoint", "change", second.pk), username=FORMER[0]))
    assert "already has an endpoint with that username" in refused

    SipEndpoint.objects.filter(pk=first.pk).update(next_username="desk", next_password=NEW)
    refused = text(save(page("sipendpoint", "change", second.pk), username="desk"))
    assert "already has an endpoint with that username" in refused
    with pytest.raises(IntegrityError), transaction.atomic():
        SipEndpoint.objects.filter(pk=second.pk).update(next_username="desk", next_password=NEW)

    save(page("sipendpoint", "change", second.pk), username=FORMER[0])
    assert promote(load_asterisk(server)) == 2
    usernames = SipEndpoint.objects.order_by("pk").values_list("username", flat=True)
    assert list(usernames) == ["desk", FORMER[0]]


def test_it_is_seen_on_the_list_and_on_the_servers_pages(exported, save, panel: Client):
    server = AsteriskServer.objects.get().pk
    pages = [
        (page("sipendpoint", "changelist"), "waits for the export"),
        (page("asteriskserver", "change", server), "go on with the former ones"),
        (page("asteriskserver", "export", server), WAITS),
    ]
    for url, words in pages:
        assert words not in text(panel.get(url))
    save(change_page(), password=NEW)
    for url, words in pages:
        shown = " ".join(text(panel.get(url)).split())
        assert words in shown
        assert NEW not in shown


def applied(client: Client, shown: str | None = None) -> HttpResponse:
    server = AsteriskServer.objects.get().pk
    if shown is None:
        shown = client.get(page("asteriskserver", "export", server)).context["shown"]
    url = page("asteriskserver", "export_applied", server)
    return client.post(url, {"shown": shown}, follow=True)


def test_applied_lets_calls_use_what_the_page_has_shown(exported, save, panel: Client):
    save(change_page(), password=NEW)

    assert "Calls use what Asterisk office now has." in text(applied(panel))
    assert told_to_twilio() == (FORMER[0], NEW)
    assert LogEntry.objects.filter(change_message__contains="Asterisk has taken").count() == 1


def test_applied_is_refused_where_something_has_changed_since(exported, save, panel: Client):
    save(change_page(), password=NEW)
    server = AsteriskServer.objects.get().pk
    shown = panel.get(page("asteriskserver", "export", server)).context["shown"]
    save(change_page(), password="a-third-password-1")

    assert "Something has changed since this page was shown" in text(applied(panel, shown))
    assert told_to_twilio() == FORMER


def test_applied_takes_a_post_and_the_right_to_change(exported, panel: Client, reader: Client):
    url = page("asteriskserver", "export_applied", AsteriskServer.objects.get().pk)
    assert panel.get(url).status_code == 403
    assert reader.post(url).status_code == 403
    one = allow("view_asteriskserver", "view_sipendpoint", "change_asteriskserver")
    assert one.post(url).status_code == 403
