"""Decides which values can be written into Asterisk's configuration; measured on Asterisk 16 and 22.

Each `check_` returns None, or raises ValueError with a reason for the person who typed the value.
"""

import re

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
EXTENSION = re.compile(r"[A-Za-z0-9+][A-Za-z0-9+_.]{0,63}")
DIALLED_NUMBER = re.compile(r"\+?[0-9*#]{1,32}")
PASSWORD = re.compile(r"[\x21-\x7e]{12,64}")

# Asterisk runs these extensions on its own account: `h` after every hangup, `i` for a wrong
# number, and so on (extensions.conf).
RESERVED_EXTENSIONS = frozenset({"s", "h", "i", "t", "e", "o", "a", "T", "fax", "failed"})


def check_name(value: str) -> None:
    """For section, context, trunk and digest user names. Asterisk cuts at 79 bytes."""
    if not NAME.fullmatch(value):
        raise ValueError(
            "Use 1 to 64 letters, digits, hyphens or underscores, the first a letter or digit."
        )


def check_extension(value: str) -> None:
    """For the user part of a SIP URI, which is the extension that Asterisk looks up.

    A hyphen is refused because Asterisk ignores it in matching: my-ext and myext are one.
    """
    if not EXTENSION.fullmatch(value):
        raise ValueError(
            "Use 1 to 64 letters, digits, dots, underscores or plus signs, "
            "the first a letter, a digit or a plus sign."
        )
    if value in RESERVED_EXTENSIONS:
        raise ValueError(f"Asterisk keeps the extension {value!r} for itself; choose another.")


def check_dialled_number(value: str) -> None:
    if not DIALLED_NUMBER.fullmatch(value):
        raise ValueError("Use 1 to 32 digits, * or #; a plus sign may stand first.")


def check_password(value: str) -> None:
    if not PASSWORD.fullmatch(value):
        raise ValueError("Use 12 to 64 printable ASCII characters without blanks.")
    if '"' in value or "\\" in value:
        raise ValueError('Asterisk cannot be told a password with " or \\ safely; leave them out.')
