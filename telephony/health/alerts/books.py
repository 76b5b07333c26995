"""Where alerts are kept: in the database for all of the panel, and in a file for one machine.

That the database is away must be told while it is away, and a journal is on one machine only. Both
books are changed by one at a time, so that two ticks, on one machine or on several, cannot decide
or tell the same thing.
"""

import errno
import fcntl
import json
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from django.db import transaction

from telephony import models
from telephony.database import watch
from telephony.health.alerts.judging import Alert, Alerts, Code, Heard, Phase
from telephony.models import Policy
from telephony.snapshots.saved import write_privately

logger = logging.getLogger(__name__)

FILE = "alerts.json"
DAY_S = 24 * 3600
TIMES = ("since", "turned_at", "begun_at", "over_at")


class Book(Protocol):
    def change(self) -> Any:
        """A block in which the alerts may be changed; they are kept when it ends without an error."""


class DatabaseBook:
    """The alerts of all of the panel. Raises django.db.Error."""

    @contextmanager
    def change(self) -> Iterator[Alerts]:
        with watch.over("keeping alerts"), transaction.atomic():
            Policy.lock()
            before = load_all()
            alerts = dict(before)
            yield alerts
            for key in before.keys() - alerts.keys():
                models.Alert.objects.filter(code=key[0], subject=key[1]).delete()
            for alert in alerts.values():
                if before.get((alert.code, alert.subject)) != alert:
                    self._write(alert)

    def _write(self, alert: Alert) -> None:
        names = [field.name for field in fields(Alert) if field.name not in ("code", "subject")]
        values = {name: getattr(alert, name) for name in names}
        values["channels"] = {name: _dump_heard(h) for name, h in alert.channels.items()}
        models.Alert.objects.update_or_create(
            code=alert.code, subject=alert.subject, defaults=values
        )


def load_all() -> Alerts:
    """Return the alerts of the database, the oldest first."""
    names = [field.name for field in fields(Alert)]
    # Another node may be of a later version, and know more.
    known = models.Alert.objects.filter(code__in=list(Code))
    rows = [{name: getattr(row, name) for name in names} for row in known]
    return {(row["code"], row["subject"]): _make(row) for row in rows}


@dataclass(frozen=True, slots=True)
class FileBook:
    """The alerts of this machine. A damaged file is begun anew: what holds is told once more.

    `choices` are the office's, as they were when the database was last there.
    """

    folder: Path

    @contextmanager
    def change(self) -> Iterator[Alerts]:
        """Raises OSError."""
        with self._locked():
            kept = self.read()
            alerts = dict(kept.alerts)
            yield alerts
            if alerts != kept.alerts:
                self._write(Kept(alerts, kept.choices))

    def choose(self, choices: Mapping[str, int]) -> None:
        """Keep the office's choices for the time when the database is away. Raises OSError."""
        with self._locked():
            kept = self.read()
            if choices != kept.choices:
                self._write(Kept(kept.alerts, choices))

    def read(self) -> "Kept":
        """Raises OSError."""
        path = self.folder / FILE
        try:
            told = json.loads(path.read_bytes())
            alerts = [_make(_parse_times(each)) for each in told["alerts"]]
            choices = told["choices"]
            if choices is not None:
                choices = {str(name): min(int(n), DAY_S) for name, n in choices.items()}
            return Kept({(alert.code, alert.subject): alert for alert in alerts}, choices)
        except FileNotFoundError:
            return Kept({}, None)
        except OSError:
            raise
        except (
            Exception
        ) as error:  # nothing that stands in a file may keep an alert from being told
            logger.error(
                "the alerts kept in %s are damaged and begun anew: %s", path, type(error).__name__
            )
            return Kept({}, None)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # The folder itself is locked, because the file is replaced.
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _write(self, kept: "Kept") -> None:
        told = {
            "alerts": [asdict(alert) for alert in kept.alerts.values()],
            "choices": kept.choices,
        }
        text = json.dumps(told, default=datetime.isoformat).encode()
        path = self.folder / FILE
        try:
            write_privately(path, text)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            try:
                _overwrite(path, text)
            except FileNotFoundError:
                raise error from None


def _overwrite(path: Path, text: bytes) -> None:
    """Write where the file is: a full disk takes away the database too, and that must be told.

    A file has at least a block, which is enough for what concerns one machine. It is not cut off
    before it is written, which would give the block away.
    """
    with path.open("r+b") as file:
        file.write(text)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())


@dataclass(frozen=True, slots=True)
class Kept:
    """What is in the file. `choices` is None until the database was there for the first time."""

    alerts: Alerts
    choices: Mapping[str, int] | None


def _make(row: Mapping[str, Any]) -> Alert:
    channels = {name: _parse_heard(heard) for name, heard in row["channels"].items()}
    return Alert(**{**row, "code": Code(row["code"]), "channels": channels})


def _parse_times(row: Mapping[str, Any]) -> dict[str, Any]:
    times = {name: row[name] and datetime.fromisoformat(row[name]) for name in TIMES}
    return {**row, **times}


def _dump_heard(heard: Heard) -> dict[str, Any]:
    return {**asdict(heard), "due_at": heard.due_at and heard.due_at.isoformat()}


def _parse_heard(told: Mapping[str, Any]) -> Heard:
    due_at = told["due_at"] and datetime.fromisoformat(told["due_at"])
    return Heard(**{**told, "phase": told["phase"] and Phase(told["phase"]), "due_at": due_at})
