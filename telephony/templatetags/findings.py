"""The checklist of the start page."""

from django import template

from telephony.health.findings.survey import Group, find_for

register = template.Library()


@register.simple_tag(takes_context=True)
def find_for_user(context: template.Context) -> list[Group]:
    return find_for(context["request"].user)
