"""Answers one genuine webhook: decide, record, render."""

import logging
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from telephony.records.decision import record_of
from telephony.records.event import make_event
from telephony.records.recorder import recorder
from telephony.routing.breaker import Sign, judge_leg
from telephony.routing.decision import Decision, Dial, Hangup
from telephony.routing.directory import Directory
from telephony.routing.reasons import explain
from telephony.routing.rules import ask_for_key, decide, resume, why_failed
from telephony.snapshots.health import live_health
from telephony.snapshots.live import live_directory
from telephony.wire.callbacks import Callback, is_of_leg
from telephony.wire.paths import Kind, parse_url
from telephony.wire.twiml import EMPTY, render

logger = logging.getLogger(__name__)

# Seconds that a start waits for the database before it takes the saved routes.
ROUTES_WITHIN_S = 1.0
# The kinds that ask what the call is to do. The others only report, and get an empty answer.
ASKING = frozenset({Kind.VOICE, Kind.ACTION, Kind.FAILED, Kind.SCREEN})


def get_ready() -> None:
    """Do, when a server process starts, what its first caller would otherwise wait for."""
    recorder.start()
    live_directory.start(ROUTES_WITHIN_S)


@dataclass(frozen=True, slots=True)
class Answer:
    """The TwiML, to be given once `safe`, if there is one, is done."""

    twiml: str
    safe: Future[None] | None


def answer(callback: Callback, received_at: datetime) -> Answer:
    """Record a callback, and return what answers it.

    Raises NoRoutesError if the configuration has never been read.
    """
    # A rehearsal shows nothing of real servers.
    if callback.kind is Kind.LEG and not callback.is_simulated:
        hear_of_server(callback, received_at)
    if callback.kind not in ASKING:
        return Answer(EMPTY, recorder.record(make_event(callback, received_at, None)))
    directory = live_directory.current()
    decision = decide_on(callback, directory, received_at)
    if directory.silent_until and isinstance(decision, Dial):
        live_health.try_out(decision.servers, received_at)
    recorded = record_of(decision, directory)
    logger.info("call %s: %s: %s", callback.call.call_sid, recorded.verb, explain(decision.reasons))
    safe = recorder.record(make_event(callback, received_at, recorded))
    return Answer(render(decision, settings.PUBLIC_BASE_URL), safe)


def hear_of_server(callback: Callback, received_at: datetime) -> None:
    """Learn from a leg that rang one of our servers whether that answers."""
    is_up = judge_leg(callback.result.call_status, callback.sip_code, callback.error_code)
    server = live_directory.find_server(callback.call.called) if is_up is not None else None
    if is_up is not None and server:
        live_health.hear(Sign(server, is_up, received_at, call=callback.call.call_sid))


def decide_on(callback: Callback, directory: Directory, now: datetime) -> Decision:
    """Return the decision that a webhook asks for; its kind must be in ASKING."""
    address, call, result = callback.address, callback.call, callback.result
    match address.kind:
        case Kind.SCREEN:
            return ask_for_key(directory, call.called, address.position or 0)
        case Kind.FAILED if is_of_leg(address.kind, callback.params):
            # The question for a key could not be asked: the leg ends, and the next step rings.
            return Hangup((why_failed(callback.error_code),))
        case Kind.FAILED:
            failed = parse_url(callback.error_url, settings.PUBLIC_BASE_URL)
            after = failed.progress if failed else None
            return resume(directory, call, after, result, callback.error_code, now)
    return decide(directory, call, address.progress, result, now)
