"""Plays Twilio against the running panel: real HTTP, with genuine signatures."""

import re
import time
import urllib.error
import urllib.request
import xml.etree.ElementTree as ET
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Mapping
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from telephony.models import CallEvent, CallRecord, PhoneNumber
from telephony.models.fields import read_number
from telephony.records.store import load_events
from telephony.rehearsal.endings import DIAL_ENDINGS
from telephony.rehearsal.player import Player, Scenario, WebhookFailed
from telephony.routing.reasons import explain, explain_passed_over
from telephony.wire.signature import sign

UNUSABLE = 2
PANEL = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?")
# Seconds to wait for the panel to store what it has been told.
RECORD_WAIT_S = 5.0


class Command(BaseCommand):
    help = (
        "Play an incoming call against the running panel, through every step, and show its record. "
        "Exits with 0 if somebody answered, 1 if nobody did, 2 if the call could not be played."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", help="the number called, such as +12025550100")
        parser.add_argument(
            "--from", dest="caller", default="+59891234567", help="the caller, or anonymous"
        )
        parser.add_argument(
            "--outcomes",
            default="completed",
            help=f"how each dial ends, in turn, the last one repeated: {', '.join(DIAL_ENDINGS)}",
        )
        parser.add_argument(
            "--talk", type=_seconds, default=42, help="seconds of conversation (%(default)s)"
        )
        parser.add_argument(
            "--url", default="http://127.0.0.1:8000", help="where the panel runs (%(default)s)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        scenario = _scenario(options)
        panel = options["url"].rstrip("/")
        if not PANEL.fullmatch(panel):
            raise CommandError(
                f"--url: found {panel!r}; write http://HOST:PORT", returncode=UNUSABLE
            )
        post = _Http(panel, settings.TWILIO_TOKENS[scenario.account_sid][-1])
        player = Player(scenario, post, datetime.now(UTC), time_passes=False)
        self.stdout.write(f"Call {player.call_sid} from {scenario.caller} to {scenario.called}\n\n")
        try:
            for line in player.play():
                self.stdout.write(f"  {line}")
        except WebhookFailed as failure:
            raise CommandError(_advice(failure), returncode=UNUSABLE) from failure
        except (ET.ParseError, HTTPException, UnicodeDecodeError) as error:
            raise CommandError(
                f"What answers at {panel} is not this panel: {error}", returncode=UNUSABLE
            ) from error
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            reason = getattr(error, "reason", error)
            raise CommandError(
                f"No panel answers at {panel} ({reason}). Start one with `make run`, "
                "or name its address with --url.",
                returncode=UNUSABLE,
            ) from error
        self._show_record(player)
        if not player.answered:
            raise SystemExit(1)

    def _show_record(self, player: Player) -> None:
        call_sid = player.call_sid
        record = _wait_for(player)
        if record is None:
            raise CommandError(
                f"The panel played the call, but this database has no record of {call_sid}. "
                "Does the panel use another DATABASE_URL?",
                returncode=UNUSABLE,
            )
        self.stdout.write("\nWhy")
        for event in sorted(load_events([call_sid])[call_sid], key=lambda e: e.received_at):
            if event.decision is not None:
                self.stdout.write(f"  {event.decision.verb}: {explain(event.decision.reasons)}")
                for passed in event.decision.passed_over:
                    self.stdout.write(f"    passed over: {explain_passed_over(passed)}")
        self.stdout.write("\nRecord")
        outcome = record.get_outcome_display()
        self.stdout.write(f"  {outcome}{f' by {record.answered_by}' if record.answered_by else ''}")
        self.stdout.write(f"  call status {record.status}, dials {record.dials}, {_money(record)}")
        for leg in record.legs.all():
            code = f", SIP {leg.sip_code}" if leg.sip_code else ""
            code += f", error {leg.error_code}" if leg.error_code else ""
            talk = f", {leg.talk_s} s" if leg.talk_s is not None else ""
            self.stdout.write(
                f"  leg {leg.label or leg.uri}: {leg.dial_status or leg.status}{code}{talk}"
            )


class _Http:
    """Posts to the panel what Twilio would post to its public address."""

    def __init__(self, panel: str, token: str) -> None:
        self._panel, self._token = panel, token

    def __call__(self, url: str, params: Mapping[str, str], at: datetime) -> str:
        signature = sign(url, {name: [value] for name, value in params.items()}, self._token)
        request = urllib.request.Request(  # noqa: S310  the scheme was checked
            self._panel + url.removeprefix(settings.PUBLIC_BASE_URL),
            data=urlencode(params).encode(),
            headers={"X-Twilio-Signature": signature},
        )
        try:
            with urllib.request.urlopen(request, timeout=15) as response:  # noqa: S310
                return response.read().decode()
        except urllib.error.HTTPError as error:
            raise WebhookFailed(error.code, error.read().decode(errors="replace")) from error


def _scenario(options: Mapping[str, Any]) -> Scenario:
    outcomes = [name.strip() for name in options["outcomes"].split(",") if name.strip()]
    unknown = sorted(set(outcomes) - set(DIAL_ENDINGS))
    if unknown or not outcomes:
        found = ", ".join(unknown) or "nothing"
        allowed = ", ".join(DIAL_ENDINGS)
        raise CommandError(f"--outcomes: found {found}; allowed: {allowed}", returncode=UNUSABLE)
    try:
        called = read_number(options["number"])
    except ValueError as error:
        raise CommandError(
            f"number: found {options['number']!r}. {error}", returncode=UNUSABLE
        ) from error
    number = PhoneNumber.objects.filter(e164=called).first()
    account_sid = number.owning_account if number else settings.TWILIO_ACCOUNT_SID
    if account_sid not in settings.TWILIO_TOKENS:
        raise CommandError(
            "No auth token is set for the number's account, so nothing can be signed. Set "
            "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN as for the panel; see docs/settings.md.",
            returncode=UNUSABLE,
        )
    return Scenario(
        called=called,
        caller=_caller(options["caller"]),
        account_sid=account_sid,
        base_url=settings.PUBLIC_BASE_URL,
        outcomes=outcomes,
        talk_s=options["talk"],
    )


def _caller(text: str) -> str:
    """Return the caller as Twilio says it: a number, or whatever else carriers may send."""
    try:
        return read_number(text)
    except ValueError:
        return text


def _seconds(text: str) -> int:
    if not text.isdigit() or not 0 <= int(text) <= 14400:
        raise ArgumentTypeError(f"found {text!r}; allowed: whole seconds from 0 to 14400")
    return int(text)


def _advice(failure: WebhookFailed) -> str:
    if failure.status == 403:
        return (
            "The panel refused the signature. It and this command need the same PUBLIC_BASE_URL "
            "and the same auth token: do both read the same .env?"
        )
    return f"The panel could not answer, and a real caller would hear Twilio's error: {failure}"


def _wait_for(player: Player) -> CallRecord | None:
    """Return the record once every webhook is stored; each server process stores its own."""
    stored = CallEvent.objects.filter(call_sid=player.call_sid)
    deadline = time.monotonic() + RECORD_WAIT_S
    while stored.count() < player.webhooks and time.monotonic() < deadline:
        time.sleep(0.05)
    return CallRecord.objects.filter(pk=player.call_sid).first()


def _money(record: CallRecord) -> str:
    if record.cost is None:
        return "cost not known yet"
    currency = record.currency or settings.CURRENCY
    saved = "" if record.saved is None else f", saved {record.saved:.4f} {currency}"
    return f"cost {record.cost:.4f} {currency}{saved}"
