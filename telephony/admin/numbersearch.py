"""The search of lists of numbers: part of a number in any spelling."""

from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from telephony.records.criteria import spellings
from telephony.records.parties import NUMBER
from telephony.routing.spelling import make_plain


class NumberSearch:
    """For the admin of a model with the column e164."""

    def get_search_results(
        self, request: HttpRequest, rows: QuerySet[Any], term: str
    ) -> tuple[QuerySet[Any], bool]:
        found, may_repeat = super().get_search_results(request, rows, term)
        return found | rows.filter(has_part(term)) if is_number(term) else found, may_repeat


def is_number(term: str) -> bool:
    return NUMBER.fullmatch(make_plain(term)) is not None


def has_part(term: str) -> Q:
    """Return the condition that a number has this part, however it is written."""
    return reduce(or_, (Q(e164__contains=part) for part in spellings(term)))
