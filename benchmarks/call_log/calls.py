"""Makes rows of call records, by the million: who calls is skewed, as in life."""

import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

END = datetime(2026, 11, 1, tzinfo=UTC)
DAYS = 3 * 365
NUMBERS = 10_000
COLUMNS = (
    "call_sid",
    "account_sid",
    "caller",
    "called",
    "caller_name",
    "forwarded_from",
    "verstat",
    "status",
    "outcome",
    "answered_by",
    "dials",
    "started_at",
    "answered_at",
    "ended_at",
    "duration_s",
    "talk_s",
    "cost",
    "saved",
    "currency",
    "missing",
    "is_simulated",
)
# The leg that talked, of each call that was answered.
LEG_COLUMNS = (
    "call_id",
    "leg_sid",
    "destination_key",
    "label",
    "uri",
    "status",
    "dial_status",
    "is_answered",
)
ACCOUNT = "AC" + "0" * 32
NAMES = ("SMITH JOHN", "FAYETTEVILL  NC", "Ana García", "WIRELESS CALLER", "Acme Ltd", "O'Hara")
VERSTATS = ("TN-Validation-Passed-A",) * 6 + ("TN-Validation-Passed-B", "", "", "No-TN-Validation")
OUTCOMES = ("answered",) * 60 + ("failed-over",) * 12 + ("unanswered",) * 15 + ("busy",) * 5
OUTCOMES += ("caller-gone",) * 7 + ("rejected",)
# One of so many: a check that failed, and a call of which something is missing.
FAILED_CHECKS, MISSING, REHEARSED, FORWARDED, ANONYMOUS, NAMED = 5_000, 500, 2_000, 20, 33, 5


def number(place: int) -> str:
    return f"+1202{place:07}"


def caller(place: int) -> str:
    # Spread over all digits, as numbers of different places are.
    return f"+1{(place * 7_919_777_777) % 8_000_000_000 + 2_000_000_000}"


def rows(count: int, seed: int = 1) -> Iterator[tuple[object, ...]]:
    """Yield the values of COLUMNS, the oldest call first; times are texts that both databases take."""
    rng = random.Random(seed)
    between = timedelta(days=DAYS) / count
    callers = max(10, count // 10)
    one = rng.random
    for place in range(count):
        started = END - between * (count - place)
        outcome = OUTCOMES[int(one() * 100)]
        is_answered = outcome in ("answered", "failed-over")
        talk_s = int(one() * 400) + 1 if is_answered else None
        ended = started + timedelta(seconds=15 + (talk_s or 0))
        who = int(one() ** 2 * callers)
        # Of the 300 who answer some are hardly ever there.
        answerer = f"desk {int(one() ** 3 * 300):03}" if is_answered else ""
        cost = f"{((talk_s or 0) // 60 + 1) * 0.1525:.5f}" if is_answered else None
        verstat = VERSTATS[int(one() * 10)]
        yield (
            f"CA{rng.getrandbits(128):032x}",
            ACCOUNT,
            "anonymous" if one() * ANONYMOUS < 1 else caller(who),
            number(int(one() ** 4 * NUMBERS)),
            NAMES[who % len(NAMES)] if who % NAMED == 0 else "",
            caller(int(one() * callers)) if one() * FORWARDED < 1 else "",
            "TN-Validation-Failed" if one() * FAILED_CHECKS < 1 else verstat,
            "completed",
            outcome,
            answerer,
            2 if outcome == "failed-over" else 1,
            _text(started),
            _text(started + timedelta(seconds=12)) if is_answered else None,
            _text(ended),
            int((ended - started).total_seconds()),
            talk_s,
            cost,
            "0.00000" if cost else None,
            "USD" if cost else "",
            '[{"code": "end"}]' if one() * MISSING < 1 else "[]",
            one() * REHEARSED < 1,
        )


def legs(calls: Iterable[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
    """Yield the values of LEG_COLUMNS: after a failover three of four were taken by a fallback number."""
    for values in calls:
        call = dict(zip(COLUMNS, values, strict=True))
        if not call["answered_by"]:
            continue
        sid, label = str(call["call_sid"]), str(call["answered_by"])
        kind = "fallback" if call["outcome"] == "failed-over" and sid[2] > "3" else "endpoint"
        key = f"{kind}:{int(label[-3:])}"
        yield sid, f"CB{sid[2:]}", key, label, f"sip:{key}", "completed", "completed", True


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")
