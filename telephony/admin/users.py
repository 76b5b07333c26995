"""People and their roles. Nobody but a superuser can make a superuser, or change one."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth import admin as auth
from django.contrib.auth.models import Group, Permission, User
from django.db.models import ManyToManyField, QuerySet
from django.http import HttpRequest

from telephony.admin.base import ModelAdmin
from telephony.models.roles import ROLES

admin.site.unregister((Group, User))
BEYOND_ROLES = ("is_superuser", "user_permissions")


class PermissionField(forms.ModelMultipleChoiceField):
    """Offers what some page of the panel asks for, by its name alone."""

    def __init__(self, queryset: QuerySet[Permission], **kwargs: Any) -> None:
        codenames = [name.partition(".")[2] for name in ROLES["Administrator"]]
        super().__init__(queryset.filter(codename__in=codenames), **kwargs)

    def label_from_instance(self, permission: Permission) -> str:
        return permission.name


PERMISSIONS = {"form_class": PermissionField}


@admin.register(User)
class UserAdmin(ModelAdmin, auth.UserAdmin):
    change_list_template = "admin/telephony/change_list.html"
    names_what_goes_with_it = False
    list_display = ("username", "full_name", "roles", "is_active", "last_login")
    list_filter = ("groups", "is_active", "is_superuser")
    search_help_text = "Username, name or e-mail"
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("What they may do", {"fields": ("is_active", "is_staff", "groups")}),
        ("Beyond roles", {"fields": BEYOND_ROLES, "classes": ("collapse",)}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "usable_password", "password1", "password2", "groups")}),
    )
    readonly_fields = ("last_login", "date_joined")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else (*fields, *BEYOND_ROLES)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return _is_in_reach(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return _is_in_reach(request, obj) and super().has_delete_permission(request, obj)

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        if db_field.name == "groups":
            kwargs["help_text"] = "What a group may do is on its own page."
        else:
            kwargs |= PERMISSIONS
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        # Somebody who is not may not even sign in, for the panel has no other pages.
        obj.is_staff = obj.is_staff if change else True
        super().save_model(request, obj, form, change)

    @admin.display(description="name", ordering="last_name")
    def full_name(self, user: User) -> str:
        return user.get_full_name()

    @admin.display(description="roles")
    def roles(self, user: User) -> str:
        names = [group.name for group in user.groups.all()]
        return ", ".join(["Superuser", *names] if user.is_superuser else names)


@admin.register(Group)
class GroupAdmin(ModelAdmin, auth.GroupAdmin):
    change_list_template = "admin/telephony/change_list.html"
    names_what_goes_with_it = False
    empty_hint = "No groups yet. A group is a name for what several people may do."
    search_help_text = "Name"

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        return super().formfield_for_manytomany(db_field, request, **kwargs, **PERMISSIONS)


def _is_in_reach(request: HttpRequest, user: User | None) -> bool:
    return user is None or not user.is_superuser or request.user.is_superuser
