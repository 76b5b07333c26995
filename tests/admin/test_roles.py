"""Each role sees and does what it is for, and no more: every page and every action of the admin."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.db import transaction
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, reverse

from telephony.admin import history, preferences, setup, start
from telephony.models import CarrierNetwork, ShippedRole, SipEndpoint
from telephony.models.roles import ROLES, VERBS, ship
from tests import make
from tests.admin.conftest import page, play, text

LETTERS = {"V": "Viewer", "O": "Operator", "A": "Administrator"}
# Who may read each page, and who may post to it. Nobody who is named in neither column may.
TABLE = """
app_list                               VOA VOA
auth_group_add                         A   A
auth_group_change                      A   A
auth_group_changelist                  A   A
auth_group_delete                      A   A
auth_group_history                     A   A
auth_user_add                          A   A
auth_user_change                       A   A
auth_user_changelist                   A   A
auth_user_delete                       A   A
auth_user_history                      A   A
auth_user_password_change              A   A
autocomplete                           OA  -
calls_now                              VOA -
changes                                OA  OA
index                                  VOA VOA
jsi18n                                 VOA -
login                                  VOA VOA
logout                                 -   VOA
password_change                        VOA VOA
password_change_done                   VOA -
preferences                            VOA VOA
remove_demo                            A   A
setup                                  A   A
setup_done                             OA  OA
telephony_asteriskserver_add           A   A
telephony_asteriskserver_change        A   A
telephony_asteriskserver_changelist    A   A
telephony_asteriskserver_delete        A   A
telephony_asteriskserver_export        A   A
telephony_asteriskserver_export_applied - A
telephony_asteriskserver_export_file   A   A
telephony_asteriskserver_history       A   A
telephony_callrecord_add               -   -
telephony_callrecord_change            VOA -
telephony_callrecord_changelist        VOA VOA
telephony_callrecord_csv               VOA VOA
telephony_callrecord_delete            -   -
telephony_callrecord_history           VOA VOA
telephony_callrecord_now               VOA VOA
telephony_callrecord_suggestions       VOA VOA
telephony_carriernetwork_add           A   A
telephony_carriernetwork_change        A   A
telephony_carriernetwork_changelist    A   A
telephony_carriernetwork_delete        A   A
telephony_carriernetwork_history       A   A
telephony_fallbacknumber_add           OA  OA
telephony_fallbacknumber_change        OA  OA
telephony_fallbacknumber_changelist    OA  OA
telephony_fallbacknumber_csv           OA  OA
telephony_fallbacknumber_delete        OA  OA
telephony_fallbacknumber_history       OA  OA
telephony_fallbacknumber_import        OA  OA
telephony_phonenumber_add              OA  OA
telephony_phonenumber_backtest         OA  OA
telephony_phonenumber_backtest_new     -   OA
telephony_phonenumber_change           OA  OA
telephony_phonenumber_changelist       OA  OA
telephony_phonenumber_csv              OA  OA
telephony_phonenumber_delete           OA  OA
telephony_phonenumber_drawing          OA  OA
telephony_phonenumber_drawing_new      -   OA
telephony_phonenumber_history          OA  OA
telephony_phonenumber_import           OA  OA
telephony_phonenumber_try              OA  OA
telephony_phonenumber_try_new          -   OA
telephony_policy_add                   -   -
telephony_policy_change                A   A
telephony_policy_changelist            A   A
telephony_policy_delete                -   -
telephony_policy_history               A   A
telephony_routestep_destinations       OA  OA
telephony_sipendpoint_add              A   A
telephony_sipendpoint_change           OA  A
telephony_sipendpoint_changelist       OA  OA
telephony_sipendpoint_csv              OA  OA
telephony_sipendpoint_delete           A   A
telephony_sipendpoint_history          A   A
telephony_sipendpoint_import           A   A
view_on_site                           -   -
"""
PAGES = {name: (read, post) for name, read, post in map(str.split, TABLE.strip().splitlines())}
# Who may run which action of which list.
ACTIONS = {
    "asteriskserver": {
        "delete_selected": "A",
        "put_back_into_service": "A",
        "take_out_of_service": "A",
    },
    "callrecord": {},
    "carriernetwork": {"delete_selected": "A"},
    "fallbacknumber": {"delete_selected": "OA"},
    "group": {"delete_selected": "A"},
    "phonenumber": {"delete_selected": "OA"},
    "policy": {},
    "sipendpoint": {"delete_selected": "A"},
    "user": {"delete_selected": "A"},
}
MODELS = {model._meta.model_name: model for model in admin.site._registry}
QUERY = {"app_label": "telephony", "model_name": "routestep", "field_name": "endpoint"}


def names(patterns: Sequence[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from names(pattern.url_patterns)
        elif pattern.name:
            yield pattern.name


# Pages that belong to no table.
OURS = {
    *names(history.urlpatterns),
    *names(preferences.urlpatterns),
    *names(setup.urlpatterns),
    *names(start.urlpatterns),
}


def sign_in(letter: str) -> Client:
    user = User.objects.create(username=f"who-{letter}", is_staff=True)
    if letter in LETTERS:
        user.groups.add(Group.objects.get(name=LETTERS[letter]))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def rows(db: None) -> dict[str, Any]:
    """Model -> the key of a row."""
    make.make_story()
    play("0 voice\n6 voice/1 DialCallStatus=no-answer")
    fields = {"kind": "rtp-media", "source": "a test", "published_on": date(2026, 3, 9)}
    CarrierNetwork.objects.get_or_create(cidr="192.0.2.0/24", **fields)
    User.objects.create(username="somebody")
    apps.get_model("telephony", "Policy").current()
    return {name: model.objects.order_by("pk").first().pk for name, model in MODELS.items()}


def address(name: str, rows: dict[str, Any]) -> str:
    fixed = {
        "app_list": ["telephony"],
        "view_on_site": [1, 1],
        "telephony_phonenumber_try_new": [],
        "telephony_phonenumber_backtest_new": [],
        "telephony_phonenumber_drawing_new": [],
        "telephony_callrecord_suggestions": ["called"],
        "setup_done": [rows["phonenumber"]],
        "telephony_routestep_destinations": [],
        "telephony_asteriskserver_export_file": [rows["asteriskserver"], "pjsip_switchhook.conf"],
    }
    if name not in fixed and name.startswith(("auth_", "telephony_")):
        model = name.split("_")[1]
        is_of_all = name.endswith(("_add", "_changelist", "_csv", "_import"))
        fixed[name] = [] if is_of_all else [rows[model]]
    space = "" if name in OURS else "admin:"
    return reverse(f"{space}{name}", args=fixed.get(name, []))


def is_let_in(answer: HttpResponse) -> bool:
    assert answer.status_code in (200, 302, 403, 404, 405)
    to_login = answer.status_code == 302 and answer["Location"].startswith("/admin/login/")
    return answer.status_code in (200, 302) and not to_login


def test_the_tables_have_every_page_and_every_list() -> None:
    assert sorted({*names(admin.site.urls[0]), *OURS}) == sorted(PAGES)
    assert sorted(ACTIONS) == sorted(MODELS)


@pytest.mark.parametrize("name", PAGES)
def test_each_role_reads_and_posts_what_the_table_says(name: str, rows: dict[str, Any]) -> None:
    url = address(name, rows)
    query = QUERY if name == "autocomplete" else {}
    found = []
    for method in ("get", "post"):
        let_in = ""
        for letter in LETTERS:
            # What one of them deletes, the next would not find.
            with transaction.atomic():
                client = sign_in(letter)
                data = query if method == "get" else {"post": "yes"}
                let_in += letter if is_let_in(getattr(client, method)(url, data)) else ""
                transaction.set_rollback(True)
        found.append(let_in or "-")
    assert tuple(found) == PAGES[name]


@pytest.mark.parametrize("name", PAGES)
def test_without_a_role_nobody_sees_more_than_the_start(name: str, rows: dict[str, Any]) -> None:
    answer = sign_in("nobody").get(address(name, rows), QUERY if name == "autocomplete" else {})
    everybodys = {"app_list", "index", "jsi18n", "login", "password_change", "password_change_done"}
    everybodys.add("preferences")
    assert is_let_in(answer) == (name in everybodys)


def changelist(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


@pytest.mark.parametrize("name", sorted(MODELS))
def test_each_role_runs_the_actions_that_the_table_says(
    panel: Client, name: str, rows: dict[str, Any]
) -> None:
    model = MODELS[name]
    request = RequestFactory().get("/")
    request.user = User.objects.get(username="admin")
    assert set(admin.site.get_model_admin(model).get_actions(request)) == set(ACTIONS[name])
    for letter in LETTERS:
        client = sign_in(letter)
        shown = client.get(changelist(model), follow=True)
        form = shown.context.get("action_form") if shown.status_code == 200 else None
        offered = {value for value, _ in form.fields["action"].choices if value} if form else set()
        assert offered == {action for action, who in ACTIONS[name].items() if letter in who}
        before = list(model.objects.order_by("pk").values())
        for action in set(ACTIONS[name]) - offered:
            data = {"action": action, "_selected_action": [rows[name]], "post": "yes"}
            client.post(changelist(model), {**data, "minutes": "60"})
        assert list(model.objects.order_by("pk").values()) == before


def test_an_operator_builds_a_route_with_its_steps(rows: dict[str, Any]) -> None:
    endpoint = SipEndpoint.objects.get()
    steps = {"TOTAL_FORMS": 1, "INITIAL_FORMS": 0, "0-position": 1}
    steps["0-destination"] = f"endpoint:{endpoint.pk}"
    data = {f"steps-{key}": value for key, value in {**steps, "0-ring_s": 20}.items()}
    data |= {"e164": "+12025550177", "enabled": "on", "language": "en-US"}
    answer = sign_in("O").post(page("phonenumber", "add"), data)
    assert answer.status_code == 302, text(answer)
    assert endpoint.steps.filter(number__e164="+12025550177").exists()


def test_an_operator_sees_whom_a_route_rings_but_no_credentials(rows: dict[str, Any]) -> None:
    endpoint = SipEndpoint.objects.get()
    shown = text(sign_in("O").get(page("sipendpoint", "change", endpoint.pk)))
    assert endpoint.user in shown
    assert endpoint.server.name in shown
    # Where they may not go.
    assert page("asteriskserver", "change", endpoint.server_id) not in shown
    assert endpoint.username not in shown
    assert endpoint.password not in shown


def test_an_administrator_makes_no_superuser_and_touches_none(panel: Client) -> None:
    chief = User.objects.get(username="admin")
    plain = User.objects.create(username="plain")
    administrator = sign_in("A")
    data = {"username": "plain", "is_active": "on", "is_superuser": "on"}
    administrator.post(reverse("admin:auth_user_change", args=[plain.pk]), data)
    plain.refresh_from_db()
    assert plain.is_superuser is False
    for name in ("auth_user_change", "auth_user_delete", "auth_user_password_change"):
        url = reverse(f"admin:{name}", args=[chief.pk])
        assert administrator.post(url, {"post": "yes"}).status_code == 403
    data = {"action": "delete_selected", "_selected_action": [chief.pk], "post": "yes"}
    administrator.post(reverse("admin:auth_user_changelist"), data)
    assert User.objects.filter(pk=chief.pk).exists()


def test_somebody_who_is_added_with_a_role_can_sign_in_and_has_it(panel: Client) -> None:
    viewer = Group.objects.get(name="Viewer")
    data = {"username": "ana", "usable_password": "true", "groups": [viewer.pk]}
    secret = "long-and-quite-unusual"
    data |= {"password1": secret, "password2": secret}
    answer = panel.post(reverse("admin:auth_user_add"), data)
    assert answer.status_code == 302, text(answer)
    client = Client()
    signing_in = {"username": "ana", "password": secret, "next": "/admin/"}
    answer = client.post("/admin/login/", signing_in, follow=True)
    assert answer.status_code == 200
    assert client.get(page("callrecord", "changelist")).status_code == 200
    assert client.get(page("phonenumber", "changelist")).status_code == 403


def test_a_group_offers_what_the_panel_knows_by_its_plain_name(panel: Client) -> None:
    viewer = Group.objects.get(name="Viewer")
    shown = panel.get(reverse("admin:auth_group_change", args=[viewer.pk]))
    offered = {label for _, label in shown.context["adminform"].form.fields["permissions"].choices}
    assert "Can change route step" in offered
    assert "Can add session" not in offered
    assert not [label for label in offered if "|" in label]


def permissions_of(group: Group) -> set[str]:
    found = group.permissions.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in found}


def ship_again() -> None:
    ship(sender=apps.get_app_config("telephony"), using="default")


@pytest.mark.parametrize("name", ROLES)
def test_each_role_is_shipped_with_all_that_it_may(db: None, name: str) -> None:
    assert permissions_of(Group.objects.get(name=name)) == ROLES[name]


def test_the_administrator_may_do_all_that_the_pages_can(panel: Client) -> None:
    request = RequestFactory().get("/")
    request.user = User.objects.get(username="admin")
    possible = {
        f"{model._meta.app_label}.{verb}_{name}"
        for name, model in MODELS.items()
        for verb in VERBS
        if getattr(admin.site.get_model_admin(model), f"has_{verb}_permission")(request)
    }
    ours = Permission.objects.filter(content_type__app_label="telephony")
    own = {each.codename for each in ours if not each.codename.startswith(VERBS)}
    steps = {f"telephony.{verb}_routestep" for verb in VERBS}
    assert ROLES["Administrator"] == possible | {f"telephony.{name}" for name in own} | steps


def test_what_a_person_took_away_renamed_or_deleted_stays_so(db: None) -> None:
    viewer, operator = (Group.objects.get(name=name) for name in ("Viewer", "Operator"))
    Group.objects.filter(pk=viewer.pk).update(name="Receptionist")
    operator.permissions.clear()
    Group.objects.get(name="Administrator").delete()
    ship_again()
    assert sorted(group.name for group in Group.objects.all()) == ["Operator", "Receptionist"]
    assert permissions_of(operator) == set()


def test_what_a_new_release_adds_is_given_once_to_the_renamed_group_too(db: None) -> None:
    role = ShippedRole.objects.get(name="Operator")
    Group.objects.filter(pk=role.group_id).update(name="Front office")
    role.group.permissions.clear()
    role.given = sorted(ROLES["Operator"] - {"telephony.view_sipendpoint"})
    role.save()
    ship_again()
    assert permissions_of(role.group) == {"telephony.view_sipendpoint"}


def test_a_group_that_a_person_has_made_is_left_alone(db: None) -> None:
    ShippedRole.objects.all().delete()
    Group.objects.all().delete()
    own = Group.objects.create(name="Operator")
    ship_again()
    ship_again()
    assert permissions_of(own) == set()
    assert Group.objects.count() == len(ROLES)
