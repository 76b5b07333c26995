"""Downloads that go on for as long as their clients take: few at once, so that pages stay quick.

Each keeps a thread of the pages waiting, of which a server process has WEB_THREADS. At most half of
them are given away.
"""

import threading
import weakref
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

# Seconds after which a program may ask again.
AGAIN_AFTER_S = 30


class Slots:
    """How many downloads this process is sending."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.taken = 0

    def take(self, at_most: int) -> bool:
        with self._lock:
            if self.taken >= at_most:
                return False
            self.taken += 1
            return True

    def give_back(self) -> None:
        with self._lock:
            self.taken -= 1


SLOTS = Slots()


class Download(StreamingHttpResponse):
    """Holds a slot until it is closed, or forgotten because something failed before it was sent."""

    def __init__(self, chunks: Iterable[str], **options: Any) -> None:
        self._give_back = weakref.finalize(self, SLOTS.give_back)
        super().__init__(chunks, **options)

    def close(self) -> None:
        super().close()
        self._give_back()


def most_at_once() -> int:
    """One with a single thread too: a log that cannot be downloaded would help nobody."""
    return max(1, settings.WEB_THREADS // 2)


def download(
    request: HttpRequest, chunks: Iterable[str], *, content_type: str, name: str
) -> HttpResponseBase:
    """Return a download, or a page that says that there are enough already."""
    at_most = most_at_once()
    if SLOTS.take(at_most):
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Download(chunks, content_type=content_type, headers=headers)
    response: HttpResponseBase = render(request, "503.html", {"at_most": at_most}, status=503)
    response["Retry-After"] = str(AGAIN_AFTER_S)
    return response
