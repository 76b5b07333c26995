"""Plays Twilio for one call: posts to the webhooks in Twilio's order and does what the TwiML says."""

import uuid
import xml.etree.ElementTree as ET
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import TypeVar

from telephony.rehearsal.endings import DIAL_ENDINGS, RING_S, Ending, cut_off, find_last
from telephony.wire.callbacks import SIMULATED
from telephony.wire.paths import FAILED_PATH, STATUS_PATH, VOICE_PATH

# Seconds that a mailbox listens before Twilio hangs up on it.
MAILBOX_S = 12


Result = TypeVar("Result")
# Yields the lines of the story and returns its result.
Told = Generator[str, None, Result]

# Posts fields to a URL at a given time; returns the TwiML, or raises WebhookFailed.
Post = Callable[[str, Mapping[str, str], datetime], str]
# Names the ending of each side of the dial that was told last; takes how many sides ring together.
Choose = Callable[[int], Sequence[str]]


class WebhookFailed(Exception):
    """A webhook got an answer that Twilio does not play."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"HTTP {status}: {body.strip()[:200]}")
        self.status = status


@dataclass(frozen=True)
class Scenario:
    """A call to be played. `outcomes` are taken in turn, one for each dial; the last is repeated.

    Who rings together ends alike, unless the player is given a choice for each.
    """

    called: str
    caller: str
    account_sid: str
    base_url: str
    outcomes: Sequence[str]
    talk_s: int = 42
    call_sid: str = ""


class Player:
    """One call under way. `play` yields its story line by line.

    `answered` says whether somebody took it, `webhooks` how many were answered.
    """

    def __init__(
        self,
        scenario: Scenario,
        post: Post,
        started_at: datetime,
        *,
        time_passes: bool,
        choose: Choose | None = None,
    ) -> None:
        self.scenario = scenario
        self.call_sid = scenario.call_sid or f"CA{uuid.uuid4().hex}"
        self.answered = False
        self.webhooks = 0
        self._post = post
        self._now = started_at
        self._time_passes = time_passes
        self._choose = choose or self._next_outcome
        self._dials = 0
        self._status = "ringing"

    def play(self) -> Iterator[str]:
        """Yield what happens. Raises WebhookFailed where Twilio would give up on the call."""
        base = self.scenario.base_url
        url: str | None = base + VOICE_PATH
        fields: dict[str, str] = {}
        while url is not None:
            yield f"Twilio asks {url.removeprefix(base)} ({_describe(fields)})"
            response = yield from self._ask(url, fields)
            dial = response.find("Dial")
            if dial is None:
                yield from self._end(response)
                break
            yield f"  told to dial {_nouns(dial)} for {dial.get('timeout')} s as {dial.get('callerId')}"
            fields = yield from self._dial(dial)
            url = dial.get("action")
        final = self._status if self._status != "ringing" else "no-answer"
        final = "completed" if final == "in-progress" else final
        extra = {"CallDuration": str(self.scenario.talk_s if self.answered else 0)}
        self._send(base + STATUS_PATH, {"CallStatus": final, **extra}, in_order=True)
        yield f"Twilio tells {STATUS_PATH} that the call is {final}"

    def _ask(self, url: str, fields: Mapping[str, str]) -> Told[ET.Element]:
        try:
            return _parse(self._send(url, fields))
        except WebhookFailed as failure:
            if failure.status == 403:
                raise
            yield f"  the answer was {failure}; Twilio asks {FAILED_PATH}"
            failed = {**fields, "ErrorCode": "11200", "ErrorUrl": url}
            return _parse(self._send(self.scenario.base_url + FAILED_PATH, failed))

    def _dial(self, dial: ET.Element) -> Told[dict[str, str]]:
        nouns = list(dial)
        endings = [DIAL_ENDINGS[name] for name in self._choose(len(nouns))]
        sids = [
            f"CA{uuid.uuid5(uuid.NAMESPACE_URL, f'{self.call_sid}/{self._dials}/{i}').hex}"
            for i in range(len(nouns))
        ]
        self._dials += 1
        for noun, sid in zip(nouns, sids, strict=True):
            self._report(noun, sid, "initiated", 0)
            self._report(noun, sid, "ringing", 1)
        last = find_last(endings)
        ending, noun = endings[last], nouns[last]
        self._pass(int(dial.get("timeout", RING_S)) if ending.rings_out else RING_S)
        if ending.is_picked_up:
            self._report(noun, sids[last], "in-progress", 2)
        ends = cut_off(endings, last)
        for place, end in enumerate(ends):
            # The others stop as soon as somebody picks up.
            if place != last:
                self._report(nouns[place], sids[place], end.leg_status, 3, end)
        talk_s = yield from self._pick_up(noun, sids[last], ending)
        if ending.call_status == "no-answer":
            self._status = "no-answer"
        self._report(noun, sids[last], ends[last].leg_status, 3, ends[last], talk_s)
        yield f"  {_story(ending, noun, talk_s, self.answered)}"
        fields = {
            "DialCallStatus": ending.dial_status,
            "DialCallSid": sids[last],
            "DialSipResponseCode": ending.sip_code if noun.tag == "Sip" else "",
            "ErrorCode": ending.error_code,
            "DialBridged": "true" if self.answered else "false",
            "DialCallDuration": str(talk_s) if talk_s else "",
        }
        return {name: value for name, value in fields.items() if value}

    def _pick_up(self, noun: ET.Element, sid: str, ending: Ending) -> Told[int]:
        """Play what follows when this side picks up; return how many seconds it was on the line."""
        if not ending.is_picked_up:
            return 0
        self.answered = True
        if question := noun.get("url"):
            yield f"Twilio asks {question.removeprefix(self.scenario.base_url)}"
            leg = self._leg_fields(noun, sid, "in-progress")
            gather = _parse(self._send(question, leg)).find("Gather")
            prompt = "" if gather is None else gather.findtext("Say", "")
            yield f"  told to ask for a key: {prompt}"
            self.answered = ending.by_person
            if self.answered and gather is not None:
                self._send(gather.get("action", ""), {**leg, "Digits": "1"})
        if not self.answered:
            self._pass(MAILBOX_S)
            return MAILBOX_S
        self._status = "in-progress"
        self._pass(self.scenario.talk_s)
        return self.scenario.talk_s

    def _report(
        self,
        noun: ET.Element,
        sid: str,
        status: str,
        sequence: int,
        ending: Ending | None = None,
        talk_s: int = 0,
    ) -> None:
        url = noun.get("statusCallback")
        if url is None:
            return
        fields = self._leg_fields(noun, sid, status) | {
            "Timestamp": format_datetime(self._now),
            "SequenceNumber": str(sequence),
            "CallbackSource": "call-progress-events",
        }
        if ending is not None:
            fields["CallDuration"] = str(talk_s)
            fields |= {"SipResponseCode": ending.sip_code} if ending.sip_code else {}
            fields |= {"ErrorCode": ending.error_code} if ending.error_code else {}
        self._send(url, fields)

    def _leg_fields(self, noun: ET.Element, sid: str, status: str) -> dict[str, str]:
        return {
            "CallSid": sid,
            "ParentCallSid": self.call_sid,
            "CallStatus": status,
            "To": (noun.text or "").partition(";")[0],
            "Direction": "outbound-dial",
        }

    def _end(self, response: ET.Element) -> Iterator[str]:
        said = response.find("Say")
        if response.find("Reject") is not None:
            self._status = "busy"
            yield "  told to reject the call"
        elif said is not None:
            self._status = "in-progress"
            yield f"  told to say: {said.text}"
        else:
            yield "  told to hang up"

    def _next_outcome(self, sides: int) -> Sequence[str]:
        outcomes = self.scenario.outcomes
        return [outcomes[min(self._dials, len(outcomes) - 1)]] * sides

    def _pass(self, seconds: int) -> None:
        if self._time_passes:
            self._now += timedelta(seconds=seconds)

    def _send(self, url: str, fields: Mapping[str, str], *, in_order: bool = False) -> str:
        scenario = self.scenario
        common = {
            "CallSid": self.call_sid,
            "AccountSid": scenario.account_sid,
            "ApiVersion": "2010-04-01",
            "From": scenario.caller,
            "To": scenario.called,
            "Caller": scenario.caller,
            "Called": scenario.called,
            "CallStatus": self._status,
            "Direction": "inbound",
            "FromCity": "",
            SIMULATED: "1",
        }
        if in_order:
            common |= {"Timestamp": format_datetime(self._now), "SequenceNumber": "0"}
        twiml = self._post(url, {**common, **fields}, self._now)
        self.webhooks += 1
        return twiml


def _parse(twiml: str) -> ET.Element:
    return ET.fromstring(twiml)  # noqa: S314  our own panel wrote it


def _describe(fields: Mapping[str, str]) -> str:
    told = [fields.get("DialCallStatus", "a new call")]
    told += [f"SIP {code}" for code in [fields.get("DialSipResponseCode")] if code]
    told += [f"error {code}" for code in [fields.get("ErrorCode")] if code]
    return ", ".join(told)


def _nouns(dial: ET.Element) -> str:
    return " together with ".join((noun.text or "").strip() for noun in dial)


def _story(ending: Ending, noun: ET.Element, talk_s: int, is_answered: bool) -> str:
    who = (noun.text or "").strip()
    if ending.is_picked_up and not is_answered:
        return f"picked up by {who}, where nobody presses a key"
    if ending.is_picked_up:
        return f"answered by {who}, who talks for {talk_s} s"
    if ending.call_status == "no-answer":
        return "the caller hangs up while it rings"
    words = {"busy": "is busy", "no-answer": "does not answer", "failed": "cannot be reached"}
    if ending.error_code:
        return f"refused by Twilio itself, error {ending.error_code}"
    if ending.sip_code == "603":
        return "declined"
    return words.get(ending.dial_status, ending.dial_status)
