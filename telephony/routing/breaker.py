"""When a server is passed over because it does not answer, and how it comes back.

It is *closed* while calls go to it, *open* while they pass it over, and *half open* when the pause
is over and one call may try it. docs/routing.md has the rules.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

LONGEST_PAUSE_S = 600
# Calls that are known again.
CALLS_AT_MOST = 64
SIP_CODES = range(100, 700)
# Those (RFC 3261) of a server that is down, or can do nothing for now. All others show that it
# is up, even where it refuses the call.
DOWN_CODES = frozenset({408, 500, 502, 503, 504})
# Twilio could not talk to the server (32011), or not find it (13254).
DOWN_ERRORS = frozenset({13254, 32011})
# CallStatus of a leg that the server has taken up.
UP_STATUSES = frozenset({"ringing", "in-progress", "completed", "busy"})


@dataclass(frozen=True, slots=True)
class Limits:
    """Failures in a row that open, successes in a row that close, and the first pause in seconds."""

    failures: int = 3
    successes: int = 2
    pause_s: int = 30


@dataclass(frozen=True, slots=True)
class Sign:
    """What a call, or a probe if it `is_probe`, has shown of the server of this name.

    A call has a leg for each endpoint, and Twilio tells of each several times: `call` is its SID.
    """

    server: str
    is_up: bool
    at: datetime
    is_probe: bool = False
    call: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """What is known of a server: the last failures in a row, of calls and of probes, the successes
    in a row since it was opened, and how often failed calls opened it since one last succeeded.

    `opened_at` and `open_until` are None while it is closed. `calls` are the SIDs of those that
    were counted last, and what they have shown.
    """

    failures: int = 0
    probe_failures: int = 0
    successes: int = 0
    openings: int = 0
    opened_at: datetime | None = None
    open_until: datetime | None = None
    calls: tuple[tuple[str, bool], ...] = ()

    @property
    def is_closed(self) -> bool:
        return self.open_until is None

    def is_half_open(self, now: datetime) -> bool:
        return self.open_until is not None and not is_paused(self.open_until, now)


WELL = Health()


def is_paused(until: datetime, now: datetime) -> bool:
    """Whether calls still pass a server over. No pause is longer than the longest: if this one seems
    to be, the clock was wrong when it began."""
    return timedelta(0) < until - now <= timedelta(seconds=LONGEST_PAUSE_S)


def judge_leg(status: str, sip_code: int | None, error_code: int | None) -> bool | None:
    """Return whether the end of a SIP leg shows that its server is up; None if it shows neither.

    `status` is the leg's CallStatus. A server that is silent gives no SIP code, or 408.
    """
    if status == "canceled":
        # The caller hung up first, and the 487 that ends such a leg may be Twilio's own.
        return None
    if sip_code is not None and sip_code in SIP_CODES:
        return sip_code not in DOWN_CODES
    if error_code is not None and error_code not in DOWN_ERRORS:
        # Twilio refused the leg itself, and never asked the server.
        return None
    if status in UP_STATUSES:
        return True
    return False if status == "failed" else None


def after(health: Health, sign: Sign, limits: Limits) -> Health:
    """Return what is known of a server after this sign of it.

    A call counts once, or twice if it fails after all, whoever has heard of it how often.
    """
    if not sign.call:
        return _after(health, sign, limits)
    if dict(health.calls).get(sign.call) in (False, sign.is_up):
        return health
    changed = _after(health, sign, limits)
    if changed == WELL:
        return WELL
    return replace(changed, calls=(*health.calls, (sign.call, sign.is_up))[-CALLS_AT_MOST:])


def _after(health: Health, sign: Sign, limits: Limits) -> Health:
    if health.open_until is None:
        return _after_closed(health, sign, limits)
    if not sign.is_up:
        return _after_failure(health, sign, limits)
    succeeded = replace(health, successes=health.successes + 1)
    if not sign.is_probe:
        # Where calls have never failed enough, it was silent to probes only.
        enough = limits.successes if health.failures else 1
        return _close(succeeded, limits) if succeeded.successes >= enough else succeeded
    # Where calls have failed again after probes had brought it back, they wait out the pause.
    has_failed_again = health.failures > 0 and health.openings > 1
    is_believed = not has_failed_again or not is_paused(health.open_until, sign.at)
    is_enough = is_believed and succeeded.successes >= limits.successes
    return Health(openings=health.openings) if is_enough else succeeded


def _close(health: Health, limits: Limits) -> Health:
    """Probes that stay silent while calls get through are not believed until one is answered."""
    is_wrong = health.probe_failures >= limits.failures
    return Health(probe_failures=health.probe_failures) if is_wrong else WELL


def _after_failure(health: Health, sign: Sign, limits: Limits) -> Health:
    # Calls that rang it before it was opened, or because nobody else was left, do not prolong the
    # pause; nor do probes, which may be kept out where calls are not.
    if health.open_until is not None and is_paused(health.open_until, sign.at):
        return health if sign.is_probe else replace(health, successes=0)
    return health if sign.is_probe else _open(_count(health), sign.at, limits)


def _after_closed(health: Health, sign: Sign, limits: Limits) -> Health:
    if sign.is_probe:
        if sign.is_up:
            # That it answers a probe does not show that it takes calls.
            return replace(health, probe_failures=0)
        failed = replace(health, probe_failures=health.probe_failures + 1)
        if failed.probe_failures != limits.failures:
            return failed
        # What only probes have found does not make the pauses longer.
        return replace(_open(failed, sign.at, limits), openings=health.openings)
    if sign.is_up:
        return _close(health, limits)
    failed = _count(health)
    # Only probes have brought it back since it was opened: one failed call is enough.
    enough = 1 if health.openings else limits.failures
    return _open(failed, sign.at, limits) if failed.failures >= enough else failed


def _count(health: Health) -> Health:
    return replace(health, failures=health.failures + 1)


def _open(health: Health, at: datetime, limits: Limits) -> Health:
    # No pause is longer than the longest, so a larger exponent would change nothing.
    pause_s = min(limits.pause_s * 2 ** min(health.openings, 20), LONGEST_PAUSE_S)
    return Health(
        failures=health.failures,
        probe_failures=health.probe_failures,
        openings=health.openings + 1,
        # What was opened later than now was so by a clock that was wrong.
        opened_at=min(health.opened_at or at, at),
        open_until=at + timedelta(seconds=pause_s),
    )
