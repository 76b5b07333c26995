"""The webhooks' addresses below PUBLIC_BASE_URL: what each asks, and where the call stands.

What is left of the plan that a call began with travels in the address of a dial's action, so
that an edited route changes no call in progress, on any node, without a query or a session:

    /twilio/voice/1/fn.2-f3-20-fn.3-e7-15-fnbd/

is asked when position 1 has ended, which moves on after `failed` and `no-answer`; position 2,
fallback number 3, then rings for 20 seconds, and so on. Addresses are unreserved ASCII with a
final slash, so that whatever passes them on leaves them as they are, and the signature fits.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from urllib.parse import urlsplit

from telephony.routing.decision import Progress
from telephony.routing.directory import STEPS_AT_MOST, Step
from telephony.routing.results import Outcome

PREFIX = "/twilio/"


class Kind(StrEnum):
    """Which webhook was asked; CLOSED is none, but the panel's own word that a call must be over."""

    VOICE = "voice"
    ACTION = "action"
    FAILED = "voice-failed"
    LEG = "leg"
    SCREEN = "screen"
    KEY = "key"
    STATUS = "status"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Address:
    """A webhook's address. `index` is a leg's place among those that ring together.

    `progress` is where the call stands, in the address of a dial's action only.
    """

    kind: Kind
    position: int | None = None
    index: int | None = None
    progress: Progress | None = None


VOICE_PATH = f"{PREFIX}voice/"
FAILED_PATH = f"{PREFIX}voice-failed/"
STATUS_PATH = f"{PREFIX}status/"
LEG_PATH = f"{PREFIX}leg/"
SCREEN_PATH = f"{PREFIX}screen/"

PLAIN: Mapping[str, Kind] = MappingProxyType(
    {
        VOICE_PATH: Kind.VOICE,
        FAILED_PATH: Kind.FAILED,
        STATUS_PATH: Kind.STATUS,
        LEG_PATH: Kind.LEG,
    }
)
OUTCOME_FLAGS: Mapping[Outcome, str] = MappingProxyType(
    {Outcome.FAILED: "f", Outcome.NO_ANSWER: "n", Outcome.BUSY: "b", Outcome.DECLINED: "d"}
)
# 1 to 999, as the constraint on route steps; an index is the place in a group of at most ten.
POSITION = "[1-9][0-9]{0,2}"
FLAGS = f"0|[{''.join(OUTCOME_FLAGS.values())}]{{1,{len(OUTCOME_FLAGS)}}}"
STEP = rf"({POSITION})-([ef][1-9][0-9]{{0,18}})-({POSITION})-({FLAGS})"
ACTION = re.compile(rf"{VOICE_PATH}({POSITION})/(?:({FLAGS})((?:\.{STEP}){{0,{STEPS_AT_MOST}}})/)?")
LEG = re.compile(rf"{LEG_PATH}({POSITION})/([0-9])/")
SCREEN = re.compile(rf"{SCREEN_PATH}({POSITION})/(key/)?")

KEY_LETTERS: Mapping[str, str] = MappingProxyType({"e": "endpoint:", "f": "fallback:"})


def parse_path(path: str) -> Address | None:
    """Return the webhook that a path names, or None."""
    if path in PLAIN:
        return Address(PLAIN[path])
    if found := ACTION.fullmatch(path):
        position = int(found[1])
        progress = Progress(position)
        if found[2]:
            progress = Progress(position, _parse_flags(found[2]), _parse_steps(found[3]))
        return Address(Kind.ACTION, position, progress=progress)
    if found := LEG.fullmatch(path):
        return Address(Kind.LEG, int(found[1]), int(found[2]))
    if found := SCREEN.fullmatch(path):
        return Address(Kind.KEY if found[2] else Kind.SCREEN, int(found[1]))
    return None


def parse_url(url: str, base_url: str) -> Address | None:
    """Return which webhook of ours a URL names; `base_url` is the panel's public address."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return None
    return parse_path(path.removeprefix(urlsplit(base_url).path))


def action_path(progress: Progress) -> str:
    path = f"{VOICE_PATH}{progress.position}/"
    if progress.moves_on is None or progress.later is None:
        return path
    steps = "".join(f".{_format_step(step)}" for step in progress.later)
    return f"{path}{_format_flags(progress.moves_on)}{steps}/"


def leg_path(position: int, index: int) -> str:
    return f"{LEG_PATH}{position}/{index}/"


def screen_path(position: int) -> str:
    return f"{SCREEN_PATH}{position}/"


def key_path(position: int) -> str:
    return f"{SCREEN_PATH}{position}/key/"


def _format_step(step: Step) -> str:
    kind, _, number = step.key.partition(":")
    flags = _format_flags(step.moves_on)
    return f"{step.position}-{kind[0]}{number}-{step.ring_s}-{flags}"


def _parse_steps(text: str) -> tuple[Step, ...]:
    return tuple(
        Step(int(position), KEY_LETTERS[key[0]] + key[1:], int(ring_s), _parse_flags(flags))
        for position, key, ring_s, flags in re.findall(STEP, text)
    )


def _format_flags(moves_on: frozenset[Outcome]) -> str:
    return "".join(flag for outcome, flag in OUTCOME_FLAGS.items() if outcome in moves_on) or "0"


def _parse_flags(text: str) -> frozenset[Outcome]:
    return frozenset(outcome for outcome, flag in OUTCOME_FLAGS.items() if flag in text)
