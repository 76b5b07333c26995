"""Decides what is to be told of a state, from what was told before and what holds now.

1. A state that has held at every look for its debounce time has *begun*.
2. One that has begun, and has then held at no look for that time, is *over*.
3. Each channel is told *begun* and then *over*, in this order, until it takes them: a channel that
   has not heard *begun* never hears *over*, and one that has heard it does not hear it again.
4. What a channel has not taken within a day is given up.
5. What was not looked for is not known, so nothing of it changes.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

# How long a channel is tried, and the longest pause between two tries.
TRIED_FOR = timedelta(days=1)
LONGEST_PAUSE = timedelta(hours=1)


class Code(StrEnum):
    """The states that are told."""

    SERVER_DOWN = "server-down"
    DATABASE_DOWN = "database-down"
    JOURNAL_WAITING = "journal-waiting"
    SIGNATURE_REFUSED = "signature-refused"
    SILENCE = "silence"
    MISSED_CALL = "missed-call"


# What happens in a moment, and so is never over. Each has a subject of its own.
MOMENTARY = frozenset({Code.MISSED_CALL})
# For so long one that was told is remembered, so that it is not told again.
REMEMBERED = timedelta(days=2)


class Phase(StrEnum):
    BEGUN = "begun"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Condition:
    """A state that holds now; `values` are JSON, and what its words are made of."""

    code: Code
    subject: str
    since: datetime
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a channel has been told of an alert, and how it goes with what is to follow."""

    phase: Phase | None = None
    tries: int = 0
    due_at: datetime | None = None
    error: str = ""
    is_given_up: bool = False


@dataclass(frozen=True, slots=True)
class Alert:
    """A state that is watched. `turned_at` is when `holds` last changed."""

    code: Code
    subject: str
    since: datetime
    values: Mapping[str, Any]
    holds: bool
    turned_at: datetime
    begun_at: datetime | None = None
    over_at: datetime | None = None
    channels: Mapping[str, Heard] = field(default_factory=dict)

    @property
    def is_on(self) -> bool:
        return self.begun_at is not None and self.over_at is None


Key = tuple[str, str]
Alerts = dict[Key, Alert]


def judge(
    alerts: Alerts,
    found: Mapping[Code, Iterable[Condition]],
    debounce: Mapping[Code, timedelta],
    channels: Iterable[str],
    now: datetime,
) -> None:
    """Bring the alerts up to date with what was found, where it was looked for.

    What has no debounce time is switched off, and forgotten. `channels` hear of what begins.
    """
    holding: dict[Key, Condition] = {
        (c.code, c.subject): c for conditions in found.values() for c in conditions
    }
    for key, alert in alerts.items():
        # What turned in the future did so by a clock that was wrong.
        alerts[key] = replace(alert, turned_at=min(alert.turned_at, now))
    for key, condition in holding.items():
        alerts[key] = _hold(alerts.get(key), condition, debounce[condition.code], channels, now)
    for key, alert in list(alerts.items()):
        is_looked_for = alert.code in found and alert.code not in MOMENTARY
        if alert.code in debounce and key not in holding and is_looked_for:
            alert = alerts[key] = _lapse(alert, debounce[alert.code], now)
        if alert.code not in debounce or _is_done(alert, now):
            del alerts[key]


def _hold(
    alert: Alert | None,
    condition: Condition,
    debounce: timedelta,
    channels: Iterable[str],
    now: datetime,
) -> Alert:
    values = condition.values
    if alert is None:
        alert = Alert(condition.code, condition.subject, condition.since, values, True, now)
    elif not alert.holds:
        alert = replace(alert, holds=True, turned_at=now)
    if alert.is_on:
        return replace(alert, values=values)
    if now - alert.turned_at < debounce:
        return alert
    return replace(
        alert,
        since=min(condition.since, alert.turned_at),
        values=values,
        begun_at=now,
        over_at=None,
        channels={name: _begin(alert.channels.get(name)) for name in channels},
    )


def _begin(heard: Heard | None) -> Heard:
    """What a channel that has not yet heard of the last end knows already, it does not hear again."""
    is_waiting = heard is not None and heard.phase is Phase.BEGUN and not heard.is_given_up
    return Heard(Phase.BEGUN) if is_waiting else Heard()


def _lapse(alert: Alert, debounce: timedelta, now: datetime) -> Alert:
    if alert.holds:
        alert = replace(alert, holds=False, turned_at=now)
    if alert.is_on and now - alert.turned_at >= debounce:
        alert = replace(alert, over_at=now)
    return alert


def _is_done(alert: Alert, now: datetime) -> bool:
    """Whether nothing is left to be told of it, or to be remembered."""
    if alert.code in MOMENTARY:
        return now - alert.turned_at > REMEMBERED
    return not (alert.holds or alert.is_on or any(pending(alert, name) for name in alert.channels))


def pending(alert: Alert, channel: str) -> Phase | None:
    """Return what a channel is to be told next, or None."""
    heard = alert.channels.get(channel)
    if heard is None or heard.is_given_up:
        return None
    if heard.phase is None and alert.begun_at is not None:
        return Phase.BEGUN
    if heard.phase is Phase.BEGUN and alert.over_at is not None:
        return Phase.OVER
    return None


@dataclass(frozen=True, slots=True)
class Telling:
    """One thing that one channel is to be told now; `alert` is as it was when that was decided."""

    alert: Alert
    channel: str
    phase: Phase

    @property
    def key(self) -> Key:
        return (self.alert.code, self.alert.subject)


def claim(alerts: Alerts, channels: Iterable[str], now: datetime) -> Iterator[Telling]:
    """Yield the first thing that each channel is to be told now, and put off its next try.

    It is put off before it is told, so that nobody else tells it too, and so that it is tried
    again if we die.
    """
    for channel in channels:
        for key, alert in sorted(alerts.items(), key=lambda item: item[1].turned_at):
            phase, heard = pending(alert, channel), alert.channels.get(channel)
            if phase is None or heard is None or _is_put_off(heard, now):
                continue
            tries = heard.tries + 1
            _note(alerts, key, channel, replace(heard, tries=tries, due_at=now + pause(tries)))
            yield Telling(alert, channel, phase)
            break


def _is_put_off(heard: Heard, now: datetime) -> bool:
    return heard.due_at is not None and now < heard.due_at <= now + LONGEST_PAUSE


def pause(tries: int) -> timedelta:
    """Return how long to wait after so many tries: 1, 2, 4, 8 … minutes, at most an hour."""
    return min(timedelta(minutes=2 ** min(tries - 1, 10)), LONGEST_PAUSE)


def settle(alerts: Alerts, telling: Telling, error: str, now: datetime) -> Heard | None:
    """Note how a telling went, and return what is noted; without an error the channel has heard it.

    What has been tried for a day is given up. None: the alert was switched off meanwhile.
    """
    alert = alerts.get(telling.key)
    heard = alert.channels.get(telling.channel) if alert else None
    if alert is None or heard is None:
        return None
    if error:
        told_since = (
            telling.alert.begun_at if telling.phase is Phase.BEGUN else telling.alert.over_at
        )
        is_given_up = told_since is not None and now - told_since >= TRIED_FOR
        heard = replace(heard, error=error, is_given_up=is_given_up)
    else:
        # It may have begun again since: then the end of the last time leads to a new beginning.
        is_same = alert.begun_at == telling.alert.begun_at or telling.phase is Phase.BEGUN
        heard = Heard(telling.phase if is_same else None)
    _note(alerts, telling.key, telling.channel, heard)
    return heard


def _note(alerts: Alerts, key: Key, channel: str, heard: Heard) -> None:
    alert = alerts[key]
    alerts[key] = replace(alert, channels={**alert.channels, channel: heard})
