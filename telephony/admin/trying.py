"""Try: what would happen to a call by a number's route, as it stands in the form or as it is saved.

Nothing is written. The page can be opened in a tab of its own, where it carries the form along in
hidden inputs; try.js shows it below the form instead.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.admin import ModelAdmin
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.core.exceptions import PermissionDenied
from django.forms.formsets import all_valid
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from telephony.admin.formats import minutes, money
from telephony.admin.routes import RouteFormSet
from telephony.admin.summaries import summarise
from telephony.models import CallLeg, CallRecord, PhoneNumber, RouteStep
from telephony.models.fields import read_number
from telephony.records.store import CALL_FIELDS, LEG_FIELDS
from telephony.rehearsal.trial import ANSWERS, DOES, Attempt, Trial, attempt
from telephony.routing.numbers import ANONYMOUS
from telephony.snapshots.directory import load_directory_as_if

TEMPLATE = "admin/telephony/phonenumber/try.html"
PREFIX = "try"
A_CALLER = "+12025550143"
# As long as Twilio lets a call last that it was not asked to keep for longer.
TALK_S_AT_MOST = 14400
# What a browser reads and writes in an input of the type datetime-local.
MOMENT = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True)
class Route:
    """What is to be tried: a number with its steps, saved or not; or why the form cannot be."""

    number: PhoneNumber
    steps: Sequence[RouteStep]
    errors: Sequence[str] = ()


class AttemptForm(forms.Form):
    """The choices for a trial, with one for each destination of the route."""

    caller = forms.CharField(
        label="Caller", max_length=64, help_text="A number such as +12025550143, or anonymous."
    )
    at = forms.DateTimeField(
        label="At", widget=forms.DateTimeInput({"type": "datetime-local"}, format=MOMENT)
    )
    talk_s = forms.IntegerField(label="Talk (s)", min_value=0, max_value=TALK_S_AT_MOST)

    def __init__(self, given: QueryDict, steps: Iterable[RouteStep]) -> None:
        now = timezone.localtime().strftime(MOMENT)
        values = {"caller": A_CALLER, "at": now, "talk_s": "60"}
        self.names = {}
        for step in sorted(steps, key=lambda step: step.position):
            if step.destination is not None:
                self.names[step.key] = str(step.destination)
        values |= dict.fromkeys(self.names, ANSWERS)
        # What was not given yet has its default, also of a step that has just been added.
        data = {f"{PREFIX}-{n}": given.get(f"{PREFIX}-{n}", v) for n, v in values.items()}
        super().__init__(data, prefix=PREFIX)
        for key, name in self.names.items():
            self.fields[key] = forms.ChoiceField(label=name, choices=list(DOES.items()))

    def clean_caller(self) -> str:
        caller: str = self.cleaned_data["caller"]
        if caller.strip().lower() == ANONYMOUS:
            return ANONYMOUS
        try:
            return read_number(caller)
        except ValueError as error:
            raise forms.ValidationError(f"{error} Or write: {ANONYMOUS}.") from error

    @property
    def does(self) -> dict[str, str]:
        return {key: self.cleaned_data[key] for key in self.names}


def urls(model_admin: ModelAdmin) -> list[URLPattern]:
    view = model_admin.admin_site.admin_view(partial(show, model_admin))
    name = "telephony_phonenumber_try"
    return [
        path("add/try/", view, name=f"{name}_new"),
        path("<path:object_id>/try/", view, name=name),
    ]


def address(number: PhoneNumber | None) -> str:
    name = "admin:telephony_phonenumber_try"
    return reverse(name, args=[number.pk]) if number else reverse(f"{name}_new")


def show(
    model_admin: ModelAdmin, request: HttpRequest, object_id: str | None = None
) -> HttpResponse:
    number = _find(model_admin, request, object_id)
    is_form = request.method == "POST" and _may_edit(model_admin, request, number)
    if number is None and not is_form:
        raise PermissionDenied
    route = _read_form(model_admin, request, number) if is_form else _saved(number)
    given = request.POST if is_form else request.GET
    context: dict[str, Any] = {
        **model_admin.admin_site.each_context(request),
        "title": "Try",
        "opts": model_admin.opts,
        "media": model_admin.media,
        "original": number,
        "number": route.number,
        "errors": route.errors,
        "is_form": is_form,
        "carried": _carried(given) if is_form else (),
    }
    if not route.errors:
        choices = AttemptForm(given, route.steps)
        context["choices"] = choices
        if choices.is_valid():
            context |= _tell(route, choices)
    return TemplateResponse(request, TEMPLATE, context)


def _find(
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


def _may_edit(model_admin: ModelAdmin, request: HttpRequest, number: PhoneNumber | None) -> bool:
    if number is None:
        return model_admin.has_add_permission(request)
    return model_admin.has_change_permission(request, number)


def _saved(number: PhoneNumber) -> Route:
    steps = number.steps.select_related("endpoint__server", "fallback_number")
    return Route(number, list(steps.order_by("position", "pk")))


def _read_form(model_admin: ModelAdmin, request: HttpRequest, number: PhoneNumber | None) -> Route:
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
    steps = _saved(form.instance).steps if route is None and is_change else ()
    return Route(form.instance, steps if route is None else route.kept())


def _errors(form: forms.ModelForm, formsets: Iterable[forms.BaseFormSet]) -> Iterable[str]:
    yield from _errors_of(form)
    for formset in formsets:
        yield from formset.non_form_errors()
        for place, each in enumerate(formset.forms, start=1):
            for error in _errors_of(each):
                yield f"Step {place}: {error}"


def _errors_of(form: forms.BaseForm) -> Iterable[str]:
    for name, errors in form.errors.items():
        label = f"{form[name].label}: " if name in form.fields else ""
        yield from (f"{label}{error}" for error in errors)


def _carried(given: QueryDict) -> list[tuple[str, str]]:
    """Return the form's inputs without the trial's own, for the next trial in the same tab."""
    return [
        (name, value)
        for name, values in given.lists()
        if not name.startswith((f"{PREFIX}-", "_", "csrf"))
        for value in values
    ]


def _tell(route: Route, choices: AttemptForm) -> dict[str, Any]:
    wanted = Attempt(
        called=route.number.e164,
        account_sid=route.number.owning_account,
        caller=choices.cleaned_data["caller"],
        at=choices.cleaned_data["at"],
        does=choices.does,
        talk_s=choices.cleaned_data["talk_s"],
    )
    directory = load_directory_as_if(route.number, route.steps)
    trial = attempt(directory, wanted, settings.PUBLIC_BASE_URL)
    facts = trial.facts
    return {
        "moments": trial.moments,
        "summary": _summarise(trial),
        "waited_s": trial.waited_s,
        "talk": minutes(facts.talk_s),
        "cost": money(facts.cost, facts.currency),
        "saved": money(facts.saved, facts.currency),
    }


def _summarise(trial: Trial) -> str:
    """Return the sentence that the call's page would begin with."""
    facts = trial.facts
    call = CallRecord(**{name: getattr(facts, name) for name in CALL_FIELDS})
    legs = [CallLeg(**{name: getattr(leg, name) for name in LEG_FIELDS}) for leg in facts.legs]
    return summarise(call, legs, facts.ended_at or facts.started_at)
