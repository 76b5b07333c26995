"""A log is read line by line: no field of a request may look like a line of it."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from project.logs import OneLineFormatter

ROOT = Path(__file__).resolve().parent.parent
FORMATTER = OneLineFormatter("{levelname} {name}: {message}", style="{")


def line(message: str, *args: object, exc_info: object = None) -> str:
    record = logging.LogRecord("panel", logging.INFO, "", 0, message, args, exc_info)
    return FORMATTER.format(record)


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        ("a\nINFO root: forged", r"a\nINFO root: forged"),
        ("a\r\nb", r"a\r\nb"),
        ("a\x1b[2Jb", r"a\x1b[2Jb"),
        ("a\x85b", r"a\x85b"),
        ("a\u2028b", r"a\u2028b"),
        ("a\x00b", r"a\x00b"),
        ("Ñandú", "Ñandú"),
    ],
)
def test_a_message_keeps_to_its_line(field, shown):
    assert line("call from %s", field) == f"INFO panel: call from {shown}"


def test_a_traceback_is_marked_as_such():
    try:
        raise ValueError("a\nINFO root: forged")
    except ValueError:
        text = line("failed", exc_info=sys.exc_info())

    first, *others = text.splitlines()
    assert first == "INFO panel: failed"
    assert others
    assert all(other.startswith("    | ") for other in others)


def test_marks_of_direction_are_shown_and_long_messages_cut():
    assert line("to %s", "a\u202eb\u2066c") == r"INFO panel: to a\u202eb\u2066c"
    assert line("to %s", "x" * 5000).endswith("xxx... (5003 characters)")


def test_what_nobody_reads_is_left_out_and_counted():
    reader, writer = os.pipe()
    code = """
import logging
from project import logs
logs.LINES_AT_MOST = 3
handler = logs.PatientHandler()
logging.getLogger().addHandler(handler)
import time
big = "x" * 70_000
for n in range(10):
    logging.error("%s %s", n, big)
    time.sleep(0.05)
print("went on", flush=True)
"""
    done = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=writer, text=True, cwd=ROOT
    )
    os.close(writer)
    assert done.stdout is not None
    with done.stdout:
        assert done.stdout.readline() == "went on\n"
    with os.fdopen(reader, "rb") as stream:
        told = stream.read().decode()
    assert done.wait(10) == 0
    assert "lines of the log were left out" in told


@pytest.mark.django_db
def test_a_page_that_somebody_may_not_see_is_one_line_of_the_log(client: Client) -> None:
    client.force_login(User.objects.create(username="nobody", is_staff=True))
    handler = logging.getLogger("django").handlers[0]
    lines: list[str] = []
    write = handler.emit
    handler.emit = lambda record: lines.append(handler.format(record))
    try:
        assert client.get("/admin/telephony/phonenumber/").status_code == 403
    finally:
        handler.emit = write
    (line,) = lines
    assert "Forbidden" in line
    assert "\n" not in line
