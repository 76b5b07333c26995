"""Plays whole calls over HTTP as Twilio would: repeated now and then, and reports out of order."""

import contextlib
import http.client
import random
import ssl
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import urlencode, urlsplit

from benchmarks.faults.book import Book
from telephony.rehearsal.player import Player, Scenario, WebhookFailed
from telephony.wire.paths import LEG_PATH, STATUS_PATH
from telephony.wire.signature import sign
from telephony.wire.twiml import EMPTY

# Twilio waits no longer.
GIVE_UP_S = 15
# Shares of webhooks that Twilio sends twice, and of reports that come late.
REPEATED, LATE = 0.1, 0.2
OUTCOMES = ("completed", "completed", "failed", "no-answer", "busy", "hangup")
PAUSE_S = 0.02
# The certificate of the nginx that is tried is its own.
UNVERIFIED = ssl._create_unverified_context()


class Door(Protocol):
    """Where webhooks are posted to."""

    port: int
    is_tls: bool


class Callers:
    """Threads that call one after the other until they are stopped."""

    def __init__(
        self, panel: "Door", scenario: Scenario, token: str, book: Book, seed: int
    ) -> None:
        self._panel, self._scenario, self._token, self._book = panel, scenario, token, book
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=[random.Random(f"{seed}/{n}")], daemon=True)
            for n in range(4)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End after the calls that are under way."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(60)

    def _run(self, dice: random.Random) -> None:
        while not self._stopped.is_set():
            self._call(dice)
            time.sleep(PAUSE_S)

    def _call(self, dice: random.Random) -> None:
        late: list[tuple[str, Mapping[str, str]]] = []

        def post(url: str, fields: Mapping[str, str], at: datetime) -> str:
            path = urlsplit(url).path
            is_report = path.startswith((LEG_PATH, STATUS_PATH))
            if is_report and dice.random() < LATE:
                late.append((url, fields))
                return EMPTY
            try:
                text = self._send(url, fields)
                if dice.random() < REPEATED:
                    self._send(url, fields)
            except WebhookFailed:
                if not is_report:
                    raise
                # Nobody asks again for a report.
                return EMPTY
            return text

        scenario = Scenario(
            called=self._scenario.called,
            caller=f"+1202555{dice.randrange(10_000):04}",
            account_sid=self._scenario.account_sid,
            base_url=self._scenario.base_url,
            outcomes=[dice.choice(OUTCOMES) for _ in range(2)],
        )
        player = Player(scenario, post, datetime.now(UTC), time_passes=False)
        try:
            for _ in player.play():
                pass
        except (WebhookFailed, ET.ParseError):
            self._book.note_unanswered()
            return
        for url, fields in late:
            with contextlib.suppress(WebhookFailed):
                self._send(url, fields)
        self._book.note_end(player.call_sid, was_answered=player.answered)

    def _send(self, url: str, fields: Mapping[str, str]) -> str:
        """Post once, and once more where no connection could be made, as Twilio does."""
        for is_last in (False, True):
            began = time.monotonic()
            try:
                status, text = self._post(url, fields)
            except ConnectionRefusedError as error:
                if is_last:
                    self._book.note(fields, is_kept=False, waited_s=time.monotonic() - began)
                    raise WebhookFailed(0, str(error)) from error
                time.sleep(1)
                continue
            except (OSError, http.client.HTTPException) as error:
                self._book.note(fields, is_kept=False, waited_s=time.monotonic() - began)
                raise WebhookFailed(0, str(error)) from error
            self._book.note(fields, is_kept=status == 200, waited_s=time.monotonic() - began)
            if status != 200:
                raise WebhookFailed(status, text)
            return text
        raise AssertionError("unreachable")

    def _connect(self) -> http.client.HTTPConnection:
        address = ("127.0.0.1", self._panel.port)
        if self._panel.is_tls:
            return http.client.HTTPSConnection(*address, timeout=GIVE_UP_S, context=UNVERIFIED)
        return http.client.HTTPConnection(*address, timeout=GIVE_UP_S)

    def _post(self, url: str, fields: Mapping[str, str]) -> tuple[int, str]:
        signature = sign(url, {name: [value] for name, value in fields.items()}, self._token)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": signature,
        }
        connection = self._connect()
        try:
            connection.request("POST", urlsplit(url).path, urlencode(fields), headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()
