"""People and their roles. Nobody but a superuser can make a superuser, or change one.

Nobody can shut themselves out either, so somebody is always left who can let others in.
"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import admin as auth
from django.contrib.auth import forms as auth_forms
from django.contrib.auth.models import Group, Permission, User
from django.db.models import ManyToManyField, Q, QuerySet
from django.http import HttpRequest, HttpResponse

from telephony.admin.base import ModelAdmin
from telephony.models.roles import ROLES

admin.site.unregister((Group, User))
BEYOND_ROLES = ("is_superuser", "user_permissions")
CHANGE = "auth.change_user"
OWN_ACCOUNT = "It is your own account, and you would shut yourself out. Ask another administrator."
ROLE_HELP = (
    "Viewer: the call log. Operator: numbers and routes as well. Administrator: everything. What "
    "exactly a role may do is on its own page."
)


class PermissionField(forms.ModelMultipleChoiceField):
    """Offers what some page of the panel asks for, by its name alone."""

    def __init__(self, queryset: QuerySet[Permission], **kwargs: Any) -> None:
        codenames = [name.partition(".")[2] for name in ROLES["Administrator"]]
        super().__init__(queryset.filter(codename__in=codenames), **kwargs)

    def label_from_instance(self, permission: Permission) -> str:
        return permission.name


PERMISSIONS = {"form_class": PermissionField}


class UserForm(auth_forms.UserChangeForm):
    """`editor` is who fills it in."""

    editor: User

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean()
        if self.instance.pk == self.editor.pk:
            for name in ("is_active", "is_staff", "is_superuser"):
                if self.initial.get(name) and told.get(name) is False:
                    self.add_error(name, OWN_ACCOUNT)
            if "groups" in told and not self._still_lets_others_in(told):
                self.add_error("groups", OWN_ACCOUNT)
        return told

    def _still_lets_others_in(self, told: dict[str, Any]) -> bool:
        before = self.instance
        if before.is_superuser or not before.has_perm(CHANGE):
            return True
        _, codename = CHANGE.split(".")
        own = told.get("user_permissions", before.user_permissions.all())
        given = Permission.objects.filter(Q(group__in=told["groups"]) | Q(pk__in=own))
        return given.filter(codename=codename).exists()


@admin.register(User)
class UserAdmin(ModelAdmin, auth.UserAdmin):
    change_list_template = "admin/telephony/change_list.html"
    names_what_goes_with_it = False
    form, add_form = UserForm, auth_forms.UserCreationForm
    filter_horizontal = ("user_permissions",)
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
    add_fieldsets = ((None, {"fields": ("username", "password1", "password2", "groups")}),)
    readonly_fields = ("last_login", "date_joined")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else (*fields, *BEYOND_ROLES)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return _is_in_reach(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        if obj is not None and obj.pk == request.user.pk:
            return False
        return _is_in_reach(request, obj) and super().has_delete_permission(request, obj)

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        if db_field.name == "groups":
            kwargs |= {"label": "Roles", "help_text": ROLE_HELP}
            kwargs["widget"] = forms.CheckboxSelectMultiple()
        else:
            kwargs |= PERMISSIONS
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        # Somebody who is not may not even sign in, for the panel has no other pages.
        obj.is_staff = obj.is_staff if change else True
        super().save_model(request, obj, form, change)

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"editor": request.user})

    def save_related(self, request: HttpRequest, form: Any, *args: Any) -> None:
        super().save_related(request, form, *args)
        user: User = form.instance
        if not (user.is_superuser or user.groups.exists() or user.user_permissions.exists()):
            text = f"The user “{user}” has no role yet, and sees nothing but an empty start page."
            self.message_user(request, text, messages.WARNING)

    def response_add(self, request: HttpRequest, obj: User, *args: Any) -> HttpResponse:
        # Django's goes on to the form of changes, for the roles; they are on this one already.
        return ModelAdmin.response_add(self, request, obj, *args)

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
