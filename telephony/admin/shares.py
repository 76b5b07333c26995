"""Keeps a file between two pages so that nobody who has only the session, or only the page, can read it.

A file of endpoints may have passwords in it, and sessions stay in the database for weeks. So the
file is cut into two shares: random bytes, which the session keeps, and the file combined with
them, which the page brings back. Each alone is noise.
"""

import base64
import secrets
import zlib

from django.contrib.sessions.backends.base import SessionBase

from telephony.bulk.tables import BYTES_AT_MOST

PREFIX = "import of "


def split(session: SessionBase, name: str, content: bytes) -> str:
    """Return the page's share; the session has the other, in place of the one it had by that name."""
    packed = zlib.compress(content)
    pad = secrets.token_bytes(len(packed))
    session[PREFIX + name] = base64.b64encode(pad).decode()
    return base64.b64encode(_combine(packed, pad)).decode()


def join(session: SessionBase, name: str, share: str) -> bytes | None:
    """Return the content, None if the shares do not belong together."""
    try:
        pad = base64.b64decode(session.get(PREFIX + name, ""))
        other = base64.b64decode(share, validate=True)
        if len(pad) != len(other):
            return None
        return zlib.decompressobj().decompress(_combine(other, pad), BYTES_AT_MOST)
    except (ValueError, zlib.error):
        return None


def forget(session: SessionBase, name: str) -> None:
    session.pop(PREFIX + name, None)


def _combine(one: bytes, other: bytes) -> bytes:
    both = int.from_bytes(one) ^ int.from_bytes(other)
    return both.to_bytes(len(one))
