"""One round of alerts: look, decide and keep, and only then tell.

1. Under the lock of a book, find what holds, judge it, and commit.
2. Claim what each channel is to be told, and commit: whoever dies now is followed by another try.
3. Tell all channels at once, outside of any transaction, each for some seconds at most.
4. Note how it went. A channel that failed waits for a later round; go on with the others at 2.
"""

import logging
import socket
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import Error, connection, transaction

from telephony.database import tell, watch
from telephony.health.alerts.books import Book, DatabaseBook, FileBook
from telephony.health.alerts.channels import Send, configured, send_all
from telephony.health.alerts.finders import IN_DATABASE, ON_MACHINE, Look, MachineLook
from telephony.health.alerts.judging import Code, Condition, Heard, Telling, claim, judge, settle
from telephony.health.alerts.words import make_message
from telephony.models import Policy, RefusedWebhooks
from telephony.records.backlog import OutageError, check_database

logger = logging.getLogger(__name__)

# For how long refused webhooks are counted by the hour.
COUNTED_FOR = timedelta(days=31)


class BlindError(Exception):
    """Some states could not be looked for; the message names them, and the log says why."""


def tell_of_machine(now: datetime) -> str:
    """Tell what concerns this machine, whether the database is there or not.

    Returns what the database said if it takes nothing, else "". Raises OSError if the spool cannot
    be used, and BlindError.
    """
    book = FileBook(settings.SPOOL_DIR)
    outage = ""
    try:
        check_database()
        with watch.over("reading the policy"):
            book.choose(choices_of(Policy.current(), ON_MACHINE))
    except OutageError as error:
        outage = str(error)
    except Error as error:  # it has gone away since, or lacks a table of this version
        connection.close()
        outage = tell(error)
    chosen = book.read().choices
    choices = choices_of(Policy(), ON_MACHINE) if chosen is None else chosen
    look = MachineLook(now, socket.gethostname(), book.folder, outage)
    with book.change() as alerts:
        found, blind = _find(ON_MACHINE, look, choices)
        judge(alerts, found, _debounce(choices), configured(), now)
    _deliver(book, now)
    _raise_if_blind(blind)
    return outage


def tell_of_panel(now: datetime) -> str:
    """Tell what concerns all of the panel; return a sentence for the log. Raises django.db.Error."""
    book = DatabaseBook()
    with book.change() as alerts:
        policy = Policy.current()
        choices = choices_of(policy, IN_DATABASE)
        found, blind = _find(IN_DATABASE, Look(now, policy, alerts), choices)
        judge(alerts, found, _debounce(choices), configured(), now)
    RefusedWebhooks.objects.filter(hour__lt=now - COUNTED_FOR).delete()
    told, failed = _deliver(book, now)
    _raise_if_blind(blind)
    return f"told {told}, not taken yet {failed}"


def choices_of(policy: Policy, codes: Mapping[Code, Any]) -> dict[str, int]:
    """Return code -> seconds after which it is told, of those that are switched on."""
    names = {code: code.replace("-", "_") for code in codes if code is not Code.MISSED_CALL}
    after = {code: getattr(policy, f"{name}_after_s") for code, name in names.items()}
    after |= {Code.MISSED_CALL: 0}
    return {code: after[code] for code in codes if getattr(policy, code.replace("-", "_"))}


def _debounce(choices: Mapping[str, int]) -> dict[Code, timedelta]:
    return {Code(code): timedelta(seconds=after_s) for code, after_s in choices.items()}


def _find(
    finders: Mapping[Code, Callable[[Any], Sequence[Condition] | None]],
    look: Look | MachineLook,
    choices: Mapping[str, int],
) -> tuple[dict[Code, Sequence[Condition]], list[str]]:
    """Return what was found, where it could be looked for, and what could not be looked for."""
    found: dict[Code, Sequence[Condition]] = {}
    blind = []
    for code, find in finders.items():
        if code not in choices:
            continue
        try:
            conditions = _find_apart(find, look)
        except Exception:  # one that fails must not keep the others from being told
            logger.exception("the state %r cannot be looked for", str(code))
            blind.append(str(code))
            continue
        if conditions is not None:
            found[code] = conditions
    return found, blind


def _find_apart(
    find: Callable[[Any], Sequence[Condition] | None], look: Look | MachineLook
) -> Sequence[Condition] | None:
    """Find in a part of the transaction of its own, because an error would end all of it."""
    if isinstance(look, MachineLook):
        return find(look)
    with transaction.atomic():
        return find(look)


def _raise_if_blind(blind: Sequence[str]) -> None:
    if blind:
        raise BlindError(f"could not look for: {', '.join(blind)}")


def _deliver(book: Book, now: datetime) -> tuple[int, int]:
    """Tell all that is to be told now; return how much was told, and how much was not taken."""
    channels = configured()
    told = failed = 0
    while channels:
        with book.change() as alerts:
            tellings = list(claim(alerts, channels, now))
        if not tellings:
            break
        errors = send_all([partial(_tell, channels[t.channel], t) for t in tellings])
        with book.change() as alerts:
            for telling, error in zip(tellings, errors, strict=True):
                _log(telling, error, settle(alerts, telling, error, now))
        for telling, error in zip(tellings, errors, strict=True):
            if error:
                channels.pop(telling.channel)
        failed += sum(map(bool, errors))
        told += sum(not error for error in errors)
    return told, failed


def _tell(send: Send, telling: Telling) -> None:
    zone = ZoneInfo(settings.TIME_ZONE)
    send(make_message(telling.alert, telling.phase, settings.PUBLIC_BASE_URL, zone))


def _log(telling: Telling, error: str, heard: Heard | None) -> None:
    """Say once that a channel does not take a message, and once that it is given up."""
    what = f"{telling.alert.code} ({telling.phase})"
    if error and heard and heard.is_given_up:
        logger.error("the alert %s is given up after a day by %s: %s", what, telling.channel, error)
    elif error and heard and heard.tries == 1:
        logger.error("the alert %s cannot be told by %s: %s", what, telling.channel, error)
    elif not error:
        logger.warning("the alert %s was told by %s", what, telling.channel)
