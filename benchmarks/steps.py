"""Measures what each step of a webhook costs, in the order in which it is done: `python -m benchmarks.steps`.

It runs in one process and without HTTP, so what is missing from the benchmark's whole is the server's.
"""

import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.webhooks.calls import ACCOUNT_SID, AUTH_TOKEN, PUBLIC_BASE_URL, whole_calls

# Calls in one measurement, which is repeated.
CALLS, REPEATS = 40, 15


@contextmanager
def panel() -> Iterator[Path]:
    """Django with an empty database of its own and the number that is called; yields the spool."""
    with tempfile.TemporaryDirectory(prefix="switchhook-steps-") as folder:
        os.environ |= {
            "DEBUG": "False",
            "SECRET_KEY": "benchmark" * 6,
            "PUBLIC_BASE_URL": PUBLIC_BASE_URL,
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "DATABASE_URL": f"sqlite:///{folder}/steps.sqlite3",
            "SPOOL_DIR": f"{folder}/spool",
        }
        import benchmarks.webhooks.prepare  # noqa: F401  makes the database when it is imported

        yield Path(folder) / "spool"


def timed(work: Callable[[Any], Any], items: list[Any]) -> tuple[float, list[Any]]:
    """Return microseconds of processor time for each item, the median of the repeats, and the results."""
    times, results = [], []
    for _ in range(REPEATS):
        begin = time.thread_time()
        results = [work(item) for item in items]
        times.append((time.thread_time() - begin) / len(items) * 1e6)
    return median(times), results


def measure(spool: Path) -> None:
    from telephony.records.decision import record_of
    from telephony.records.event import make_event
    from telephony.records.journal import Journal
    from telephony.routing.reasons import explain
    from telephony.snapshots.directory import load_directory
    from telephony.webhooks.answer import decide_on
    from telephony.wire.callbacks import parse_callback
    from telephony.wire.forms import clean, first, parse_form
    from telephony.wire.paths import parse_path
    from telephony.wire.signature import is_genuine
    from telephony.wire.twiml import render

    now, directory, journal = datetime.now(UTC), load_directory(), Journal(spool)
    calls = list(whole_calls(CALLS))
    asked = [_parts(call[0]) for call in calls]
    log = logging.getLogger("benchmark")
    log.propagate = False
    log.setLevel(logging.INFO)
    # As the panel's own handler: formatted, and written.
    handler = logging.FileHandler(spool / "log")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    log.addHandler(handler)

    def show(name: str, work: Callable[[Any], Any], items: list[Any]) -> list[Any]:
        cost, results = timed(work, items)
        print(f"{name:<44}{cost:8.1f}")
        return results

    print(f"{'step of a new call':<44}{'µs':>8}")
    address = parse_path("/twilio/voice/")
    assert address is not None
    forms = show("read the form", lambda part: parse_form(part[1]), asked)
    show(
        "check the signature",
        lambda pair: is_genuine(
            PUBLIC_BASE_URL + pair[0][0],
            pair[1],
            pair[0][1],
            pair[0][2],
            (AUTH_TOKEN,),
            "HMAC_SHA1",
        ),
        list(zip(asked, forms, strict=True)),
    )
    cleaned = show("clean the fields", clean, forms)
    callbacks = show("parse the callback", lambda form: parse_callback(address, form), cleaned)
    decisions = show("decide", lambda callback: decide_on(callback, directory, now), callbacks)
    told = show(
        "describe the decision for the record", lambda made: record_of(made, directory), decisions
    )
    show(
        "write the log line",
        lambda made: log.info("call %s: %s: %s", "CA", "dial", explain(made.reasons)),
        decisions,
    )
    events = show(
        "make the event",
        lambda pair: make_event(pair[0], now, pair[1]),
        list(zip(callbacks, told, strict=True)),
    )
    show("write the journal", journal.append, events)
    show("render the TwiML", lambda made: render(made, PUBLIC_BASE_URL), decisions)
    assert first(cleaned[0], "CallSid")
    measure_store(now, directory)


def measure_store(now: datetime, directory: Any) -> None:
    """What the recorder's thread does afterwards, in batches of as many webhooks as there are calls."""
    from telephony.records.decision import record_of
    from telephony.records.event import make_event
    from telephony.records.store import write
    from telephony.webhooks.answer import ASKING, decide_on
    from telephony.wire.callbacks import parse_callback
    from telephony.wire.forms import clean, parse_form
    from telephony.wire.paths import parse_path

    def event_of(request: bytes) -> Any:
        path, body, _ = _parts(request)
        address = parse_path(path)
        assert address is not None
        callback = parse_callback(address, clean(parse_form(body)))
        decision = None
        if callback.kind in ASKING:
            decision = record_of(decide_on(callback, directory, now), directory)
        return make_event(callback, now, decision)

    calls = list(whole_calls(CALLS * REPEATS))
    print(f"\n{'store, in a thread, a batch of ' + str(CALLS) + ' calls':<44}{'µs':>8}")
    for place in range(len(calls[0])):
        times = []
        for at in range(0, len(calls), CALLS):
            events = [event_of(call[place]) for call in calls[at : at + CALLS]]
            begin = time.thread_time()
            write(events)
            times.append((time.thread_time() - begin) / CALLS * 1e6)
        print(f"{'webhook ' + str(place + 1) + ' of its call':<44}{median(times):8.1f}")


def _parts(request: bytes) -> tuple[str, bytes, str]:
    """Return the path, the body and the signature of a request."""
    head, _, body = request.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    signature = next(line for line in lines if line.startswith("X-Twilio-Signature: "))
    return lines[0].split()[1], body, signature.partition(": ")[2]


if __name__ == "__main__":
    with panel() as spool:
        measure(spool)
