"""A number's route as it stands in its form, saved or not, for pages that only look at it.

Nothing is written. Such a page can be opened in a tab of its own, where it carries the form along in
hidden inputs; try.js shows it below the form instead.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django import forms
from django.contrib.admin import ModelAdmin
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.core.exceptions import PermissionDenied
from django.forms.formsets import all_valid
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import URLPattern, path, reverse

from telephony.admin.routes import RouteFormSet, places_of
from telephony.models import PhoneNumber, RouteStep
from telephony.snapshots.directory import OF_STEPS

NAME = "telephony_phonenumber"
# A view of the admin's, given the page's own class first.
Show = Callable[..., HttpResponse]
# What the inputs of these pages begin with, beside those of the form.
PREFIXES = ("try-", "backtest-")


@dataclass(frozen=True)
class Route:
    """What is to be tried: a number with its steps, saved or not; or why the form cannot be."""

    number: PhoneNumber
    steps: Sequence[RouteStep]
    errors: Sequence[str] = ()


def urls(model_admin: ModelAdmin, word: str, show: Show) -> list[URLPattern]:
    """Return where such a page is: of a number, and of one that is being added."""
    view = model_admin.admin_site.admin_view(partial(show, model_admin))
    return [
        path(f"add/{word}/", view, name=f"{NAME}_{word}_new"),
        path(f"<path:object_id>/{word}/", view, name=f"{NAME}_{word}"),
    ]


def address(word: str, number: PhoneNumber | None) -> str:
    name = f"admin:{NAME}_{word}"
    return reverse(name, args=[number.pk]) if number else reverse(f"{name}_new")


def open_route(
    model_admin: ModelAdmin, request: HttpRequest, object_id: str | None
) -> tuple[Route, dict[str, Any]]:
    """Return the route that a page looks at, and what all such pages show.

    Who may only look at the number sees it as it is saved. Raises PermissionDenied or Http404.
    """
    number = find_number(model_admin, request, object_id)
    is_form = request.method == "POST" and may_edit(model_admin, request, number)
    if number is None and not is_form:
        raise PermissionDenied
    stored = number.e164 if number else ""
    route = read_form(model_admin, request, number) if is_form else saved(number)
    return route, {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "media": model_admin.media,
        "original": number,
        "number": route.number,
        "stored_e164": stored or route.number.e164,
        "errors": route.errors,
        "is_form": is_form,
        "carried": carried(request.POST) if is_form else (),
    }


def find_number(
    model_admin: ModelAdmin, request: HttpRequest, object_id: str | None
) -> PhoneNumber | None:
    if object_id is None:
        return None
    number: PhoneNumber | None = model_admin.get_object(request, unquote(object_id))
    if number is None:
        raise Http404(f"there is no number with the id {object_id!r}")
    if not model_admin.has_view_or_change_permission(request, number):
        raise PermissionDenied
    return number


def may_edit(model_admin: ModelAdmin, request: HttpRequest, number: PhoneNumber | None) -> bool:
    if number is None:
        return model_admin.has_add_permission(request)
    return model_admin.has_change_permission(request, number)


def saved(number: PhoneNumber) -> Route:
    steps = number.steps.select_related(*OF_STEPS)
    return Route(number, list(steps.order_by("position", "pk")))


def read_form(model_admin: ModelAdmin, request: HttpRequest, number: PhoneNumber | None) -> Route:
    """Return what the posted form would save, as the form's own page reads it."""
    is_change = number is not None
    names = flatten_fieldsets(model_admin.get_fieldsets(request, number))
    # Django's own: ours locks the row, and refuses what somebody else has saved meanwhile.
    form_class = ModelAdmin.get_form(model_admin, request, number, change=is_change, fields=names)
    form = form_class(request.POST, request.FILES, instance=number)
    formsets, _ = model_admin._create_formsets(request, form.instance, change=is_change)
    is_valid = form.is_valid()
    if not all_valid(formsets) or not is_valid:
        return Route(form.instance, (), list(_errors(form, formsets)))
    # Whoever may not see steps has none in the form.
    route = next((each for each in formsets if isinstance(each, RouteFormSet)), None)
    if route is None:
        return Route(form.instance, saved(form.instance).steps if is_change else ())
    steps = route.kept()
    for step, place in zip(steps, places_of(steps), strict=True):
        step.position = place
    return Route(form.instance, steps)


def _errors(form: forms.ModelForm, formsets: Iterable[forms.BaseFormSet]) -> Iterable[str]:
    yield from _errors_of(form)
    for formset in formsets:
        yield from formset.non_form_errors()
        for place, each in enumerate(formset.forms, start=1):
            # Rows may stand in another order than the one in which they were loaded.
            rung = getattr(each, "cleaned_data", {}).get("destination") or f"Step {place}"
            for error in _errors_of(each):
                yield f"{rung}: {error}"


def _errors_of(form: forms.BaseForm) -> Iterable[str]:
    for name, errors in form.errors.items():
        label = f"{form[name].label}: " if name in form.fields else ""
        yield from (f"{label}{error}" for error in errors)


def carried(given: QueryDict) -> list[tuple[str, str]]:
    """Return the form's inputs, for the next answer in the same tab."""
    return [
        (name, value)
        for name, values in given.lists()
        if not name.startswith((*PREFIXES, "_", "csrf"))
        for value in values
    ]
