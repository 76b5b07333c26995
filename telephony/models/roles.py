"""The roles that are shipped as groups, and what each has been given so far.

After every migration:

1. A role that was never shipped gets a group. If there is a group of its name, that is a person's
   own, and stays as it is.
2. What a role may do and has never been given is given now, so a new release can extend a role.
3. Whatever people have taken away, added, renamed or deleted stays so.
"""

from typing import Any

from django.apps import AppConfig
from django.apps import apps as latest
from django.db import models

VERBS = ("view", "add", "change", "delete")


def _all(*names: str, app: str = "telephony") -> set[str]:
    return {f"{app}.{verb}_{name}" for name in names for verb in VERBS}


LOG = {"telephony.view_callrecord"}
# Whom a route may ring must be visible to choose it. Servers, usernames and passwords stay out.
ROUTES = _all("phonenumber", "routestep", "fallbacknumber") | {"telephony.view_sipendpoint"}
SYSTEM = _all("asteriskserver", "sipendpoint", "carriernetwork")
OFFICE = {"telephony.view_policy", "telephony.change_policy", "telephony.reveal_sip_password"}
ROLES = {
    "Viewer": LOG,
    "Operator": LOG | ROUTES,
    "Administrator": LOG | ROUTES | SYSTEM | OFFICE | _all("user", "group", app="auth"),
}


class ShippedRole(models.Model):
    """`given` never shrinks: it is what was given once, and not what the group has now."""

    name = models.CharField(max_length=32, primary_key=True)
    group = models.OneToOneField("auth.Group", on_delete=models.SET_NULL, null=True)
    given = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.name


def ship(sender: AppConfig, using: str, apps: Any = latest, **_: Any) -> None:
    """Give each role what it has never been given, unless the migrations stop before the table."""
    try:
        roles = apps.get_model(sender.label, ShippedRole.__name__).objects.using(using)
        groups = apps.get_model("auth", "Group").objects.using(using)
        permissions = apps.get_model("auth", "Permission").objects.using(using)
    except LookupError:
        return
    for name, wanted in ROLES.items():
        role = roles.filter(name=name).first()
        if role is None:
            is_taken = groups.filter(name=name).exists()
            group = None if is_taken else groups.create(name=name)
            role = roles.create(name=name, group=group)
        if role.group is not None:
            _give(role, wanted, permissions)


def _give(role: Any, wanted: set[str], permissions: models.QuerySet[Any]) -> None:
    """Permissions that the migrations have not made yet are given after a later one."""
    codenames = {each.partition(".")[2] for each in wanted - set(role.given)}
    there = permissions.filter(codename__in=codenames).select_related("content_type")
    new = {f"{each.content_type.app_label}.{each.codename}": each for each in there}
    new = {key: each for key, each in new.items() if key in wanted}
    if new:
        role.group.permissions.add(*new.values())
        role.given = sorted({*role.given, *new})
        role.save(update_fields=("given",))
