"""The last good snapshot on disk: with it a panel that starts without its database answers at once.

It holds SIP passwords, so it is for the panel's own user only, as the database is.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from telephony.routing.destinations import Destination, NumberDestination, SipDestination
from telephony.routing.directory import Directory, Number, Step
from telephony.routing.results import Outcome

# Raise it when a field of the snapshot is added, renamed or removed.
VERSION = 2
KINDS: Mapping[str, type[SipDestination | NumberDestination]] = {
    "sip": SipDestination,
    "number": NumberDestination,
}


class UnusableError(Exception):
    """The saved routes cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Saved:
    directory: Directory
    saved_at: datetime


def save(path: Path, directory: Directory, now: datetime) -> None:
    """Replace the file in one step. Raises OSError."""
    body = json.dumps({"saved_at": now.isoformat(), **_dump(directory)}, default=_plain)
    head = json.dumps({"version": VERSION, "sha256": _hash(body)})
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_privately(path, f"{head}\n{body}\n".encode())


def write_privately(path: Path, text: bytes) -> None:
    """Replace a file in one step, on the disk itself, for the panel's user only. Raises OSError."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise


def load(path: Path) -> Saved:
    """Return what was saved last. Raises UnusableError."""
    try:
        head, body = path.read_text().splitlines()
        told = json.loads(head)
        if told["version"] != VERSION:
            raise UnusableError(f"{path} is of another version of the panel")
        if told["sha256"] != _hash(body):
            raise UnusableError(f"{path} is damaged")
        data = json.loads(body)
        return Saved(_parse(data), datetime.fromisoformat(data["saved_at"]).astimezone(UTC))
    except FileNotFoundError as error:
        raise UnusableError(f"{path} is not there") from error
    except OSError as error:
        raise UnusableError(f"{path} cannot be read: {error.strerror}") from error
    except UnusableError:
        raise
    except Exception as error:  # nothing that stands in a file may stop a start
        raise UnusableError(f"{path} is damaged") from error


def _hash(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()


def _plain(value: object) -> object:
    match value:
        case Decimal():
            return str(value)
        case datetime():
            return value.isoformat()
        case frozenset():
            return sorted(value)
    raise TypeError(f"{type(value).__name__} cannot be saved")


def _dump(directory: Directory) -> dict[str, Any]:
    return {
        "revision": directory.revision,
        "currency": directory.currency,
        "numbers": [asdict(number) for number in directory.numbers.values()],
        "destinations": [
            {"kind": "sip" if isinstance(each, SipDestination) else "number", **asdict(each)}
            for each in directory.destinations.values()
        ],
    }


def _parse(data: Mapping[str, Any]) -> Directory:
    numbers = [_parse_number(number) for number in data["numbers"]]
    destinations = [_parse_destination(dict(each)) for each in data["destinations"]]
    return Directory(
        revision=data["revision"],
        currency=data["currency"],
        numbers={(number.e164, number.account_sid): number for number in numbers},
        destinations={each.key: each for each in destinations},
    )


def _parse_number(data: Mapping[str, Any]) -> Number:
    steps = [
        Step(**{**step, "moves_on": frozenset(map(Outcome, step["moves_on"]))})
        for step in data["steps"]
    ]
    return Number(**{**data, "steps": tuple(steps)})


def _parse_destination(data: dict[str, Any]) -> Destination:
    kind = KINDS[data.pop("kind")]
    data["rate"] = Decimal(data["rate"])
    if data.get("held_until"):
        data["held_until"] = datetime.fromisoformat(data["held_until"])
    return kind(**data)
