"""Files with all rows of a list: downloaded, and imported after a look at what they would change."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from telephony.admin import shares
from telephony.admin.aftermath import warnings_of
from telephony.admin.base import ModelAdmin
from telephony.admin.imports import OutdatedError, Plan, Saved, carry_out, plan
from telephony.admin.judging import Rights, changes_at_most
from telephony.admin.sheets import Sheet, download
from telephony.bulk.changes import Kind, Outcome, count
from telephony.bulk.tables import (
    BYTES_AT_MOST,
    ROWS_AT_MOST,
    UnreadableError,
)

TEMPLATE = "admin/telephony/import.html"
SALT = "telephony.admin.bulk"
# Rows that the page shows; whoever has more to mend or to read begins with these.
SHOWN_AT_MOST = 200
CHANGED_SINCE = (
    "Nothing was imported: something has changed since this was shown. Look again at what the file "
    "would do now."
)
TWO_AT_ONCE = "Nothing was imported: somebody else saved at the same time, or the database is busy. Try again."
LOST = "Nothing was imported: another file has been chosen since. Choose this one again."
UNANSWERED = "Nothing was imported yet: say whether the prices per minute are right."


class BulkAdmin(ModelAdmin):
    sheet: type[Sheet]

    def get_urls(self) -> list[URLPattern]:
        name = f"telephony_{self.opts.model_name}"
        views: dict[str, Callable[..., HttpResponse]] = {"csv": give, "import": take}
        own = [
            path(f"{word}/", self.admin_site.admin_view(partial(view, self)), name=f"{name}_{word}")
            for word, view in views.items()
        ]
        return [*own, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        links = {"has_csv": True, "may_import": may_import(self, request)}
        return super().changelist_view(request, links | (extra_context or {}))


def may_import(model_admin: BulkAdmin, request: HttpRequest) -> bool:
    return model_admin.has_add_permission(request) or model_admin.has_change_permission(request)


def rights_of(model_admin: BulkAdmin, request: HttpRequest) -> Rights:
    verbs = [f"telephony.{verb}_routestep" for verb in ("add", "change", "delete")]
    return Rights(
        add=model_admin.has_add_permission(request),
        change=model_admin.has_change_permission(request),
        routes=request.user.has_perms(verbs),
    )


def give(model_admin: BulkAdmin, request: HttpRequest) -> HttpResponse:
    """Answer with the file of all rows, or with an example."""
    if not model_admin.has_view_or_change_permission(request):
        raise PermissionDenied
    sheet = model_admin.sheet()
    # The page of an endpoint does not show its username to people who may only look either.
    text = download(
        sheet,
        semicolons=request.GET.get("separator") == "semicolon",
        private=may_import(model_admin, request),
        example="example" in request.GET,
    )
    name = f"{sheet.title.replace(' ', '-')}{'-example' if 'example' in request.GET else ''}.csv"
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def take(model_admin: BulkAdmin, request: HttpRequest) -> HttpResponse:
    """Explain the file, show what one would do, and do what was shown."""
    if not may_import(model_admin, request):
        raise PermissionDenied
    if request.method != "POST":
        return _show(model_admin, request, {})
    file = request.FILES.get("file")
    if file is not None:
        return _preview(model_admin, request, _read_file(file))
    if "kept" not in request.POST:
        return _show(model_admin, request, {"problem": "Choose a file first."})
    content = shares.join(request.session, model_admin.sheet.title, request.POST["kept"])
    if content is None:
        return _show(model_admin, request, {"problem": LOST})
    return _import(model_admin, request, content)


def _read_file(file: UploadedFile) -> bytes:
    # One byte more than it may have says that it is too large.
    content: bytes = file.read(BYTES_AT_MOST + 1)
    return content


def _preview(
    model_admin: BulkAdmin, request: HttpRequest, content: bytes, problem: str = ""
) -> HttpResponse:
    try:
        made = _plan(model_admin, request, content)
    except UnreadableError as error:
        return _show(model_admin, request, {"problem": str(error)})
    context = {**_describe(made), "problem": problem}
    if context["can_import"]:
        context["kept"] = shares.split(request.session, made.sheet.title, content)
        context["seen"] = _fingerprint(content, made)
    return _show(model_admin, request, context)


def _import(model_admin: BulkAdmin, request: HttpRequest, content: bytes) -> HttpResponse:
    again = partial(_preview, model_admin, request, content)
    try:
        made = _plan(model_admin, request, content)
        if problem := _why_not(made, content, request):
            return again(problem=problem)
        saved = carry_out(made, partial(_note, model_admin, request))
    except UnreadableError as error:
        return again(problem=str(error))
    except OutdatedError:
        return again(problem=CHANGED_SINCE)
    except (IntegrityError, OperationalError):
        return again(problem=TWO_AT_ONCE)
    shares.forget(request.session, made.sheet.title)
    counts = count(made.outcomes)
    text = f"Imported: {counts['new']} new, {counts['changed']} changed, {counts['unchanged']} unchanged."
    model_admin.message_user(request, text, messages.SUCCESS)
    for warning in warnings_of(made, saved):
        model_admin.message_user(request, warning, messages.WARNING)
    return HttpResponseRedirect(_list_of(model_admin))


def _why_not(made: Plan, content: bytes, request: HttpRequest) -> str:
    """Return why what was shown cannot be done any more, "" if it can."""
    seen = request.POST.get("seen", "")
    if not made.is_well or not constant_time_compare(seen, _fingerprint(content, made)):
        return CHANGED_SINCE
    is_asked = any(outcome.questions for outcome in made.outcomes)
    return UNANSWERED if is_asked and "confirmed" not in request.POST else ""


def _plan(model_admin: BulkAdmin, request: HttpRequest, content: bytes) -> Plan:
    sheet = model_admin.sheet()
    table = sheet.read(content)
    made = plan(sheet, table, rights_of(model_admin, request))
    made.note = table.note
    return made


def _fingerprint(content: bytes, made: Plan) -> str:
    """Return what tells one preview from another. Passwords are in the file, so it is no plain hash."""
    told = content + repr(made.outcomes).encode()
    return salted_hmac(SALT, told, algorithm="sha256").hexdigest()


def _note(model_admin: BulkAdmin, request: HttpRequest, saved: Saved) -> None:
    instance, form, formsets, is_new = saved
    message = model_admin.construct_change_message(request, form, formsets, is_new)
    (model_admin.log_addition if is_new else model_admin.log_change)(request, instance, message)


def _describe(made: Plan) -> dict[str, Any]:
    counts = count(made.outcomes)
    wrong = [outcome for outcome in made.outcomes if outcome.kind is Kind.WRONG]
    to_do = [row.outcome for row in made.to_save]
    return {
        "counts": counts,
        "note": made.note,
        "wrong": wrong[:SHOWN_AT_MOST],
        "wrong_more": len(wrong[SHOWN_AT_MOST:]),
        "to_do": [] if wrong else sorted(to_do, key=_asking_first)[:SHOWN_AT_MOST],
        "to_do_more": 0 if wrong else len(to_do[SHOWN_AT_MOST:]),
        "count_to_do": len(to_do),
        "can_import": bool(to_do) and not wrong,
        "is_asked": any(outcome.questions for outcome in to_do),
        "is_shown": True,
    }


def _asking_first(outcome: Outcome) -> bool:
    return not outcome.questions


def _show(model_admin: BulkAdmin, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    sheet = model_admin.sheet()
    base = {
        **model_admin.admin_site.each_context(request),
        "title": f"Import {sheet.title}",
        "opts": model_admin.opts,
        "sheet": sheet,
        "list_url": _list_of(model_admin),
        "csv_url": reverse(f"admin:telephony_{model_admin.opts.model_name}_csv"),
        "megabytes": BYTES_AT_MOST // 1_000_000,
        "bytes_at_most": BYTES_AT_MOST,
        "rows_at_most": ROWS_AT_MOST,
        "changes_at_most": changes_at_most(),
    }
    return TemplateResponse(request, TEMPLATE, base | context)


def _list_of(model_admin: BulkAdmin) -> str:
    return reverse(f"admin:telephony_{model_admin.opts.model_name}_changelist")
