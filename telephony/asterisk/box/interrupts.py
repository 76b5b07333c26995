"""What ends a command besides its own errors: Ctrl-C, `kill`, and a terminal that closes."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

# These two end a process on the spot; only SIGINT is an exception already.
UNANNOUNCED = (signal.SIGTERM, signal.SIGHUP)
ALL = (signal.SIGINT, *UNANNOUNCED)


@contextmanager
def raised() -> Iterator[None]:
    """Turn every interrupt into KeyboardInterrupt, so that the body can clean up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = {
        number: signal.signal(number, _raise)
        for number in UNANNOUNCED
        # If whoever started us ignores it, as nohup does, it stays ignored.
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
    """Let the body finish whatever comes: for what must still be done at the very end.

    A signal mask would not do: a signal may reach any thread of the process, and Python runs its handler
    in the main one all the same.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = {number: signal.getsignal(number) for number in ALL}
    while any(signal.getsignal(number) is not signal.SIG_IGN for number in ALL):
        # An interrupt that came a moment ago is raised by the next call.
        with contextlib.suppress(KeyboardInterrupt):
            for number in ALL:
                signal.signal(number, signal.SIG_IGN)
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
