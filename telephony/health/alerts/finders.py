"""Finds what holds now: one small function for each state, in two tables.

A finder returns the conditions that hold, or None if it has not looked: then nothing is known, and
nothing changes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Max, QuerySet
from django.urls import reverse
from django.utils import timezone

from telephony.health.alerts import silence
from telephony.health.alerts.judging import Alerts, Code, Condition
from telephony.health.alerts.words import LISTED
from telephony.models import CallRecord, PhoneNumber, Policy, RefusedWebhooks, ServerHealth
from telephony.models.choices import CallOutcome
from telephony.records.closing import LONGEST_CALL
from telephony.records.refusals import ALARMING
from telephony.records.survey import find_waiting

# A webhook that has waited for less is on its way.
WAITS_S = 60
# Without a refusal for so long, and with a call since, a signature is right again.
QUIET = timedelta(minutes=15)
# After which an account that nobody calls any more is forgotten.
REFUSED_WITHIN = timedelta(days=7)
# Between two looks for silence.
SILENCE_EVERY = timedelta(minutes=5)
# A call that ended earlier is no news. Longer than an outage during which calls are not stored.
MISSED_WITHIN = timedelta(days=1)
# The caller was put through to nobody. Calls that we rejected are not among them.
MISSED = (CallOutcome.UNANSWERED, CallOutcome.BUSY, CallOutcome.CALLER_GONE)


@dataclass(frozen=True, slots=True)
class Look:
    """What a finder of a state of all of the panel is given."""

    now: datetime
    policy: Policy
    alerts: Alerts


@dataclass(frozen=True, slots=True)
class MachineLook:
    """What a finder of a state of this machine is given. `outage` is what the database said, or ""."""

    now: datetime
    host: str
    folder: Path
    outage: str


def find_servers(look: Look) -> list[Condition]:
    down = ServerHealth.objects.filter(opened_at__isnull=False).select_related("server")
    return [
        Condition(
            Code.SERVER_DOWN,
            str(health.server_id),
            health.opened_at,
            {
                "label": str(health.server),
                "page": reverse("admin:telephony_asteriskserver_change", args=[health.server_id]),
            },
        )
        for health in down
    ]


def find_refused(look: Look) -> list[Condition]:
    """An account of ours is refused until one of its calls has come in since, and all is quiet."""
    recent = RefusedWebhooks.objects.filter(
        reason__in=ALARMING, hour__gte=look.now - REFUSED_WITHIN
    )
    last = recent.values("account_sid").annotate(at=Max("last_at")).order_by("account_sid")
    found = []
    for account, at in last.values_list("account_sid", "at"):
        calls = CallRecord.objects.filter(account_sid=account, is_simulated=False)
        if look.now - at > QUIET and calls.filter(started_at__gt=at).exists():
            continue
        newest = recent.filter(account_sid=account, last_at=at)[0]
        values = {
            "account": account,
            "reason": ALARMING[newest.reason],
            "count": newest.count,
            "page": reverse("admin:index"),
        }
        found.append(Condition(Code.SIGNATURE_REFUSED, account, at, values))
    return found


def find_silence(look: Look) -> list[Condition] | None:
    """A number is silent from the time at which that is noticed until a call comes, even tomorrow."""
    if not Policy.claim_silence(look.now, look.now - SILENCE_EVERY):
        return None
    calls = CallRecord.objects.filter(is_simulated=False)
    on = {a.subject: a for a in look.alerts.values() if a.code is Code.SILENCE and a.is_on}
    numbers = list(PhoneNumber.objects.filter(enabled=True))
    still = [
        Condition(Code.SILENCE, number.e164, look.now, on[number.e164].values)
        for number in numbers
        if number.e164 in on and not _called(calls, [number], on[number.e164].since)
    ]
    others = [number for number in numbers if number.e164 not in on]
    return still + _find_new_silence(look, calls, others)


def _find_new_silence(
    look: Look, calls: QuerySet, numbers: Sequence[PhoneNumber]
) -> list[Condition]:
    (midnight, _), *past = silence.spans(look.now, ZoneInfo(settings.TIME_ZONE))
    called = _called(calls, numbers, midnight)
    without = [number for number in numbers if number.e164 not in called]
    counts = _count(calls, without, past) if without else []
    found = []
    for number in without:
        of_number = [count.get(number.e164, 0) for count in counts]
        if silence.is_silent(0, of_number, look.policy.silence_calls):
            values = {
                "label": str(number),
                "usual": silence.usual(of_number),
                "page": reverse("admin:telephony_phonenumber_change", args=[number.pk]),
            }
            found.append(Condition(Code.SILENCE, number.e164, midnight, values))
    return found


def _called(calls: QuerySet, numbers: Iterable[PhoneNumber], since: datetime) -> set[str]:
    """Return those of the numbers that were called since then."""
    rows = calls.filter(called__in=[n.e164 for n in numbers], started_at__gte=since).order_by()
    return set(rows.values_list("called", flat=True).distinct())


def _count(
    calls: QuerySet, numbers: Iterable[PhoneNumber], spans: Iterable[silence.Span]
) -> list[dict[str, int]]:
    """Return number -> its calls, for each span.

    A query for each: the index of (called, started_at) answers it, and in SQLite not one for all.
    """
    ours = calls.filter(called__in=[number.e164 for number in numbers]).order_by()
    within = [ours.filter(started_at__gte=begin, started_at__lt=end) for begin, end in spans]
    return [dict(c.values_list("called").annotate(count=Count("pk"))) for c in within]


def find_missed(look: Look) -> list[Condition]:
    """All calls that nobody answered and of which nothing was told yet, as one condition."""
    told = {
        sid
        for alert in look.alerts.values()
        if alert.code is Code.MISSED_CALL
        for sid in alert.values["sids"]
    }
    since = max(look.now - MISSED_WITHIN, look.policy.missed_call_from or look.now - MISSED_WITHIN)
    # Begun a while before they ended.
    calls = CallRecord.objects.filter(
        outcome__in=MISSED,
        is_simulated=False,
        started_at__gte=since - LONGEST_CALL,
        ended_at__gte=since,
    )
    new = [call for call in calls.order_by("started_at", "pk") if call.pk not in told]
    if not new:
        return []
    values = {
        "sids": [call.pk for call in new],
        "calls": [_listed(call) for call in new[:LISTED]],
        "page": reverse("admin:telephony_callrecord_changelist"),
    }
    return [Condition(Code.MISSED_CALL, look.now.isoformat(), look.now, values)]


def _listed(call: CallRecord) -> dict[str, str]:
    page = reverse("admin:telephony_callrecord_change", args=[call.pk])
    name = f" ({call.caller_name})" if call.caller_name else ""
    return {
        "caller": f"{call.caller}{name}",
        "called": call.called,
        "at": f"{timezone.localtime(call.started_at):%H:%M:%S}",
        "url": f"{settings.PUBLIC_BASE_URL}{page}",
    }


def find_outage(look: MachineLook) -> list[Condition]:
    if not look.outage:
        return []
    values = {"host": look.host, "reason": look.outage, "page": reverse("admin:index")}
    return [Condition(Code.DATABASE_DOWN, look.host, look.now, values)]


def find_journal(look: MachineLook) -> list[Condition] | None:
    """Journals that wait while the database is away are no news."""
    if look.outage:
        return None
    began = []
    for journal in find_waiting(look.folder):
        try:
            began.append((journal.began_at(), journal.size))
        except FileNotFoundError:
            # Stored since it was listed.
            continue
    late = [each for each in began if look.now - each[0] > timedelta(seconds=WAITS_S)]
    if not late:
        return []
    size = sum(size for _, size in late)
    values = {"host": look.host, "bytes": size, "page": reverse("admin:index")}
    return [Condition(Code.JOURNAL_WAITING, look.host, min(at for at, _ in late), values)]


# States of all of the panel, kept in the database.
IN_DATABASE: Mapping[Code, Callable[[Look], Sequence[Condition] | None]] = MappingProxyType(
    {
        Code.SERVER_DOWN: find_servers,
        Code.SIGNATURE_REFUSED: find_refused,
        Code.SILENCE: find_silence,
        Code.MISSED_CALL: find_missed,
    }
)
# States of one machine, kept in its file.
ON_MACHINE: Mapping[Code, Callable[[MachineLook], Sequence[Condition] | None]] = MappingProxyType(
    {Code.DATABASE_DOWN: find_outage, Code.JOURNAL_WAITING: find_journal}
)
