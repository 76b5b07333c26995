"""Answers one genuine webhook: decide, record, render."""

import logging
from datetime import datetime

from django.conf import settings
from django.db import Error as DatabaseTrouble

from telephony.live import live_directory
from telephony.records.decisions import describe
from telephony.records.events import Event, identify
from telephony.records.recorder import recorder
from telephony.routing.decision import Step, decide, resume
from telephony.routing.directory import Directory
from telephony.webhooks.callbacks import Callback, Kind
from telephony.webhooks.twiml import EMPTY, render

logger = logging.getLogger(__name__)


def get_ready() -> None:
    """Do at the start of a server process what its first caller would have to wait for."""
    recorder.start()
    try:
        live_directory.current()
    except DatabaseTrouble as error:
        logger.error("no routes yet, the database does not answer: %s", error)


def answer(callback: Callback, received_at: datetime) -> str:
    """Return the TwiML for a callback, which is recorded by then.

    Raises django.db.Error if the configuration has never been read.
    """
    step, decision = None, None
    if callback.kind in (Kind.VOICE, Kind.ACTION, Kind.FAILED):
        directory = live_directory.current()
        step = _decide(directory, callback, received_at)
        decision = describe(step, directory)
        logger.info("call %s: %s: %s", callback.call.call_sid, decision["step"], step.reason)
    recorder.record(
        Event(
            identity=identify(callback.kind, callback.position, callback.index, callback.params),
            kind=callback.kind.value,
            call_sid=callback.call.call_sid,
            leg_sid=callback.leg_sid,
            account_sid=callback.call.account_sid,
            position=callback.position,
            index=callback.index,
            received_at=received_at,
            params=callback.params,
            decision=decision,
        )
    )
    return EMPTY if step is None else render(step, settings.PUBLIC_BASE_URL)


def _decide(directory: Directory, callback: Callback, now: datetime) -> Step:
    position, result = callback.position, callback.result
    if callback.kind is Kind.FAILED:
        return resume(directory, callback.call, position, result, callback.error_code, now)
    return decide(directory, callback.call, position, result, now)
