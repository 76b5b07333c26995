"""What the history of a row says: who changed what, from what to what, and in which order."""

from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from io import StringIO
from typing import Any
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from telephony.admin import changes, history
from telephony.models import AsteriskServer, PhoneNumber, RouteStep, SipEndpoint
from telephony.snapshots.asterisk import load_asterisk
from telephony.snapshots.exported import promote
from tests import make
from tests.admin.conftest import page, text

begin = import_module("telephony.migrations.0027_begin_history")
Save = Callable[..., HttpResponse]
# A save is a transaction, so these tests have transactions of their own.
pytestmark = pytest.mark.django_db(transaction=True)


def told(client: Client, model: str, key: object) -> list[tuple[str, list[str]]]:
    """Return who made each save, and all that was changed by it, newest first."""
    answer = client.get(page(model, "history", key))
    assert answer.status_code == 200
    return as_told(answer)


def as_told(answer: HttpResponse) -> list[tuple[str, list[str]]]:
    return [
        (
            save.who,
            [
                f"{each.subject}: {sentence}" if each.is_step else sentence
                for each in save.told
                for sentence in each.sentences
            ]
            or [save.note],
        )
        for save in answer.context["saves"]
    ]


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_a_save_of_a_number_and_its_steps_is_one_entry(save: Save, panel: Client) -> None:
    number = make.make_story()
    given = {"steps__1__ring_s": "25", "steps__1__on_busy": "on", "label": "Sales"}
    assert save(page("phonenumber", "change", number.pk), **given).status_code == 200
    who, sentences = told(panel, "phonenumber", number.pk)[0]
    assert who == "admin"
    assert sentences == [
        "Label: Sales instead of nothing",
        f"Position 2, {make.MOBILE}: Rings for 25 s instead of 20 s",
        f"Position 2, {make.MOBILE}: Moves on after busy",
    ]


def test_a_form_that_changes_nothing_is_no_entry(save: Save, panel: Client) -> None:
    number = make.make_story()
    before = told(panel, "phonenumber", number.pk)
    assert save(page("phonenumber", "change", number.pk)).status_code == 200
    assert told(panel, "phonenumber", number.pk) == before


def test_moving_a_step_is_told_without_the_places_it_was_parked_at(
    save: Save, panel: Client
) -> None:
    number = make.make_story()
    save(page("phonenumber", "change", number.pk), steps__0__position=2, steps__1__position=1)
    _, sentences = told(panel, "phonenumber", number.pk)[0]
    assert sorted(sentences) == [
        f"Position 1, {make.MOBILE}: Stands at position 1 instead of 2",
        "Position 2, myext@office: Stands at position 2 instead of 1",
    ]


def test_a_new_and_a_removed_step_are_told(save: Save, panel: Client) -> None:
    number = make.make_story()
    save(page("phonenumber", "change", number.pk), steps__1__DELETE="on")
    make.make_step(number, make.make_fallback(e164="+59899999998", label="Ana"), position=3)
    added, removed = told(panel, "phonenumber", number.pk)[:2]
    assert added[1] == [
        "Position 3, Ana (+59899999998): Added.",
        "Position 3, Ana (+59899999998): Rings for 20 s. Moves on after failure, no answer.",
    ]
    assert removed == ("admin", [f"Position 2, {make.MOBILE}: Removed."])


def test_another_destination_is_named(panel: Client) -> None:
    number = make.make_story()
    ana = make.make_fallback(e164="+59899999998", label="Ana")
    RouteStep.objects.filter(position=2).update(fallback_number=ana)
    assert told(panel, "phonenumber", number.pk)[0][1] == [
        f"Position 2, {ana}: Rings {ana} instead of {make.MOBILE}"
    ]


def test_the_first_entry_says_how_it_was_made(panel: Client) -> None:
    number = make.make_number(label="Sales", language="es-MX")
    assert told(panel, "phonenumber", number.pk) == [
        (
            "another program",
            [
                "Added.",
                f"Number (DID): {make.NUMBER}",
                "Label: Sales",
                "Language: Spanish (Latin America)",
            ],
        )
    ]


def test_actions_of_a_list_are_told(panel: Client) -> None:
    server = make.make_server()
    data = {"_selected_action": [server.pk], "minutes": "60"}
    url = page("asteriskserver", "changelist")
    for action in ("take_out_of_service", "put_back_into_service"):
        panel.post(url, {**data, "action": action})
    (back, [in_service]), (out, [held]), _ = told(panel, "asteriskserver", server.pk)
    assert (back, out) == ("admin", "admin")
    assert in_service.startswith("Out of service until: nothing instead of 20")
    assert held.startswith("Out of service until: 20")


def test_djangos_deletion_of_several_is_told_with_what_went_along(panel: Client) -> None:
    number = make.make_story()
    data = {"_selected_action": [number.pk], "action": "delete_selected", "post": "yes"}
    panel.post(page("phonenumber", "changelist"), data)
    assert not PhoneNumber.objects.exists()
    who, sentences = told(panel, "phonenumber", number.pk)[0]
    assert who == "admin"
    assert sentences == [
        "Removed.",
        "Position 1, myext@office: Removed.",
        f"Position 2, {make.MOBILE}: Removed.",
    ]


def test_a_password_is_told_of_and_not_shown(save: Save, panel: Client) -> None:
    endpoint = make.make_endpoint()
    save(page("sipendpoint", "change", endpoint.pk), password="another-password", trunk="other")
    assert told(panel, "sipendpoint", endpoint.pk)[0] == (
        "admin",
        ["Trunk: other instead of atapstn", "The password was changed"],
    )
    shown = text(panel.get(page("sipendpoint", "history", endpoint.pk)))
    assert "another-password" not in shown
    assert make.PASSWORD not in shown


def test_a_password_on_its_way_to_asterisk_is_told_in_both_steps(save: Save, panel: Client) -> None:
    endpoint = make.make_endpoint(server=make.make_server(exported_at=make.START))
    save(page("sipendpoint", "change", endpoint.pk), password="another-password", username="new")
    promote(load_asterisk(endpoint.server))
    taken, changed = told(panel, "sipendpoint", endpoint.pk)[:2]
    assert changed[1] == [
        "Username: new instead of switchhook-myext",
        "The password was changed",
        changes.PENDING,
    ]
    assert taken[1] == [changes.TAKEN]


def test_another_secret_key_is_no_change(panel: Client, settings: Any) -> None:
    endpoint = make.make_endpoint()
    before = told(panel, "sipendpoint", endpoint.pk)
    settings.SECRET_KEY = "another" * 10
    panel.force_login(User.objects.get())
    assert told(panel, "sipendpoint", endpoint.pk) == before


def test_a_change_by_sql_is_seen_at_once_and_nobody_is_named(panel: Client) -> None:
    number = make.make_story()
    sql("UPDATE telephony_routestep SET ring_s = 25 WHERE position = 2")
    sql("UPDATE telephony_phonenumber SET enabled = %s", False)
    who, sentences = told(panel, "phonenumber", number.pk)[0]
    assert who == "outside of the panel"
    assert sentences == [
        "Enabled: no instead of yes",
        f"Position 2, {make.MOBILE}: Rings for 25 s instead of 20 s",
    ]
    assert "Nobody recorded" in text(panel.get(page("phonenumber", "history", number.pk)))
    assert not PhoneNumber.history.filter(enabled=False).exists()


def test_a_password_changed_by_sql_is_seen(panel: Client) -> None:
    endpoint = make.make_endpoint()
    sql("UPDATE telephony_sipendpoint SET password = %s", "another-password")
    assert told(panel, "sipendpoint", endpoint.pk)[0] == (
        "outside of the panel",
        ["The password was changed"],
    )


def test_a_change_by_sql_stays_nobodys_after_a_save(save: Save, panel: Client) -> None:
    number = make.make_story()
    sql("UPDATE telephony_phonenumber SET label = 'by SQL'")
    save(page("phonenumber", "change", number.pk), busy_message="Busy.")
    saved, found = told(panel, "phonenumber", number.pk)[:2]
    assert saved == ("admin", ["Busy message: Busy. instead of nothing"])
    assert found == ("outside of the panel", ["Label: by SQL instead of nothing"])


def test_steps_made_and_deleted_by_sql_are_seen(panel: Client) -> None:
    number = make.make_story()
    sql("DELETE FROM telephony_routestep WHERE position = 2")
    RouteStep.history.filter(position=1).delete()
    begun, removed = sorted(told(panel, "phonenumber", number.pk)[:2])
    assert begun == ("", [f"Position 1, myext@office: {changes.BEGINS}"])
    assert removed == ("outside of the panel", [f"Position 2, {make.MOBILE}: Removed."])


def test_the_first_history_of_what_was_there_is_told_once(panel: Client) -> None:
    number = make.make_story()
    for model in (PhoneNumber, RouteStep):
        model.history.all().delete()
    begin.begin(apps, None)
    assert told(panel, "phonenumber", number.pk) == [("", [changes.BEGINS])]


def test_cleaning_old_history_leaves_no_false_claim(panel: Client) -> None:
    number = make.make_story()
    long_ago = timezone.now() - timedelta(days=400)
    PhoneNumber.history.update(history_date=long_ago)
    RouteStep.history.update(history_date=long_ago)
    call_command("clean_old_history", "--auto", "--days", "365", stdout=StringIO())
    assert not PhoneNumber.history.exists()
    number.label = "Sales"
    number.save()
    saved, begun = told(panel, "phonenumber", number.pk)[-2:]
    assert saved == ("another program", ["Label: Sales instead of nothing"])
    assert begun == ("", [changes.BEGINS])


def test_what_the_admin_has_noted_stays(panel: Client) -> None:
    server = make.make_server()
    model_admin = admin.site.get_model_admin(AsteriskServer)
    request = RequestFactory().get("/")
    request.user = User.objects.get()
    model_admin.log_change(request, server, "Passwords shown: all.")
    model_admin.log_change(request, server, [{"changed": {"fields": ["Host"]}}])
    LogEntry.objects.create(
        user=request.user,
        content_type=ContentType.objects.get_for_model(AsteriskServer),
        object_id=server.pk,
        action_flag=2,
        change_message='[{"changed": {"fields": ["Port"]}}]',
    )
    LogEntry.objects.filter(change_message__contains="Port").update(action_time=make.START)
    found = [sentences for _, sentences in told(panel, "asteriskserver", server.pk)]
    assert [found[0], found[-1]] == [["Passwords shown: all."], ["Changed Port."]]
    assert len(found) == 3


def test_what_was_removed_is_found_among_all_changes(panel: Client) -> None:
    number = make.make_story()
    number.delete()
    answer = panel.get(reverse("changes"))
    (newest, *_) = answer.context["saves"]
    assert [each.sentences for each in newest.told] == [["Removed."]] * 3
    assert panel.get(newest.told[0].url).status_code == 200
    assert newest.told[1].url == newest.told[0].url
    assert "It is no longer in the panel" in text(panel.get(newest.told[0].url))


def test_a_row_that_never_was_has_no_history(panel: Client) -> None:
    for key in ("12345", "x"):
        assert panel.get(page("phonenumber", "history", key)).status_code == 302


def test_older_changes_are_on_further_pages(panel: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "ROWS", 4)
    number = make.make_number()
    for count in range(10):
        number.label = f"label {count}"
        number.save()
    url, found = page("phonenumber", "history", number.pk), []
    while url:
        answer = panel.get(url)
        found += [sentence for _, sentences in as_told(answer) for sentence in sentences]
        rest = answer.context["page"].rest
        older = f"?{urlencode({'before': rest.isoformat()})}" if rest else ""
        assert older in text(answer)
        url = older and page("phonenumber", "history", number.pk) + older
    changed = [sentence for sentence in found if sentence.startswith("Label")]
    assert changed == [
        *(f"Label: label {n} instead of label {n - 1}" for n in range(9, 0, -1)),
        "Label: label 0 instead of nothing",
    ]


def test_a_save_is_not_torn_by_the_end_of_a_page(
    panel: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = make.make_story()
    with transaction.atomic():
        number.label = "Sales"
        number.save()
        RouteStep.objects.update(ring_s=30)
    number.label = "Support"
    number.save()
    monkeypatch.setattr(history, "ROWS", 3)
    first = panel.get(page("phonenumber", "history", number.pk))
    assert len(as_told(first)) == 1
    second = panel.get(
        page("phonenumber", "history", number.pk),
        {"before": first.context["page"].rest.isoformat()},
    )
    assert len(as_told(second)[0][1]) == 3


def test_a_save_that_no_page_holds_says_so(panel: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    number = make.make_story()
    with transaction.atomic():
        for position in range(3, 8):
            make.make_step(number, SipEndpoint.objects.get(), position=position)
    monkeypatch.setattr(history, "ROWS", 3)
    words = "This save has changed more than is shown here."
    assert words in text(panel.get(page("phonenumber", "history", number.pk)))
    monkeypatch.undo()
    assert words not in text(panel.get(page("phonenumber", "history", number.pk)))


@pytest.mark.parametrize(
    "before",
    [
        "",
        "yesterday",
        "2026-13-45",
        "2026-11-01",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
    ],
)
def test_nonsense_in_the_address_shows_the_newest(panel: Client, before: str) -> None:
    number = make.make_number()
    answer = panel.get(page("phonenumber", "history", number.pk), {"before": before})
    assert len(as_told(answer)) == 1
    assert panel.get(reverse("changes"), {"before": before}).status_code == 200


def test_a_page_asks_the_database_as_often_for_many_changes(
    panel: Client, django_assert_max_num_queries: Any
) -> None:
    number = make.make_story()
    for ring_s in range(21, 61):
        RouteStep.objects.update(ring_s=ring_s)
    with django_assert_max_num_queries(24):
        panel.get(page("phonenumber", "history", number.pk))
    with django_assert_max_num_queries(24):
        panel.get(reverse("changes"))


def test_somebody_who_may_only_look_sees_no_history(reader: Client) -> None:
    endpoint = make.make_endpoint()
    assert reader.get(page("sipendpoint", "history", endpoint.pk)).status_code == 403
    assert reader.get(reverse("changes")).status_code == 403
    assert "historylink" not in text(reader.get(page("sipendpoint", "change", endpoint.pk)))


def test_an_operator_sees_all_changes_of_routes_and_none_of_servers() -> None:
    make.make_story()
    user = User.objects.create(username="ana", is_staff=True)
    user.groups.add(Group.objects.get(name="Operator"))
    client = Client()
    client.force_login(user)
    shown = text(client.get(reverse("changes")))
    assert make.NUMBER in shown
    assert "switchhook-myext" not in shown
    assert "pbx.example.com" not in shown


def test_tables_without_a_history_keep_djangos_own_page(panel: Client) -> None:
    user = User.objects.get()
    answer = panel.get(reverse("admin:auth_user_history", args=[user.pk]))
    assert "admin/object_history.html" in [template.name for template in answer.templates]
