"""Puts an alert into words: for an e-mail, for a POST and for the start page."""

import hashlib
import json
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

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


def _missed(values: Mapping[str, Any]) -> str:
    count = len(values["sids"])
    return f"nobody answered {count} calls" if count > 1 else "nobody answered a call"


Words = Callable[[Mapping[str, Any]], str]
# Code -> what it says when it has begun, and when it is over.
TITLES: Mapping[Code, Mapping[Phase, Words]] = {
    Code.SERVER_DOWN: {
        Phase.BEGUN: lambda v: f"the server {one_line(v['label'])} does not answer",
        Phase.OVER: lambda v: f"the server {one_line(v['label'])} answers again, or was deleted",
    },
    Code.DATABASE_DOWN: {
        Phase.BEGUN: lambda v: f"the database takes nothing from {one_line(v['host'])}",
        Phase.OVER: lambda v: f"the database takes webhooks from {one_line(v['host'])} again",
    },
    Code.JOURNAL_WAITING: {
        Phase.BEGUN: lambda v: f"webhooks wait for the database on {one_line(v['host'])}",
        Phase.OVER: lambda v: f"no webhook waits any more on {one_line(v['host'])}",
    },
    Code.SIGNATURE_REFUSED: {
        Phase.BEGUN: lambda v: f"webhooks of {one_line(v['account'])} are refused",
        Phase.OVER: lambda v: f"webhooks of {one_line(v['account'])} are let in again",
    },
    Code.SILENCE: {
        Phase.BEGUN: lambda v: f"no call for {one_line(v['label'])} today",
        Phase.OVER: lambda v: f"the silence on {one_line(v['label'])} is over",
    },
    Code.MISSED_CALL: {Phase.BEGUN: _missed},
}
# Code -> what else there is to know while it lasts.
DETAILS: Mapping[Code, Words] = {
    Code.SERVER_DOWN: lambda v: "Calls pass it over and ring what comes after it in their routes.",
    Code.DATABASE_DOWN: lambda v: (
        "Calls are answered all the same, and what happens waits on the disk until the database "
        f"takes it. It said: {one_line(v['reason'])}"
    ),
    Code.JOURNAL_WAITING: lambda v: (
        f"The database answers, but {v['bytes']} bytes of webhooks are not stored. Does the panel "
        "run? What waits: .venv/bin/python manage.py journal"
    ),
    Code.SIGNATURE_REFUSED: lambda v: (
        f"Requests that name this account of yours were refused, {v['count']} within the hour: "
        f"{one_line(v['reason'])}. If they are Twilio's, its calls fail: compare "
        "TWILIO_AUTH_TOKEN and PUBLIC_BASE_URL with Twilio's console."
    ),
    Code.SILENCE: lambda v: (
        f"On this day of the week it usually has had {v['usual']} calls by now. Call it yourself: "
        "if nobody answers, look at the number in Twilio's console."
    ),
    Code.MISSED_CALL: lambda v: "\n".join([*map(_list_call, v["calls"]), *_more(v)]),
}


def _list_call(call: Mapping[str, str]) -> str:
    caller = one_line(call["caller"]) or "an unknown caller"
    at = f"{call['at']}: " if call.get("at") else ""
    return f"{at}{caller} called {one_line(call['called'])}: {call['url']}"


def _more(values: Mapping[str, Any]) -> list[str]:
    more = len(values["sids"]) - len(values["calls"])
    return [f"and {more} more"] if more > 0 else []


def title_of(alert: Alert, phase: Phase = Phase.BEGUN) -> str:
    title = TITLES[alert.code][phase](alert.values)
    return title[0].upper() + title[1:]


def make_message(alert: Alert, phase: Phase, base_url: str, zone: tzinfo) -> Message:
    """Return what is told of an alert; times are written as the clock of the office shows them."""
    lines = [f"{title_of(alert, phase)}."]
    if phase is Phase.BEGUN:
        lines.append(DETAILS[alert.code](alert.values))
    if phase is Phase.OVER or alert.code is not Code.MISSED_CALL:
        lines.append(f"It began at {_clock(alert.since, zone)}.")
    if phase is Phase.OVER and alert.over_at:
        # It turned before it was certain to be over, and may have turned again since.
        lines.append(f"It was over at {_clock(min(alert.turned_at, alert.over_at), zone)}.")
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
