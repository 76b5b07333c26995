"""Finds what is not set up, out of step or wrong: one small function for each place to look at.

All of them together are quick enough for a page, with ten thousand numbers too.
"""

import ipaddress
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone

from telephony.health.alerts.channels import configured
from telephony.health.alerts.survey import find_on
from telephony.health.findings.codes import Code
from telephony.health.findings.finding import Finding
from telephony.identifiers import MADE_UP_TOKEN
from telephony.models import (
    AsteriskServer,
    CallRecord,
    FallbackNumber,
    PeriodicJob,
    PhoneNumber,
    RouteStep,
    SipEndpoint,
)
from telephony.models.demo import IS_DEMO, is_demo_there
from telephony.records.figures import HOURS_AT_MOST
from telephony.records.survey import find_waiting, read_refused
from telephony.records.totals import find_differing, find_marked
from telephony.snapshots.comparison import Standing

# Seconds after which a webhook that waits is worth a word. Usually it is milliseconds.
LATE_S = 60
# A job that has not been begun for so long is late, though a timer runs them every minute.
JOB_LATE = timedelta(hours=1)
# Findings of one kind that are listed one by one.
LISTED = 5
# Real calls are looked for among so many of the newest ones.
NEWEST = 1000
# Hours that are added up again to see whether they are right.
SAMPLED = 20


def find_in_settings() -> Iterator[Finding]:
    if reason := why_unusable(settings.PUBLIC_BASE_URL):
        yield Finding(Code.PUBLIC_ADDRESS, {"url": settings.PUBLIC_BASE_URL, "reason": reason})
    if _is_made_up():
        yield Finding(Code.MADE_UP_TOKEN)
    elif not settings.TWILIO_TOKENS and not settings.TWILIO_SHARED_KEYS:
        yield Finding(Code.NO_TOKEN)
    if not configured():
        yield Finding(Code.NOBODY_IS_TOLD)


def why_unusable(url: str) -> str:
    """Return why Twilio cannot use an address, "" if nothing speaks against it."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        is_public = ipaddress.ip_address(host).is_global
    except ValueError:
        is_public = "." in host and not host.endswith((".local", ".internal", ".localhost"))
    if not is_public:
        return "it is known on this machine or in this network only"
    return "" if parts.scheme == "https" else "it is without TLS, so others can read the passwords"


def _is_made_up() -> bool:
    tokens = settings.TWILIO_TOKENS.get(settings.TWILIO_ACCOUNT_SID, ())
    return any(token.startswith(MADE_UP_TOKEN) for token in tokens)


def find_on_disk() -> Iterator[Finding]:
    """What waits for the database, and what it refused."""
    folder = settings.SPOOL_DIR
    try:
        late = sum(journal.size for journal in find_waiting(folder) if journal.age_s > LATE_S)
        refused = sum(1 for _ in read_refused(folder))
    except OSError as error:
        yield Finding(Code.SPOOL_UNREADABLE, {"reason": str(error)})
        return
    if late:
        yield Finding(Code.WEBHOOKS_WAITING, {"kilobytes": round(late / 1000, 1)})
    if refused:
        yield Finding(Code.WEBHOOKS_REFUSED, {"count": refused})


def find_alerts() -> Iterator[Finding]:
    """What is on, and what is over and not yet told. The database may be away."""
    on = find_on()
    for alert in on.alerts:
        values = {
            "title": alert.title,
            "since": f"{alert.since:%Y-%m-%d %H:%M}",
            "told": alert.told,
        }
        yield Finding(Code.ALERT if alert.is_on else Code.ALERT_OVER, values, alert.page)
    if on.trouble:
        yield Finding(Code.ALERTS_UNKNOWN, {"reason": on.trouble})


def find_in_configuration() -> Iterator[Finding]:
    if not PhoneNumber.objects.exists():
        yield Finding(Code.NO_NUMBER, page=reverse("setup"))
    else:
        yield from _find_missing()
        yield from _find_foreign_accounts()
    for number in _find_silent_numbers()[:LISTED]:
        page = reverse("admin:telephony_phonenumber_change", args=[number.pk])
        yield Finding(Code.RINGS_NOBODY, {"number": str(number)}, page)
    if is_demo_there():
        yield Finding(Code.DEMO)


def _find_silent_numbers() -> QuerySet[PhoneNumber]:
    steps = RouteStep.objects.filter(number=OuterRef("pk"))
    # One after the other, which takes half as long as both at once.
    rings = Exists(steps.filter(endpoint__enabled=True))
    falls_back = Exists(steps.filter(fallback_number__enabled=True))
    return PhoneNumber.objects.filter(~rings, ~falls_back, enabled=True)


def _find_missing() -> Iterator[Finding]:
    has_server = AsteriskServer.objects.exists()
    for code, model, is_due in (
        (Code.NO_SERVER, AsteriskServer, True),
        # Without a server there is nothing for an endpoint to be on.
        (Code.NO_ENDPOINT, SipEndpoint, has_server),
        (Code.NO_FALLBACK, FallbackNumber, True),
    ):
        if is_due and not model.objects.exists():
            yield Finding(code, page=reverse(f"admin:telephony_{model._meta.model_name}_add"))


def _find_foreign_accounts() -> Iterator[Finding]:
    """Accounts of numbers whose webhooks would be refused."""
    known = {*settings.TWILIO_TOKENS, *(sid for sid, _ in settings.TWILIO_SHARED_KEYS), ""}
    used = PhoneNumber.objects.exclude(account_sid__in=known).order_by("account_sid")
    for account in used.values_list("account_sid", flat=True).distinct()[:LISTED]:
        yield Finding(Code.FOREIGN_ACCOUNT, {"account": account})


def find_exports(standing: Standing | None) -> Iterator[Finding]:
    """What was never exported, and what differs from what was; None if that is not known."""
    # The demo's endpoints are on nobody's server.
    real = SipEndpoint.objects.exclude(IS_DEMO).filter(server=OuterRef("pk"))
    never = AsteriskServer.objects.filter(Exists(real), exported_at=None)
    for name in never.values_list("name", flat=True)[:LISTED]:
        yield Finding(Code.NEVER_EXPORTED, {"server": name}, _export_page(name))
    if settings.STATIC_FALLBACK_URL:
        count = PhoneNumber.objects.filter(static_exported_at=None).count()
        if count:
            yield Finding(Code.DOCUMENTS_NEVER_EXPORTED, {"count": count})
    pending = SipEndpoint.objects.filter(next_username__isnull=False).order_by("server__name")
    for name in pending.values_list("server__name", flat=True).distinct()[:LISTED]:
        yield Finding(Code.NOT_APPLIED, {"server": name}, _export_page(name))
    if standing is None:
        return
    for name in standing.differing[:LISTED]:
        yield Finding(Code.EXPORT_DIFFERS, {"server": name}, _export_page(name))
    for name in standing.refused[:LISTED]:
        yield Finding(Code.EXPORT_REFUSED, {"server": name}, _export_page(name))
    if standing.outdated_documents:
        yield Finding(Code.DOCUMENTS_DIFFER, {"count": standing.outdated_documents})


def _export_page(name: str) -> str:
    pk = AsteriskServer.objects.filter(name=name).values_list("pk", flat=True).first()
    return reverse("admin:telephony_asteriskserver_export", args=[pk]) if pk else ""


def find_jobs(now: datetime) -> Iterator[Finding]:
    """Jobs that have failed, or that have not run for an hour though they did before."""
    jobs = list(PeriodicJob.objects.exclude(started_at=None))
    if not jobs:
        yield Finding(Code.NEVER_TICKED)
    for job in jobs:
        values: Mapping[str, str] = {"job": job.name}
        if job.has_failed:
            yield Finding(Code.JOB_FAILED, {**values, "result": job.result})
        elif job.is_late(now - JOB_LATE):
            at = timezone.localtime(job.started_at)
            yield Finding(Code.JOB_LATE, {**values, "at": f"{at:%Y-%m-%d %H:%M}"})


def find_totals(*, thorough: bool) -> Iterator[Finding]:
    """Whether the figures lag behind the calls, or differ from them."""
    marked = find_marked(1)
    if len(marked.begins) > HOURS_AT_MOST or not marked.is_all:
        more = "" if marked.is_all else "at least "
        yield Finding(Code.TOTALS_BEHIND, {"count": f"{more}{len(marked.begins)}"})
    for hour in find_differing(SAMPLED)[:1] if thorough else ():
        yield Finding(Code.TOTALS_DIFFER, {"hour": f"{timezone.localtime(hour):%Y-%m-%d %H:%M}"})


def find_silence() -> Iterator[Finding]:
    """Whether Twilio has never been heard, where it could have been."""
    is_ready = not why_unusable(settings.PUBLIC_BASE_URL) and not _is_made_up()
    if is_ready and PhoneNumber.objects.exists() and last_heard() is None:
        yield Finding(Code.NEVER_HEARD, page=reverse("admin:telephony_phonenumber_changelist"))


def last_heard() -> datetime | None:
    """Return when the newest real call began, None if there is none among the newest calls."""
    newest = CallRecord.objects.order_by("-started_at").values("pk")[:NEWEST]
    real = CallRecord.objects.filter(pk__in=newest, is_simulated=False)
    return real.order_by("-started_at").values_list("started_at", flat=True).first()
