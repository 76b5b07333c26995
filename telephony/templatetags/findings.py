"""The checklist of the start page."""

from django import template

from telephony.health.findings.survey import Group, find_for, may_set_up

register = template.Library()


@register.simple_tag(takes_context=True)
def find_for_user(context: template.Context) -> list[Group]:
    return find_for(context["request"].user)


@register.simple_tag(takes_context=True)
def may_user_set_up(context: template.Context) -> bool:
    return may_set_up(context["request"].user)
