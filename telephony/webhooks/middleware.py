"""Takes webhooks out of the way of the admin's middleware: no session, no cookie, no CSRF."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

PREFIX = "/twilio/"


def webhooks_first(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIX):
            return get_response(request)
        try:
            match = resolve(request.path_info)
        except Resolver404:
            return HttpResponse("There is no such webhook.\n", "text/plain", 404)
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        response["Content-Length"] = str(len(response.content))
        return response

    return middleware
