"""Awaits the body of a request, for a limited time and up to a limited size."""

import asyncio
from typing import Any

from granian.rsgi import ProtocolClosed, ProtocolError

WITHOUT_BODY = frozenset({"GET", "HEAD"})


class BodyError(Exception):
    """The body is too large, late or incomplete; `status` is the HTTP answer."""

    def __init__(self, reason: str, status: int) -> None:
        super().__init__(reason)
        self.status = status


async def read_body(scope: Any, protocol: Any, at_most: int, within_s: float) -> bytes:
    """Return the body, also a chunked one. Raises BodyError."""
    if scope.method in WITHOUT_BODY:
        return b""
    announced = scope.headers.get("content-length")
    try:
        async with asyncio.timeout(within_s):
            if announced is None:
                return await _read_chunks(protocol, at_most)
            # The server has made sure that it is a number.
            _check_size(int(announced), at_most)
            body: bytes = await protocol()
            return body
    except TimeoutError as error:
        raise BodyError(f"the body did not come within {within_s:g} s", 408) from error
    except (ProtocolClosed, ProtocolError) as error:
        raise BodyError("the body ended before its announced length", 400) from error


async def _read_chunks(protocol: Any, at_most: int) -> bytes:
    chunks, size = [], 0
    async for chunk in protocol:
        size += len(chunk)
        _check_size(size, at_most)
        chunks.append(chunk)
    return b"".join(chunks)


def _check_size(size: int, at_most: int) -> None:
    if size > at_most:
        raise BodyError(f"the body is larger than {at_most} bytes", 400)
