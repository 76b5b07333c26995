"""Lists whose rows become cards where there is no room for a table: each cell knows its column."""

from collections.abc import Iterable, Iterator
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst

register = template.Library()
ROLES = {"<td": "cell", "<th": "rowheader"}


@register.filter
def as_card(cells: Iterable[str], headers: Iterable[dict[str, Any]]) -> Iterator[SafeString]:
    """Yield the cells of a row as Django has made them, with their columns' names and their roles.

    A table that is laid out as anything else is none to screen readers, unless roles say so.
    """
    for cell, header in zip(cells, headers, strict=False):
        begin, rest = cell[:3], cell[3:]
        if begin not in ROLES:
            yield mark_safe(cell)  # noqa: S308  made by Django
            continue
        is_box = "action-checkbox" in str(header.get("class_attrib", ""))
        label = "" if is_box else format_html(' data-label="{}"', capfirst(header["text"]))
        yield mark_safe(f'{begin} role="{ROLES[begin]}"{label}{rest}')  # noqa: S308  as above
