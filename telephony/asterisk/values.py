"""Decides which values can be written into Asterisk's configuration; measured on Asterisk 16 and 22.

Each `check_` returns None, or raises ValueError with a reason for the person who typed the value.
"""

import ipaddress
import re
import secrets
import string

from telephony.identifiers import ACCOUNT_SID

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
EXTENSION = re.compile(r"[A-Za-z0-9+][A-Za-z0-9+_.]{0,63}")
DIALLED_NUMBER = re.compile(r"\+?[0-9*#]{1,32}")
PASSWORD = re.compile(r"[\x21-\x7e]{12,64}")
SECTION_BYTES = 79

# Asterisk runs these extensions on its own account: `h` after every hangup, `i` for a wrong
# number, and so on (extensions.conf).
RESERVED_EXTENSIONS = frozenset({"s", "h", "i", "t", "e", "o", "a", "T", "fax", "failed"})
# Sections with a meaning of their own in extensions.conf and sip.conf.
RESERVED_NAMES = frozenset({"general", "globals", "authentication"})


def check_name(value: str) -> None:
    """For section, context, trunk and digest user names. Asterisk cuts at 79 bytes."""
    if not NAME.fullmatch(value):
        raise ValueError(
            "Use 1 to 64 letters, digits, hyphens or underscores, the first a letter or digit."
        )
    if value.lower() in RESERVED_NAMES:
        raise ValueError(f"Asterisk keeps the name {value!r} for itself; choose another.")


def check_extension(value: str) -> None:
    """For the user part of a SIP URI, which is the extension that Asterisk looks up.

    A hyphen is refused because Asterisk ignores it in matching: my-ext and myext are the same.
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
        raise ValueError("Use 1 to 32 digits, * or #; the first character may be a plus sign.")


def check_password(value: str) -> None:
    if not PASSWORD.fullmatch(value):
        raise ValueError("Use 12 to 64 printable ASCII characters without blanks.")
    if '"' in value or "\\" in value:
        raise ValueError('Asterisk cannot safely be given a password with " or \\; leave them out.')


def generate_password() -> str:
    """Return 190 bits of letters and digits, which need no escaping in TwiML or Asterisk's files."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(32))


def check_account_sid(value: str) -> None:
    if not ACCOUNT_SID.fullmatch(value):
        raise ValueError("A Twilio account SID is AC and 32 letters or digits.")


def check_network(value: str) -> None:
    """For a range of a carrier's addresses."""
    try:
        network = ipaddress.IPv4Network(value)
    except ValueError as error:
        raise ValueError("Write an IPv4 network in CIDR form, such as 54.172.60.0/30.") from error
    if str(network) != value:
        raise ValueError(f"Write the network as {network}.")


def check_section(name: str) -> None:
    """For a name made of several. Asterisk cuts it at 79 bytes, and cut names can collide."""
    if len(name) > SECTION_BYTES:
        raise ValueError(
            f"Asterisk cuts names at {SECTION_BYTES} characters, and {name} would have {len(name)}; "
            "shorten a part of it."
        )


def check_distinct(username: str, trunk: str) -> None:
    if username == trunk:
        raise ValueError("The trunk has the same name, and Asterisk would take neither.")
