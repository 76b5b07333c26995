"""Keeps in step who stands in the call records, so that the log can be searched for parts of it."""

import re
from collections.abc import Iterable
from operator import attrgetter

from telephony.records import trigrams
from telephony.records.projection import CallFacts

# The columns that are searched. All have an index from the text to the newest calls.
ROLES = ("caller", "called", "caller_name", "forwarded_from", "answered_by")
NUMBER = re.compile(r"[\s().+/-]*[0-9][0-9\s().+/-]*")
_texts = attrgetter(*ROLES)


def fold(text: str) -> str:
    """Return what stands for all spellings of a text: of a number its digits."""
    return "".join(filter(str.isdigit, text)) if NUMBER.fullmatch(text) else text.casefold()


def remember(calls: Iterable[CallFacts]) -> None:
    """Add those who are new. It is the last thing that a transaction locks."""
    found = {pair for call in calls for pair in zip(ROLES, _texts(call), strict=True) if pair[1]}
    # Two recorders that add the same ones, in the same order, wait for each other only once.
    trigrams.add([(role, text, fold(text)) for role, text in sorted(found)])
