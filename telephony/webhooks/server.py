"""The server's entry point: it takes whole requests, answers webhooks at once, and lets pages wait.

A webhook never waits for anybody. Its body is awaited in the event loop, with a deadline and a size
limit, while nothing else is held; the answer is made there too, without the database. Django's
pages have threads of their own.
"""

import asyncio
import gc
import logging
from functools import lru_cache
from typing import Any

from telephony.webhooks.answer import get_ready
from telephony.webhooks.bodies import BodyError, read_body
from telephony.webhooks.guard import Reply, Request, malformed, reply_to
from telephony.webhooks.pages import Pages
from telephony.webhooks.vitals import reply_to_probe
from telephony.wire.forms import BODY_BYTES_AT_MOST
from telephony.wire.paths import PREFIX, parse_path

logger = logging.getLogger(__name__)

# Seconds in which a webhook's body must come. Twilio itself gives up after 15.
BODY_WITHIN_S = 5.0
# Seconds for which a caller waits for the disk, where a webhook must outlive a power cut.
DISK_WITHIN_S = 2.0
NO_SUCH_WEBHOOK = Reply(404, "There is no such webhook.\n")

# Characters of a path that is remembered. Strangers send long ones.
REMEMBERED_AT_MOST = 512

_find_known = lru_cache(maxsize=1024)(parse_path)


class Panel:
    """An RSGI application: webhooks in the event loop, and `pages` in threads."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Get ready in a server process that has just started."""
        get_ready()
        # Everything loaded by now stays: searching it for garbage would take 40 ms.
        gc.freeze()
        # A webhook's few dozen objects live until they are stored, so looking for garbage is wasted.
        gc.set_threshold(20_000, 20, 20)

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        path: str = scope.path
        if not path.startswith(PREFIX):
            reply = reply_to_probe(path, scope.method)
            if reply is None:
                await self._pages.serve(scope, protocol)
            else:
                protocol.response_str(reply.status, reply.headers, reply.text)
            return
        try:
            body = await read_body(scope, protocol, BODY_BYTES_AT_MOST, BODY_WITHIN_S)
        except BodyError as error:
            reply = malformed(path, str(error), error.status)
        else:
            reply = answer(Request(scope.method, path, scope.query_string, scope.headers, body))
        if reply.safe is not None:
            await asyncio.wait({asyncio.wrap_future(reply.safe)}, timeout=DISK_WITHIN_S)
        protocol.response_str(reply.status, reply.headers, reply.text)


def answer(request: Request) -> Reply:
    """Answer a webhook, whatever it is."""
    try:
        find = _find_known if len(request.path) <= REMEMBERED_AT_MOST else parse_path
        address = find(request.path)
        return NO_SUCH_WEBHOOK if address is None else reply_to(request, address)
    except Exception:  # the last guard: Twilio asks the fallback URL, which may do better
        logger.exception("a webhook for %r failed", request.path[:200])
        return Reply(503, "The panel cannot answer now.\n")
