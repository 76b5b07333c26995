"""The call log's list: one page of it, and the same calls as CSV."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db import DatabaseError
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.dateformat import format as format_date

from telephony.admin.callfilters import ListFilter
from telephony.admin.calltotals import find_totals
from telephony.admin.downloads import download
from telephony.admin.formats import (
    exactly,
    in_reading_order,
    minutes,
    money,
    near,
    number,
    outcome_badge,
    rounded,
)
from telephony.admin.summaries import ANSWERED, describe_outcome
from telephony.database import tell
from telephony.models import CallRecord
from telephony.records.criteria import Criteria, Found, Key, key_of
from telephony.records.search import find
from telephony.records.sheet import sheet

logger = logging.getLogger(__name__)

CALLS_ON_A_PAGE = 50
# Seconds for which calls are looked for; the page has as much again for everything else.
LOOK_S = 0.06
# Names of the keys in an address, from which the page goes on.
OLDER, NEWER = "older", "newer"


@dataclass(frozen=True, slots=True)
class Page:
    """Calls, the newest first; the keys from which the neighbouring pages go on, if there are any.

    `looked_to` is where the time was up, on the way to older or to newer calls.
    """

    calls: list[CallRecord]
    newer: Key | None = None
    older: Key | None = None
    looked_to: datetime | None = None
    was_older: bool = True
    is_first: bool = False


def read_page(criteria: Criteria, address: QueryDict) -> Page:
    """Return the page that an address asks for; without a key, or with a broken one, the first."""
    newer, older = parse_key(address.get(NEWER)), parse_key(address.get(OLDER))
    if newer:
        page = read_newer(criteria, newer)
        if page is not None:
            return page
        # Fewer are left than a page holds.
        older = None
    found = look(criteria, older, is_older=True)
    shown, more = found.calls[:CALLS_ON_A_PAGE], len(found.calls) > CALLS_ON_A_PAGE
    return Page(
        shown,
        newer=key_of(shown[0]) if shown and older else None,
        older=key_of(shown[-1]) if more else found.stopped,
        looked_to=found.stopped and found.stopped.started_at,
        is_first=older is None,
    )


def read_newer(criteria: Criteria, newer: Key) -> Page | None:
    found = look(criteria, newer, is_older=False)
    shown = found.calls[:CALLS_ON_A_PAGE][::-1]
    if found.is_end:
        return None
    return Page(
        shown,
        newer=key_of(shown[0]) if len(found.calls) > CALLS_ON_A_PAGE else found.stopped,
        older=key_of(shown[-1]) if shown else None,
        looked_to=found.stopped and found.stopped.started_at,
        was_older=False,
    )


def look(criteria: Criteria, beyond: Key | None, *, is_older: bool) -> Found:
    # One more than is shown tells whether there is another page.
    at_most = CALLS_ON_A_PAGE + 1
    return find(criteria, beyond=beyond, is_older=is_older, at_most=at_most, seconds=LOOK_S)


def parse_key(text: str | None) -> Key | None:
    try:
        return Key.parse(text) if text else None
    except ValueError:
        return None


def describe_page(request: HttpRequest) -> dict[str, Any]:
    """Return what the template shows."""
    form = ListFilter(request.GET)
    given = {name: text for name in form.fields if (text := request.GET.get(name))}
    page = read_page(form.criteria(), request.GET) if form.is_valid() else Page([], is_first=True)
    reached = page.older and page.older.started_at
    now = timezone.now()
    totals = (
        find_totals(form, page.calls, reached=reached, is_first=page.is_first)
        if form.is_valid()
        else None
    )

    def link(name: str, key: Key | None) -> str:
        return f"?{urlencode({**given, name: str(key)})}" if key else ""

    looked_to = page.looked_to and format_date(timezone.localtime(page.looked_to), "j F Y")
    return {
        "form": form,
        "rows": [row(call, now) for call in page.calls],
        "totals": totals,
        "is_narrowed": bool(given),
        "is_first": page.is_first,
        "looked_to": looked_to,
        "was_older": page.was_older,
        "first": f"?{urlencode(given)}",
        "newer": link(NEWER, page.newer),
        "older": link(OLDER, page.older),
        "csv": f"csv/?{urlencode(given)}" if form.is_valid() else "",
        "media": form.media,
    }


def row(call: CallRecord, now: datetime) -> dict[str, Any]:
    return {
        "call": call,
        "caller": in_reading_order(number(call.caller)) or "unknown",
        "called": number(call.called),
        "caller_name": in_reading_order(call.caller_name),
        "forwarded_from": in_reading_order(number(call.forwarded_from)),
        "started": near(call.started_at, now),
        "exactly": exactly(call.started_at),
        "outcome": outcome_badge(call.outcome, describe_outcome(call, now)),
        "answered_by": call.answered_by or ("not known" if call.outcome in ANSWERED else ""),
        "talk": minutes(call.talk_s),
        "cost": rounded(call.cost, call.currency),
        "cost_exactly": money(call.cost, call.currency),
        "saved": rounded(call.saved, call.currency),
        "saved_exactly": money(call.saved, call.currency),
    }


def stream_csv(request: HttpRequest, criteria: Criteria) -> HttpResponseBase:
    # They are sent when the request is over, and with it the user's time zone.
    here = timezone.get_current_timezone()

    def chunks() -> Iterator[str]:
        try:
            for _, text in sheet(criteria, here):
                yield text
        except DatabaseError as error:
            # The status has long been sent.
            logger.error("a download of calls broke off: %s", tell(error))
            yield "The database failed: this file is not complete.\r\n"

    name = f"calls-{timezone.localdate():%Y-%m-%d}.csv"
    return download(request, chunks(), content_type="text/csv; charset=utf-8", name=name)
