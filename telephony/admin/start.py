"""The start page: figures of today, 7 and 30 days, what goes on now, the servers, and what waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import ceil
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.views.decorators.http import require_safe

from telephony.admin.calllist import row
from telephony.admin.chart import PATTERNS, count_other, draw
from telephony.admin.formats import rounded
from telephony.health.findings.finders import last_heard
from telephony.models import AsteriskServer, CallRecord
from telephony.models.choices import CallOutcome
from telephony.models.totals import TakenBy
from telephony.records.closing import LONGEST_CALL
from telephony.records.figures import Figures, read
from telephony.records.filters import begin
from telephony.records.hours import HOUR, hour_of
from telephony.records.survey import find_waiting

# Days -> words. The first is shown if none is asked for.
PERIODS = {1: "Today", 7: "7 days", 30: "30 days"}
NEWEST, GOING_ON, SERVERS = 8, 50, 20
# Seconds after which a webhook waits; usually it is stored within milliseconds.
WAITS_S = 5
SEE = "telephony.view_callrecord"


@dataclass(frozen=True, slots=True)
class Period:
    """Days that end today, in the current time zone; `moments` are the edges of the chart's bars."""

    days: int
    moments: Sequence[datetime]

    @property
    def query(self) -> dict[str, str]:
        """What the log's address says of it."""
        first, last = (timezone.localtime(at) for at in (self.moments[0], self.moments[-2]))
        return {"since": f"{first:%Y-%m-%d}", "until": f"{last:%Y-%m-%d}"}


def period_of(days: int, now: datetime) -> Period:
    today = timezone.localtime(now).date()
    if days > 1:
        return Period(days, [begin(today - timedelta(days=n)) for n in range(days - 1, -2, -1)])
    midnight, end = (begin(today + timedelta(days=n)).astimezone(UTC) for n in (0, 1))
    # The hours that are added up, those of UTC: in India the day has half an hour of one at its
    # beginning and at its end. A day has 23 or 25 hours when clocks change.
    first = hour_of(midnight)
    hours = [first + n * HOUR for n in range(1, ceil((end - first) / HOUR))]
    return Period(1, [midnight, *hours, end])


def describe_figures(request: HttpRequest) -> dict[str, Any] | None:
    """Return what the page says of the calls of a period; None if there are no calls at all."""
    if not request.user.has_perm(SEE) or not CallRecord.objects.exists():
        return None
    now = timezone.now()
    asked = request.GET.get("days", "")
    period = period_of(int(asked) if asked in map(str, PERIODS) else 1, now)
    is_rehearsal = last_heard() is None
    found = read(period.moments, {"is_simulated": [is_rehearsal]})
    total = Figures()
    for figures in found.spans:
        total.merge(figures)
    query = {**period.query, "simulated": "yes" if is_rehearsal else "no"}
    last = CallRecord.objects.order_by("-started_at").first()
    chart, table = draw(found.spans), bars(period, found.spans, query)
    return {
        "periods": [
            {"days": days, "words": words, "is_shown": days == period.days}
            for days, words in PERIODS.items()
        ],
        "words": PERIODS[period.days],
        "is_rehearsal": is_rehearsal,
        "behind": found.behind,
        "total": total,
        "tiles": tiles(total, query),
        "chart": chart,
        "chart_bars": [
            {"drawn": drawn, "row": each}
            for drawn, each in zip(chart.bars, table, strict=True)
            if each["calls"]
        ],
        "bars": table,
        "middle": table[len(table) // 2]["words"],
        "end": "24:00" if period.days == 1 else table[-1]["words"],
        "last": last and row(last, now),
        "unit": "hour" if period.days == 1 else "day",
    }


def tiles(total: Figures, query: dict[str, str]) -> list[dict[str, Any]]:
    """Return the figures of a period: words, value, what is said beside it, and where it leads."""

    def tile(words: str, value: str, beside: str = "", **narrower: str) -> dict[str, Any]:
        look = narrower.get("taken_by", "")
        link = _log({**query, **narrower})
        return {
            "words": words,
            "value": value,
            "beside": beside,
            "link": link,
            "look": look,
            "fill": PATTERNS.get(look, ""),
        }

    def taken(kind: TakenBy, words: str) -> dict[str, Any]:
        count = total.taken[kind]
        share = f"{count / total.calls:.0%}" if total.calls else ""
        return tile(words, f"{count:,}", share, taken_by=kind.value)

    shown = [
        tile("Calls", f"{total.calls:,}"),
        taken(TakenBy.ASTERISK, "Answered by Asterisk"),
        taken(TakenBy.FALLBACK, "Answered by a fallback number"),
        taken(TakenBy.NOBODY, "Answered by nobody"),
    ]
    if total.taken[TakenBy.UNKNOWN]:
        shown.append(taken(TakenBy.UNKNOWN, "Not known who answered"))
    if going_on := total.taken[TakenBy.GOING_ON]:
        shown.append(tile("In progress", f"{going_on:,}", outcome=CallOutcome.RINGING.value))
    if total.answer_s is not None:
        shown.append(tile("Seconds to answer", f"{total.answer_s:.1f}", "on average"))
    costs, savings = money_of(total)
    if costs:
        missing = f"not known of {total.uncosted:,}" if total.uncosted else ""
        shown.append(tile("Cost", costs, missing, cost_from="0"))
        shown.append(tile("Saved", savings, taken_by=TakenBy.ASTERISK.value))
        shown[-1]["look"] = ""
    return shown


def money_of(figures: Figures) -> tuple[str, str]:
    pairs = sorted(figures.money.items())
    costs, savings = (
        " + ".join(rounded(Decimal(pair[place]), currency) for currency, pair in pairs)
        for place in (0, 1)
    )
    return costs, savings


def bars(period: Period, spans: Sequence[Figures], query: dict[str, str]) -> list[dict[str, Any]]:
    """Return what stands behind the chart: a row for each of its bars."""
    made = []
    for place, figures in enumerate(spans):
        at = timezone.localtime(period.moments[place])
        narrower = {"since": f"{at:%Y-%m-%d}", "until": f"{at:%Y-%m-%d}"}
        if period.days == 1:
            # Of the first bar it may begin on the day before: the days cut it off.
            hour = timezone.localtime(hour_of(period.moments[place]))
            narrower["hour"] = f"{hour:%Y-%m-%dT%H:%M}"
        costs, savings = money_of(figures)
        made.append(
            {
                "words": f"{at:%H:%M}" if period.days == 1 else format_date(at, "D j M"),
                "link": _log({**query, **narrower}) if figures.calls else "",
                "calls": figures.calls,
                "taken": [figures.taken[kind] for kind in (TakenBy.ASTERISK, TakenBy.FALLBACK)],
                "nobody": figures.taken[TakenBy.NOBODY],
                "other": count_other(figures),
                "answer_s": figures.answer_s,
                "cost": costs,
                "saved": savings,
            }
        )
    return made


def _log(query: dict[str, str]) -> str:
    return f"{reverse('admin:telephony_callrecord_changelist')}?{urlencode(query)}"


def describe_now(now: datetime) -> dict[str, Any]:
    """Return the calls in progress, and the newest ones."""
    going_on = CallRecord.objects.filter(
        outcome=CallOutcome.RINGING, started_at__gt=now - LONGEST_CALL
    ).order_by("-started_at")[: GOING_ON + 1]
    rows = [row(call, now) for call in going_on]
    newest = CallRecord.objects.exclude(outcome=CallOutcome.RINGING).order_by("-started_at")
    return {
        "going_on": rows[:GOING_ON],
        "has_more": len(rows) > GOING_ON,
        "newest": [row(call, now) for call in newest[:NEWEST]],
        "all_going_on": _log({"outcome": CallOutcome.RINGING.value}),
        "at": timezone.localtime(now),
    }


@require_safe
def show_now(request: HttpRequest) -> HttpResponse:
    """What the start page's script puts in its place, every few seconds."""
    if not request.user.has_perm(SEE):
        raise PermissionDenied
    context = {"now": describe_now(timezone.now())}
    return TemplateResponse(request, "admin/telephony/start/now.html", context)


def describe_servers(request: HttpRequest) -> list[dict[str, str]]:
    """Return the state of each server, as their list says it, for whoever may see that list."""
    page = admin.site.get_model_admin(AsteriskServer)
    if not page.has_view_permission(request):
        return []
    return [
        {
            "name": server.name,
            "state": page.state(server),
            "probed": page.probed(server),
            "look": "good" if page.state(server) == "in service" else "bad",
            "link": reverse("admin:telephony_asteriskserver_change", args=[server.pk]),
        }
        for server in page.get_queryset(request).order_by("name")[:SERVERS]
    ]


def describe_waiting(request: HttpRequest) -> str:
    """Return a sentence about the webhooks that wait for the database."""
    if not request.user.has_perm(SEE):
        return ""
    try:
        waiting = [each for each in find_waiting(settings.SPOOL_DIR) if each.age_s > WAITS_S]
    except OSError:
        return ""  # the findings tell it
    if not waiting:
        return "No webhook waits for the database."
    size = sum(each.size for each in waiting) / 1000
    return f"Webhooks wait for the database: {size:,.1f} kB, of which the oldest came {waiting[0].age_s:.0f} seconds ago."


urlpatterns = [path("", admin.site.admin_view(show_now), name="calls_now")]
