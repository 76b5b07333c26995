"""Backtest: how the last real calls would have gone by a number's route, as its form stands."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from telephony.admin.calllist import parse_key
from telephony.admin.formats import exactly, in_reading_order, money, near
from telephony.admin.unsaved import Route, open_route
from telephony.records.criteria import Criteria
from telephony.rehearsal.backtest import Course, End
from telephony.rehearsal.past import Backtest, backtest
from telephony.rehearsal.tally import Difference, Tally
from telephony.snapshots.directory import load_directory_as_if

TEMPLATE = "admin/telephony/phonenumber/backtest.html"
DAYS = 30
# Seconds for which calls are read: some thousands. Longer, and the panel's other pages would wait.
LOOK_S = 0.5
# The name of the key in the form from which it goes on to older calls.
BEYOND = "backtest-beyond"
# Reasons why the end is unknown that are named; the others are added up.
WHYS_AT_MOST = 5
ENDS: Mapping[End, str] = {
    End.ANSWERED: "answered",
    End.UNANSWERED: "nobody answered",
    End.BUSY: "told that the line is busy",
    End.CALLER_GONE: "the caller hung up",
    End.REJECTED: "rejected",
    End.UNKNOWN: "unknown",
}


def show(
    model_admin: ModelAdmin, request: HttpRequest, object_id: str | None = None
) -> HttpResponse:
    route, context = open_route(model_admin, request, object_id)
    if not route.errors:
        given = request.POST if context["is_form"] else request.GET
        found = _look(route, context["stored_e164"], given.get(BEYOND, ""))
        may_see_calls = request.user.has_perm("telephony.view_callrecord")
        context |= _describe(found, may_see_calls=may_see_calls)
        context["is_further"] = BEYOND in given
    return TemplateResponse(request, TEMPLATE, context | {"title": "Backtest"})


def _look(route: Route, called: str, beyond: str) -> Backtest:
    """Backtest the calls to the number as it is stored; the form may have another one for it."""
    directory = load_directory_as_if(route.number, route.steps)
    number = directory.numbers[route.number.e164, route.number.owning_account]
    calls = Criteria(called=called, since=timezone.now() - timedelta(days=DAYS))
    return backtest(directory, number, calls, parse_key(beyond), LOOK_S)


def _describe(found: Backtest, *, may_see_calls: bool) -> dict[str, Any]:
    tally, now = found.tally, timezone.now()
    return {
        "days": DAYS,
        "tally": tally,
        "is_rehearsed": found.is_rehearsed,
        "beyond_name": BEYOND,
        "beyond": str(found.stopped or ""),
        "looked_to": found.stopped and near(found.stopped.started_at, now),
        "summary": _summarise(tally),
        "ends": list(_ends(tally)),
        "cost_then": _costs(tally.cost_then),
        "cost_now": _costs({tally.currency: tally.cost_now}),
        "silence_then": _silence(tally.silence_then_s, tally.timed),
        "silence_now": _silence(tally.silence_now_s, tally.timed),
        "whys": list(_whys(tally)),
        "different": [_row(each, now) for each in tally.listed] if may_see_calls else (),
        "unlisted": tally.different - len(tally.listed),
        "may_see_calls": may_see_calls,
    }


def _summarise(tally: Tally) -> str:
    then, now = (
        sum(count for (end, _), count in ends.items() if end is End.ANSWERED)
        for ends in (tally.ends_then, tally.ends_now)
    )
    calls = "1 call" if tally.calls == 1 else f"{tally.calls} calls"
    parts = [f"{calls}: {now} would have been answered for certain; {then} really were."]
    parts.append(f"Known to end differently: {tally.different}.")
    if tally.unknown:
        parts.append(f"Of {tally.unknown} ({_share(tally.unknown, tally.calls)}) nobody can know.")
    return " ".join(parts)


def _ends(tally: Tally) -> Iterable[dict[str, Any]]:
    """Yield a row for each way in which calls end, and below it for each who answers."""
    for end, words in ENDS.items():
        counts = [
            {who: count for (each, who), count in ends.items() if each is end}
            for ends in (tally.ends_then, tally.ends_now)
        ]
        then, now = (sum(each.values()) for each in counts)
        if not then and not now:
            continue
        share = _share(now, tally.calls) if end is End.UNKNOWN else ""
        yield {"words": words.capitalize(), "then": then, "now": now, "share": share}
        if end is not End.ANSWERED:
            continue
        whoever = {
            who: max(each.get(who, 0) for each in counts) for who in {*counts[0], *counts[1]}
        }
        for who in sorted(whoever, key=lambda who: (-whoever[who], who)):
            name = tally.names.get(who, "somebody unknown")
            then, now = (each.get(who, 0) for each in counts)
            yield {"words": f"by {name}", "then": then, "now": now, "is_part": True}


def _share(part: int, whole: int) -> str:
    percent = 100 * part / whole
    return f"{percent:.0f} %" if percent >= 1 else "less than 1 %"


def _costs(amounts: Mapping[str, Decimal]) -> str:
    told = [money(amount, currency) for currency, amount in sorted(amounts.items()) if amount]
    return ", ".join(filter(None, told)) or "nothing"


def _silence(seconds: int, calls: int) -> str:
    return f"{seconds} s, {seconds / calls:.1f} s a call" if calls else ""


def _whys(tally: Tally) -> Iterable[tuple[str, int]]:
    named = tally.whys.most_common(WHYS_AT_MOST)
    yield from named
    if rest := tally.unknown - sum(count for _, count in named):
        yield "other reasons", rest


def _row(each: Difference, now: Any) -> dict[str, Any]:
    return {
        "sid": each.call.call_sid,
        "started": near(each.call.started_at, now),
        "exactly": exactly(each.call.started_at),
        "caller": in_reading_order(each.call.caller) or "unknown",
        "then": _end(each.then),
        "now": _end(each.now),
    }


def _end(course: Course) -> str:
    if course.end is not End.ANSWERED:
        return ENDS[course.end]
    return f"answered by {course.label or course.who or 'somebody unknown'}"
