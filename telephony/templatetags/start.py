"""What the start page shows besides the checklist."""

from typing import Any

from django import template
from django.utils import timezone

from telephony.admin import start
from telephony.health.findings.codes import Kind
from telephony.health.findings.survey import find_for

register = template.Library()


@register.simple_tag(takes_context=True)
def start_page(context: template.Context) -> dict[str, Any]:
    request = context["request"]
    groups = find_for(request.user)
    figures = start.describe_figures(request)
    may_see = request.user.has_perm(start.SEE)
    return {
        # What is wrong comes first; everything does where there are no figures yet.
        "first": [each for each in groups if figures is None or each.kind is Kind.WRONG],
        "later": [each for each in groups if figures is not None and each.kind is not Kind.WRONG],
        "figures": figures,
        "may_see": may_see,
        "now": start.describe_now(timezone.now()) if may_see else None,
        "servers": start.describe_servers(request),
        "waiting": start.describe_waiting(request),
        "out_of_step": next(
            (len(each.findings) for each in groups if each.kind is Kind.OUT_OF_STEP), 0
        ),
        "may_export": request.user.has_perm("telephony.change_phonenumber"),
    }
