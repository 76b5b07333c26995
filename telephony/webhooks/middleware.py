"""Takes webhooks out of the way of the admin's middleware: no session, no cookie, no CSRF."""

import gc
import logging
from collections.abc import Callable, Iterable
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, ResolverMatch, resolve

from telephony.webhooks.answer import get_ready
from telephony.webhooks.views import Reply, reply_to

logger = logging.getLogger(__name__)

PREFIX = "/twilio/"
NO_SUCH_WEBHOOK = Reply(404, "There is no such webhook.\n")

WsgiApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def before_django(django: WsgiApplication) -> WsgiApplication:
    """Answer webhooks at WSGI's level: Django's handler would take half as long again."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not environ.get("PATH_INFO", "").startswith(PREFIX):
            return django(environ, start_response)
        reply = _reply(environ, environ["wsgi.input"].read)
        # The first webhook may have read the configuration; nobody else closes its connection.
        close_old_connections()
        body = reply.text.encode()
        headers = {"Content-Type": reply.content_type, "Content-Length": str(len(body))}
        status = f"{reply.status} {HTTPStatus(reply.status).phrase}"
        start_response(status, list((headers | reply.headers).items()))
        return [body]

    get_ready()
    # All that is loaded by now stays: a search through it for garbage would take 40 ms.
    gc.freeze()
    return application


def webhooks_first(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """The same for who enters by Django's own handler, as its test client does."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIX):
            return get_response(request)
        reply = _reply(request.META, lambda _: request.body)
        return HttpResponse(reply.text, reply.content_type, reply.status, headers=reply.headers)

    return middleware


def _reply(environ: dict[str, Any], read: Callable[[int], bytes]) -> Reply:
    try:
        match = _find(environ["PATH_INFO"])
        return reply_to(environ, read, **match.kwargs)
    except Resolver404:
        return NO_SUCH_WEBHOOK
    except Exception:  # the last guard: Twilio asks the fallback URL, which may do better
        logger.exception("a webhook for %r failed", environ["PATH_INFO"][:200])
        return Reply(503, "The panel cannot answer now.\n")


@lru_cache(maxsize=256)
def _find(path: str) -> ResolverMatch:
    return resolve(path)
