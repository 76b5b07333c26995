"""A log is read line by line: no field of a request may look like a line of it."""

import logging
import sys

import pytest

from project.logs import OneLineFormatter

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
