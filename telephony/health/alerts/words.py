"""Puts an alert into words: for an e-mail, for a POST and for the start page."""

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from telephony.health.alerts.judging import Alert, Code, Phase

# Calls that one message lists.
LISTED = 20
# Characters of one value; what others have chosen can be of any length.
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Message:
    """What is told. `id` is the same at every try; `title` is one line, and so are all of `text`."""

    id: str
    code: str
    subject: str
    state: str
    since: datetime
    title: str
    text: str
    url: str

    def as_json(self) -> bytes:
        """What is posted."""
        told = {
            "id": self.id,
            "code": self.code,
            "subject": self.subject,
            "state": self.state,
            "since": self.since.isoformat(timespec="seconds"),
            "title": self.title,
            "text": self.text,
            "url": self.url,
        }
        return json.dumps(told, ensure_ascii=False).encode()


def one_line(value: object) -> str:
    """Return what somebody has written so that it can neither begin a line nor turn what is around it."""
    # Control characters, those that turn text, and the two separators of lines and paragraphs.
    hidden = ("Cc", "Cf", "Cs", "Zl", "Zp")
    plain = "".join(" " if unicodedata.category(c) in hidden else c for c in str(value))
    return " ".join(plain.split())[:LONGEST]


# Code -> what it says when it has begun, and when it is over.
TITLES: Mapping[Code, Mapping[Phase, str]] = {
    Code.SERVER_DOWN: {
        Phase.BEGUN: _("The server {label} does not answer"),
        Phase.OVER: _("The server {label} answers again, or was deleted"),
    },
    Code.DATABASE_DOWN: {
        Phase.BEGUN: _("The database takes nothing from {host}"),
        Phase.OVER: _("The database takes webhooks from {host} again"),
    },
    Code.JOURNAL_WAITING: {
        Phase.BEGUN: _("Webhooks wait for the database on {host}"),
        Phase.OVER: _("No webhook waits any more on {host}"),
    },
    Code.SIGNATURE_REFUSED: {
        Phase.BEGUN: _("Webhooks of {account} are refused"),
        Phase.OVER: _("Webhooks of {account} are let in again"),
    },
    Code.SILENCE: {
        Phase.BEGUN: _("No call for {label} today"),
        Phase.OVER: _("The silence on {label} is over"),
    },
}
# Code -> what else there is to know while it lasts.
DETAILS: Mapping[Code, str] = {
    Code.SERVER_DOWN: _("Calls pass it over and ring what comes after it in their routes."),
    Code.DATABASE_DOWN: _(
        "Calls are answered all the same, and what happens waits on the disk until the database "
        "takes it. It said: {reason}"
    ),
    Code.JOURNAL_WAITING: _(
        "The database answers, but {bytes} bytes of webhooks are not stored. Does the panel "
        "run? What waits: .venv/bin/python manage.py journal"
    ),
    Code.SIGNATURE_REFUSED: _(
        "Requests that name this account of yours were refused, {count} within the hour: "
        "{reason}. If they are Twilio's, its calls fail: compare TWILIO_AUTH_TOKEN and "
        "PUBLIC_BASE_URL with Twilio's console."
    ),
    Code.SILENCE: _(
        "On this day of the week it usually has had {usual} calls by now. Call it yourself: "
        "if nobody answers, look at the number in Twilio's console."
    ),
}


def _fill(template: str, values: Mapping[str, Any]) -> str:
    """Values are what others have written: servers, hosts and databases."""
    return template.format_map({name: one_line(value) for name, value in values.items()})


def _detail(alert: Alert) -> str:
    if alert.code is not Code.MISSED_CALL:
        return _fill(DETAILS[alert.code], alert.values)
    calls = [_list_call(call) for call in alert.values["calls"]]
    more = len(alert.values["sids"]) - len(calls)
    calls += [gettext("and {count} more").format(count=more)] if more > 0 else []
    return "\n".join(calls)


def _list_call(call: Mapping[str, str]) -> str:
    told = gettext("{caller} called {number}: {url}").format(
        caller=one_line(call["caller"]) or gettext("an unknown caller"),
        number=one_line(call["called"]),
        url=call["url"],
    )
    return f"{call['at']}: {told}" if call.get("at") else told


def title_of(alert: Alert, phase: Phase = Phase.BEGUN) -> str:
    if alert.code is not Code.MISSED_CALL:
        return _fill(TITLES[alert.code][phase], alert.values)
    count = len(alert.values["sids"])
    title: str = ngettext("Nobody answered a call", "Nobody answered {count} calls", count)
    return title.format(count=count)


def make_message(alert: Alert, phase: Phase, base_url: str, zone: tzinfo) -> Message:
    """Return what is told of an alert; times are written as the clock of the office shows them."""
    lines = [f"{title_of(alert, phase)}."]
    if phase is Phase.BEGUN:
        lines.append(_detail(alert))
    if phase is Phase.OVER or alert.code is not Code.MISSED_CALL:
        lines.append(gettext("It began at {time}.").format(time=_clock(alert.since, zone)))
    if phase is Phase.OVER and alert.over_at:
        # It turned before it was certain to be over, and may have turned again since.
        over = _clock(min(alert.turned_at, alert.over_at), zone)
        lines.append(gettext("It was over at {time}.").format(time=over))
    url = base_url + str(alert.values["page"])
    return Message(
        _id(alert, phase),
        alert.code,
        alert.subject,
        phase,
        alert.since,
        title_of(alert, phase),
        "\n".join([*lines, url]),
        url,
    )


def _clock(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z")


def _id(alert: Alert, phase: Phase) -> str:
    begun = alert.begun_at.isoformat() if alert.begun_at else ""
    told = "\n".join((alert.code, alert.subject, begun, phase))
    return hashlib.sha256(told.encode()).hexdigest()[:32]
