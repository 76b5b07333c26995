"""What browsers are told of every page: to load and to send nothing but from and to the panel."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# No 'unsafe-inline' and no data: what a caller's name smuggles into a page cannot run or look.
POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
# What no page of the panel needs. Browsers complain in their console about names they do not know.
PERMISSIONS = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"


class StrictHeaders:
    """Stands first, so that static files and the pages of errors have the headers too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Content-Security-Policy"] = POLICY
        response["Permissions-Policy"] = PERMISSIONS
        return response
