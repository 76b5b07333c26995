"""Processes of their own that record, each with a spool and a database that its test can see."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

ROOT = Path(__file__).resolve().parents[2]
PREAMBLE = """
import json, os, signal, sqlite3, sys, time
import django
django.setup()
from django.conf import settings
from telephony.models import CallEvent, CallRecord
from telephony.records.backlog import store_journals
from telephony.records.recorder import recorder
from telephony.webhooks.answer import get_ready
from tests import make, twilio

def post(path, **fields):
    get_ready()
    return twilio.ask(twilio.sign(path, {**make.FIELDS, **fields}))
"""


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def python(spool: Path) -> Iterator[Callable[..., subprocess.CompletedProcess[str]]]:
    """Run code in a process of its own, with a spool that this test can see."""

    def run(code: str, database: str) -> subprocess.CompletedProcess[str]:
        given = {"SPOOL_DIR": str(spool), "DATABASE_URL": database, "DATABASE_TIMEOUT_S": "1"}
        return subprocess.run(
            [sys.executable, "-c", PREAMBLE + dedent(code)],
            env={**os.environ, **given, "DJANGO_SETTINGS_MODULE": "project.settings"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


@pytest.fixture(scope="session")
def migrated_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("database") / "panel.sqlite3"
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"],
        env={**os.environ, "DATABASE_URL": f"sqlite:///{file}"},
        cwd=ROOT,
        check=True,
        timeout=60,
    )
    return file


@pytest.fixture
def migrated(migrated_once: Path, tmp_path: Path) -> Path:
    """An SQLite file of the test's own, with empty tables."""
    return shutil.copy(migrated_once, tmp_path / "panel.sqlite3")
