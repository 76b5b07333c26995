"""Gives the suite an environment of its own, before Django reads any of it (see addopts).

Every setting that .env.example names is set, so that neither a developer's .env nor their shell
changes a test. DATABASE_URL alone is theirs to give: the suite runs on PostgreSQL too.
"""

import atexit
import os
import re
import shutil
import tempfile
from pathlib import Path

SAMPLES = Path(__file__).resolve().parent.parent / ".env.example"
FOLDER = Path(tempfile.mkdtemp(prefix="switchhook-tests-"))
ACCOUNT_SID = "AC0123456789abcdef0123456789abcdef"
AUTH_TOKEN = "a-token-of-the-test-suite-0123456789"


def _leave(process: int) -> None:
    # A forked child must not delete its parent's files.
    if os.getpid() == process:
        shutil.rmtree(FOLDER, ignore_errors=True)


atexit.register(_leave, os.getpid())
given = os.environ.get("DATABASE_URL")
os.environ.update(re.findall(r"^([A-Z_]+)=(.*)$", SAMPLES.read_text(), re.MULTILINE))
os.environ.update(
    SECRET_KEY="a-secret-of-the-test-suite-that-protects-nothing-at-all",
    DEBUG="False",
    PUBLIC_BASE_URL="https://panel.example.com",
    ALLOWED_HOSTS="panel.example.com,127.0.0.1,localhost",
    TWILIO_ACCOUNT_SID=ACCOUNT_SID,
    TWILIO_AUTH_TOKEN=AUTH_TOKEN,
    TWILIO_AUTH_TOKENS="",
    SPOOL_DIR=str(FOLDER / "spool"),
    DATABASE_URL=given or f"sqlite:///{FOLDER}/switchhook.sqlite3",
    LOG_LEVEL="WARNING",
    # Tests refresh the snapshot themselves; its thread must not ask a database that is being emptied.
    DIRECTORY_REFRESH_S="3600",
)
