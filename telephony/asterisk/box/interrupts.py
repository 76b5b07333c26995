"""What else ends a command than its own errors: Ctrl-C, `kill`, and a terminal that is gone."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

# These two end a process on the spot; SIGINT alone is an exception already.
UNANNOUNCED = (signal.SIGTERM, signal.SIGHUP)
ALL = (signal.SIGINT, *UNANNOUNCED)


@contextmanager
def raised() -> Iterator[None]:
    """Let every interrupt come as KeyboardInterrupt, so that the body can clean up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = {
        number: signal.signal(number, _raise)
        for number in UNANNOUNCED
        # Ignored by whoever started us, as nohup does: then it stays so.
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _raise(number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt(signal.Signals(number).name)


@contextmanager
def swallowed() -> Iterator[None]:
    """Let the body finish whatever comes: for what has to be done when all else is over already.

    A mask would not do: a signal may reach any thread of the process, and Python runs its handler
    in the main one all the same.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = {number: signal.getsignal(number) for number in ALL}
    while any(signal.getsignal(number) is not signal.SIG_IGN for number in ALL):
        # What came a moment before is raised by the next call.
        with contextlib.suppress(KeyboardInterrupt):
            for number in ALL:
                signal.signal(number, signal.SIG_IGN)
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
