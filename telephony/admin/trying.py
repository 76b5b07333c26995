"""Try: what would happen to a call by a number's route, as it stands in the form or as it is saved."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.utils import timezone

from telephony.admin.formats import minutes, money
from telephony.admin.summaries import summarise
from telephony.admin.unsaved import Route, open_route
from telephony.models import CallLeg, CallRecord, RouteStep
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


def show(
    model_admin: ModelAdmin, request: HttpRequest, object_id: str | None = None
) -> HttpResponse:
    route, context = open_route(model_admin, request, object_id)
    given = request.POST if context["is_form"] else request.GET
    if not route.errors:
        choices = AttemptForm(given, route.steps)
        context["choices"] = choices
        if choices.is_valid():
            context |= _tell(route, choices)
    return TemplateResponse(request, TEMPLATE, context | {"title": "Try"})


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
