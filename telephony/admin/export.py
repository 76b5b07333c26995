"""A page with a server's exported files: to read, to download and to compare.

Passwords are masked. Whoever may reveal them does so by POST, so that no link can, and each time
is noted in the admin's log.
"""

from functools import partial
from itertools import islice
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from telephony.asterisk.export import INCLUDES, render_all
from telephony.asterisk.format import mask
from telephony.models import AsteriskServer, SipEndpoint
from telephony.models.choices import AccountCheck, Authentication
from telephony.snapshots.asterisk import load_asterisk
from telephony.snapshots.exported import (
    count_pending,
    differing,
    fingerprint,
    promote,
    remember,
)

REVEAL = "telephony.reveal_sip_password"
TEMPLATE = "admin/telephony/asteriskserver/export.html"
# A browser has trouble with the 400,000 lines of the largest servers; the download has them all.
LINES_SHOWN = 2000


def urls(model_admin: ModelAdmin) -> list[URLPattern]:
    wrap = model_admin.admin_site.admin_view
    page = "<path:object_id>/export/"
    name = "telephony_asteriskserver_export"
    return [
        path(page, wrap(partial(show, model_admin)), name=name),
        path(f"{page}applied/", wrap(partial(apply, model_admin)), name=f"{name}_applied"),
        path(f"{page}<str:file>", wrap(partial(download, model_admin)), name=f"{name}_file"),
    ]


def show(model_admin: ModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    server = _find(model_admin, request, object_id)
    reveal = _is_asked_to_reveal(request)
    context: dict[str, Any] = {
        **model_admin.admin_site.each_context(request),
        "title": f"Export of {server}",
        "opts": model_admin.opts,
        "media": model_admin.media,
        "server": server,
        "may_reveal": request.user.has_perm(REVEAL),
        "is_revealed": reveal,
    }
    try:
        texts = render_all(load_asterisk(server))
    except ValueError as refused:
        context["problems"] = str(refused).splitlines()
        return TemplateResponse(request, TEMPLATE, context)
    if reveal:
        model_admin.log_change(request, server, f"Passwords shown: {', '.join(texts)}.")
    different = differing(server, texts)
    context["is_different"] = bool(different)
    context["files"] = [
        _shown(name, text, is_different=name in different, reveal=reveal)
        for name, text in texts.items()
    ]
    context |= {
        "pending": count_pending(server.name),
        "may_apply": may_apply(model_admin, request),
        "shown": fingerprint("".join(texts.values())),
    }
    context["has_passwords"] = any(file["has_passwords"] for file in context["files"])
    return TemplateResponse(request, TEMPLATE, context)


def apply(model_admin: ModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """Take a person's word for it that Asterisk has the files that the page has shown."""
    row = _find(model_admin, request, object_id)
    if request.method != "POST" or not may_apply(model_admin, request):
        raise PermissionDenied
    back = redirect("admin:telephony_asteriskserver_export", row.pk)
    server = load_asterisk(row)
    try:
        texts = render_all(server)
    except ValueError:
        return back
    if request.POST.get("shown") != fingerprint("".join(texts.values())):
        text = (
            "Something has changed since this page was shown: look again what Asterisk is to have."
        )
        messages.error(request, text)
        return back
    remember(row.name, texts)
    promote(server)
    model_admin.log_change(request, row, "Asterisk has taken the files, it was said.")
    messages.success(request, f"Calls use what Asterisk {row} now has.")
    return back


def may_apply(model_admin: ModelAdmin, request: HttpRequest) -> bool:
    endpoints = model_admin.admin_site.get_model_admin(SipEndpoint)
    return model_admin.has_change_permission(request) and endpoints.has_change_permission(request)


def download(
    model_admin: ModelAdmin, request: HttpRequest, object_id: str, file: str
) -> HttpResponse:
    server = _find(model_admin, request, object_id)
    reveal = _is_asked_to_reveal(request)
    try:
        text = render_all(load_asterisk(server)).get(file)
    except ValueError as refused:
        return HttpResponse(f"{refused}\n", content_type="text/plain; charset=utf-8", status=409)
    if text is None:
        raise Http404(f"{server} has no file {file!r}")
    masked = mask(text)
    name = file
    if reveal:
        model_admin.log_change(request, server, f"Downloaded with passwords: {file}.")
    elif masked != text:
        # Under its own name it would soon be in Asterisk's folder, with asterisks for passwords.
        name, text = f"masked-{file}", masked
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _find(model_admin: ModelAdmin, request: HttpRequest, object_id: str) -> AsteriskServer:
    server = model_admin.get_object(request, unquote(object_id))
    if server is None:
        raise Http404(f"there is no server with the id {object_id!r}")
    if not may_see(model_admin, request):
        raise PermissionDenied
    return server


def may_see(model_admin: ModelAdmin, request: HttpRequest) -> bool:
    """Whether this person may look at the servers, and at the endpoints that are in their files."""
    endpoints = model_admin.admin_site.get_model_admin(SipEndpoint)
    return model_admin.has_view_permission(request) and endpoints.has_view_permission(request)


def _is_asked_to_reveal(request: HttpRequest) -> bool:
    if request.method != "POST":
        return False
    if not request.user.has_perm(REVEAL):
        raise PermissionDenied
    return True


def _shown(name: str, text: str, *, is_different: bool, reveal: bool) -> dict[str, Any]:
    masked = mask(text)
    lines = (text if reveal else masked).splitlines(keepends=True)
    return {
        "name": name,
        "by": INCLUDES[name],
        "is_different": is_different,
        "has_passwords": masked != text,
        "lines": len(lines),
        "is_cut": len(lines) > LINES_SHOWN,
        "text": "".join(islice(lines, LINES_SHOWN)),
    }


def warnings(server: AsteriskServer) -> list[str]:
    """Return a sentence for each setting of a server that lets others in, or locks us out."""
    check = AccountCheck(server.account_check)
    open_count = server.endpoints.filter(authentication=Authentication.ADDRESS).count()
    found = []
    if pending := count_pending(server.name):
        found.append(
            f"Endpoints whose new username or password Asterisk has yet to learn: {pending}. Calls to "
            "them go on with the former ones until it has taken the exported files."
        )
    if open_count:
        behind = {
            AccountCheck.OFF: "nothing tells their calls from yours.",
            AccountCheck.LOG: "calls from other accounts are logged, but let in all the same.",
            AccountCheck.ENFORCE: "only the account that Twilio names in a header stops them.",
        }[check]
        found.append(
            f"Endpoints without a password: {open_count}. "
            f"Any of Twilio's customers can ring them: {behind}"
        )
    elif check == AccountCheck.OFF:
        found.append(
            "Asterisk does not check which Twilio account a call comes from: "
            "only username and password keep Twilio's other customers out."
        )
    if check == AccountCheck.ENFORCE:
        found.append(
            "Calls that do not name an account of yours are refused with 403, even your own "
            "if Twilio leaves the header out. Your accounts are TWILIO_ACCOUNT_SID and those "
            "of your numbers."
        )
    return found
