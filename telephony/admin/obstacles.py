"""What stands in the way of a deletion, and what a switch changes, in words that name each number."""

from collections.abc import Iterable
from itertools import islice

from django.contrib.admin.utils import NestedObjects
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from telephony.models import FallbackNumber, PhoneNumber, RouteStep, SipEndpoint

# A longer list helps nobody.
NAMED_AT_MOST = 100


def describe_obstacles(objs: QuerySet[Model] | list[Model]) -> list[str]:
    """Return a sentence for each row that protects one of these."""
    using = objs.db if isinstance(objs, QuerySet) else objs[0]._state.db
    collector = NestedObjects(using=using)
    collector.collect(objs)
    found = sorted(collector.protected, key=lambda row: (type(row).__name__, row.pk))
    sentences = [_describe(row) for row in islice(found, NAMED_AT_MOST)]
    rest = len(found) - len(sentences)
    return [*sentences, f"And {rest} more."] if rest else sentences


def describe_switch(destination: SipEndpoint | FallbackNumber, form: ModelForm) -> str:
    """Return whose routes change when a destination has been switched on or off, "" if none do."""
    if "enabled" not in form.changed_data:
        return ""
    steps = destination.steps.all()
    numbers = PhoneNumber.objects.filter(steps__in=steps).distinct()[:NAMED_AT_MOST]
    words = "It rings again" if destination.enabled else "From now on it is passed over"
    return format_html("{} in the routes of: {}.", words, _links(numbers)) if numbers else ""


def _describe(row: Model) -> str:
    match row:
        case RouteStep():
            text = "The number {} rings {} (position {} of its route)."
            return format_html(text, _link(row.number), row.destination, row.position)
        case FallbackNumber():
            text = "The fallback number {} shows {} as its caller ID."
            return format_html(text, _link(row), row.fixed_caller_id)
        case SipEndpoint():
            numbers = PhoneNumber.objects.filter(steps__endpoint=row).distinct()[:NAMED_AT_MOST]
            ringing = format_html("; {} rings it", _links(numbers)) if numbers else ""
            return format_html("The endpoint {} is on {}{}.", _link(row), row.server, ringing)
    return format_html("{}: {}", row._meta.verbose_name.capitalize(), row)


def _links(numbers: Iterable[PhoneNumber]) -> SafeString:
    return format_html_join(", ", "{}", ((_link(number),) for number in numbers))


def _link(row: Model) -> SafeString:
    page = reverse(f"admin:telephony_{row._meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', page, row)
