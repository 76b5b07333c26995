"""Why a decision was made, as codes with values; the sentences are made when they are shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class Why(StrEnum):
    """What led to a decision. Codes are stored with calls: add new ones, but never rename one."""

    NEW_CALL = "new-call"
    DIAL_ENDED = "dial-ended"
    NOT_OURS = "not-ours"
    NUMBER_DISABLED = "number-disabled"
    ANSWERED = "answered"
    CALLER_GONE = "caller-gone"
    CANCELED = "canceled"
    ROUTE_STOPS = "route-stops"
    NOBODY_LEFT = "nobody-left"
    ALL_HELD = "all-held"
    FORWARDED_HERE = "forwarded-here"
    CALLED_BY_OURSELVES = "called-by-ourselves"
    CALLER_ID_OF_ANOTHER_ACCOUNT = "caller-id-of-another-account"
    ASKS_FOR_KEY = "asks-for-key"
    NOT_FETCHED = "not-fetched"
    NOT_EXECUTED = "not-executed"
    # A reason from before there were codes; its only value is the text.
    TOLD = "told"


class Obstacle(StrEnum):
    """Why a destination is passed over. Codes are stored with calls, like those of `Why`."""

    GONE = "gone"
    DISABLED = "disabled"
    HELD = "held"
    DOWN = "down"
    LOOP = "loop"
    RINGS_ALONE = "rings-alone"
    CROWDED = "crowded"
    NOT_E164 = "not-e164"
    BAD_USER = "bad-user"
    BAD_HOST = "bad-host"
    BAD_PORT = "bad-port"
    BAD_EDGE = "bad-edge"
    LONG_URI = "long-uri"
    HALF_CREDENTIALS = "half-credentials"
    BAD_CREDENTIALS = "bad-credentials"


WHY: Mapping[Why, str] = MappingProxyType(
    {
        Why.NEW_CALL: _("a new call"),
        Why.DIAL_ENDED: _("the dial at position {position} ended: {outcome}"),
        Why.NOT_OURS: _("{number} is not one of our numbers"),
        Why.NUMBER_DISABLED: _("{number} is disabled"),
        Why.ANSWERED: _("the call was answered and is over"),
        Why.CALLER_GONE: _("the caller has hung up"),
        Why.CANCELED: _("the leg was cancelled through Twilio's API"),
        Why.ROUTE_STOPS: _("the route does not move on after that"),
        Why.NOBODY_LEFT: _("no step is left that can ring"),
        Why.ALL_HELD: _(
            "everybody who is left is out of service, so the last is rung all the same"
        ),
        Why.FORWARDED_HERE: _("{number} forwarded the call here, so ringing it would be a loop"),
        Why.CALLED_BY_OURSELVES: _("the call comes from our own number {number}, so it is a loop"),
        Why.CALLER_ID_OF_ANOTHER_ACCOUNT: _(
            "the fixed caller ID {number} belongs to another "
            "account, and Twilio would refuse it, so the number called is shown"
        ),
        Why.ASKS_FOR_KEY: _("whoever picks up must press a key first"),
        Why.NOT_FETCHED: _("Twilio could not fetch the answer (error {error})"),
        Why.NOT_EXECUTED: _("Twilio could not execute the answer (error {error})"),
        Why.TOLD: "{text}",
    }
)
OBSTACLES: Mapping[Obstacle, str] = MappingProxyType(
    {
        Obstacle.GONE: _("it is no longer in the panel"),
        Obstacle.DISABLED: _("it is disabled"),
        Obstacle.HELD: _("its server is out of service"),
        Obstacle.DOWN: _("its server has not answered lately"),
        Obstacle.LOOP: _("the call has come from it"),
        Obstacle.RINGS_ALONE: _("it asks for a key, and so cannot ring together with others"),
        Obstacle.CROWDED: _("Twilio rings at most ten together"),
        Obstacle.NOT_E164: _("its number is not E.164"),
        Obstacle.BAD_USER: _(
            "the user part of its SIP URI has characters that are not allowed there"
        ),
        Obstacle.BAD_HOST: _("its server's host is neither a host name nor an IPv4 address"),
        Obstacle.BAD_PORT: _("its server's port or transport is not one that SIP has"),
        Obstacle.BAD_EDGE: _("its server's edge has characters that are not allowed in a SIP URI"),
        Obstacle.LONG_URI: _("its SIP URI is longer than Twilio takes"),
        Obstacle.HALF_CREDENTIALS: _("it has a digest username or a password but not both"),
        Obstacle.BAD_CREDENTIALS: _(
            "its digest credentials have characters that TwiML cannot carry"
        ),
    }
)

# They pass, and whom they keep from ringing is rung all the same if nobody else is left.
OUT_OF_SERVICE = frozenset({Obstacle.HELD, Obstacle.DOWN})


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that led to a decision; `values` are the names and values of its sentence."""

    code: Why
    values: tuple[tuple[str, str | int], ...] = ()


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A destination that was not rung at its position, and why."""

    key: str
    label: str
    position: int
    obstacle: Obstacle


def because(code: Why, **values: str | int) -> Reason:
    return Reason(code, tuple(values.items()))


def explain(reasons: Iterable[Reason]) -> str:
    """Return the reasons as one sentence without its full stop."""
    return "; ".join(WHY[reason.code].format_map(dict(reason.values)) for reason in reasons)


def explain_passed_over(passed: PassedOver) -> str:
    template: str = gettext("{label} at position {position}: {obstacle}")
    obstacle = OBSTACLES[passed.obstacle]
    return template.format(label=passed.label, position=passed.position, obstacle=obstacle)
