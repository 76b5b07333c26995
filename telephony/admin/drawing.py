"""Draws a number's route on its page, as it is saved and again while the form is edited."""

import math
from typing import Any

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from telephony.admin.unsaved import Route, open_route, saved
from telephony.models import PhoneNumber
from telephony.routing.picture import FRAME, RAIL, WIDTH, draw
from telephony.snapshots.directory import directory_of

TEMPLATE = "admin/telephony/phonenumber/drawing.html"


def show(
    model_admin: ModelAdmin, request: HttpRequest, object_id: str | None = None
) -> HttpResponse:
    route, _ = open_route(model_admin, request, object_id)
    drawn = {} if route.errors else describe(route)
    return TemplateResponse(request, TEMPLATE, {"errors": route.errors} | drawn)


def describe_saved(number: PhoneNumber) -> dict[str, Any]:
    return describe(saved(number))


def describe(route: Route) -> dict[str, Any]:
    """Return what the template shows."""
    steps = sorted(route.steps, key=lambda step: (step.position, step.pk or math.inf))
    directory = directory_of(route.number, steps)
    (number,) = directory.numbers.values()
    picture = draw(number, directory, timezone.now())
    return {"picture": picture, "width": WIDTH, "frame_width": FRAME, "rail_x": RAIL}
