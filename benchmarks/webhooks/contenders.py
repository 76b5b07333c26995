"""Who is measured: the application, its environment, its database, and what it must have stored."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.webhooks.calls import ACCOUNT_SID, AUTH_TOKEN, HOST, PUBLIC_BASE_URL
from benchmarks.webhooks.server import ROOT


@dataclass(frozen=True)
class Contender:
    """`prepare` is the module that makes the database; `tables` get a row for each webhook, and
    the second one for each call."""

    name: str
    application: str
    prepare: str = ""
    tables: tuple[str, ...] = ()
    threads: int | None = None
    interface: str = "wsgi"
    environment: Mapping[str, str] = field(default_factory=dict)


OURS = Contender(
    "Switchhook",
    "project.rsgi:application",
    "benchmarks.webhooks.prepare",
    ("telephony_callevent", "telephony_callrecord"),
    interface="rsgi",
)
# Each webhook is on the disk itself before it is answered.
SYNCED = replace(OURS, name="the same, synced", environment={"JOURNAL_SYNC": "always"})
CONSTANT = Contender("(a) constant", "benchmarks.rivals.constant:application")
FLASK = Contender("(b) Flask", "benchmarks.rivals.flask_handler:application")
PLAIN_DJANGO = Contender(
    "(c) plain Django",
    "benchmarks.rivals.plain_django.wsgi:application",
    "benchmarks.rivals.plain_django.prepare",
    ("plain_call",),
)


@dataclass(frozen=True)
class Setting:
    """A contender's temporary folder: a pristine database, and the one of the current round."""

    contender: Contender
    folder: Path

    def prepare(self) -> None:
        self.folder.mkdir()
        if self.contender.prepare:
            command = [sys.executable, "-m", self.contender.prepare]
            environment = {**os.environ, **self.environment}
            subprocess.run(command, cwd=ROOT, env=environment, check=True)
            self.database.rename(self.pristine)

    def renew(self) -> None:
        """Each round starts with the same database, so the same calls are new in each."""
        for path in self.folder.glob(f"{self.database.name}*"):
            path.unlink()
        if self.contender.prepare:
            shutil.copy(self.pristine, self.database)

    def stored(self) -> tuple[int, ...]:
        """Rows in each of the contender's tables."""
        address = f"file:{self.database}?mode=ro"
        connection = sqlite3.connect(address, uri=True, timeout=30)
        try:
            counts = [
                int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
                for table in self.contender.tables
            ]
        finally:
            connection.close()
        return tuple(counts)

    @property
    def database(self) -> Path:
        return self.folder / "round.sqlite3"

    @property
    def pristine(self) -> Path:
        return self.folder / "pristine.sqlite3"

    @property
    def spool(self) -> Path:
        return self.folder / "spool"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def environment(self) -> Mapping[str, str]:
        return {
            "DEBUG": "False",
            "SECRET_KEY": "benchmark" * 6,
            "ALLOWED_HOSTS": HOST,
            "PUBLIC_BASE_URL": PUBLIC_BASE_URL,
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "TWILIO_AUTH_TOKENS": "",
            "LOG_LEVEL": "INFO",
            "DATABASE_URL": f"sqlite:///{self.database}",
            "SPOOL_DIR": str(self.spool),
            "RIVAL_DATABASE": str(self.database),
            **self.contender.environment,
        }
