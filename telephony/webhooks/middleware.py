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
        try:
            match = _find(environ["PATH_INFO"])
            reply = reply_to(environ, environ["wsgi.input"].read, **match.kwargs)
        except Resolver404:
            reply = NO_SUCH_WEBHOOK
        except Exception:  # the last guard: Twilio asks the fallback URL, which may do better
            logger.exception("a webhook for %r failed", environ["PATH_INFO"][:200])
            reply = Reply(503, "The panel cannot answer now.\n")
        finally:
            # The first webhook reads the configuration; its connection is no other's to close.
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
    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIX):
            return get_response(request)
        try:
            match = _find(request.path_info)
        except Resolver404:
            return HttpResponse(NO_SUCH_WEBHOOK.text, "text/plain", 404)
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        response["Content-Length"] = str(len(response.content))
        return response

    return middleware


@lru_cache(maxsize=256)
def _find(path: str) -> ResolverMatch:
    return resolve(path)
