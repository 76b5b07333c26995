"""The history of a row, or of all that somebody may change: newest first, one entry for each save."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import ModelAdmin, get_content_type_for_model
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Min, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.text import capfirst

from telephony.admin.changes import STEP, Names, describe
from telephony.admin.formats import exactly, near
from telephony.models import (
    AsteriskServer,
    CarrierNetwork,
    FallbackNumber,
    PhoneNumber,
    Policy,
    RouteStep,
    SipEndpoint,
)
from telephony.models.history import BEGUN, FOUND, MADE, REMOVED

MODELS = (
    PhoneNumber,
    RouteStep,
    SipEndpoint,
    FallbackNumber,
    AsteriskServer,
    CarrierNetwork,
    Policy,
)
# So many rows of history make a page.
ROWS = 100


@dataclass(frozen=True)
class Told:
    """What has changed of one row."""

    row: Any
    subject: str
    # What it belongs to, or is one of.
    of: str
    sentences: list[str]

    @property
    def is_step(self) -> bool:
        return isinstance(self.row, STEP)

    @property
    def url(self) -> str:
        """Where the history of the row is; a step is in that of its number."""
        model = PhoneNumber if self.is_step else self.row.instance_type
        key = self.row.number_id if self.is_step else self.row.id
        return reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_history", args=[key])


@dataclass(frozen=True)
class Save:
    """What was changed together. `is_kept`: it is in the history, and not only seen just now."""

    at: datetime
    by: str
    reason: str = ""
    is_kept: bool = True
    told: list[Told] = field(default_factory=list)
    note: str = ""

    @property
    def who(self) -> str:
        if self.reason == FOUND:
            return "outside of the panel"
        return "" if self.reason == BEGUN else self.by or "another program"

    @property
    def moment(self) -> str:
        return near(self.at, timezone.now())

    @property
    def exactly(self) -> str:
        return exactly(self.at)


@dataclass(frozen=True)
class Page:
    """Rows of history, and before which moment there are more; `is_torn`: of the same save too."""

    rows: list[Any]
    rest: datetime | None = None
    is_torn: bool = False


def show(model_admin: ModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """Answer with the history of a row, also of one that is no longer there."""
    model = model_admin.model
    row = model_admin.get_object(request, unquote(object_id))
    if not model_admin.has_change_permission(request, row):
        raise PermissionDenied
    key = unquote(object_id)
    is_known = key.isdecimal() and model.history.filter(id=key).exists()
    if row is None and not is_known:
        return model_admin._get_obj_does_not_exist_redirect(request, model_admin.opts, object_id)
    sources: list[tuple[type[Model], dict[str, Any]]] = [(model, {"id": key})]
    if model is PhoneNumber and request.user.has_perm("telephony.view_routestep"):
        sources.append((RouteStep, {"number_id": key}))
    until = _until(request)
    read = _read(sources, until)
    seen = [] if until else _look(sources)
    saves = [*_tell([*seen, *read.rows]), *_notes(model, key, until, read.rest)]
    last = row or model._meta.records.newest([key]).get(int(key))
    context = {"object": row, "opts": model_admin.opts, "title": f"History of {_name(last)}"}
    return _answer(request, {**context, "saves": _in_order(saves), "page": read})


def _look(sources: Iterable[tuple[type[Model], dict[str, Any]]]) -> list[Any]:
    """Return what has become of the rows that is not in their history."""
    now = timezone.now()
    seen = [each for model, of in sources for each in model._meta.records.unkept(**of)]
    for each in seen:
        each.history_date = now
    return seen


def show_all(request: HttpRequest) -> HttpResponse:
    """Answer with what was changed of all tables that somebody may change."""
    seen = [model for model in MODELS if _may_change(request, model)]
    if not seen:
        raise PermissionDenied
    read = _read([(model, {}) for model in seen], _until(request), without=BEGUN)
    saves = _in_order(_tell(read.rows))
    context = {"title": "What was changed", "saves": saves, "page": read, "is_of_all": True}
    return _answer(request, context)


def _may_change(request: HttpRequest, model: type[Model]) -> bool:
    label, name = model._meta.app_label, model._meta.model_name
    return bool(request.user.has_perm(f"{label}.change_{name}"))


def _answer(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    context = {**admin.site.each_context(request), **context}
    return TemplateResponse(request, "admin/telephony/history.html", context)


def _name(row: Any) -> str:
    return Names([row]).of(row) if hasattr(row, "history_id") else str(row)


def _until(request: HttpRequest) -> datetime | None:
    try:
        until = parse_datetime(request.GET.get("before", ""))
        # In UTC, as the database asks for it, it may be beyond the years that there are.
        return until.astimezone(UTC) if until and timezone.is_aware(until) else None
    except (ValueError, OverflowError):
        return None


def _read(
    sources: Iterable[tuple[type[Model], dict[str, Any]]],
    until: datetime | None,
    without: str | None = None,
) -> Page:
    rows: list[Any] = []
    for model, of in sources:
        found: QuerySet[Any] = model.history.filter(**of)
        if without:
            found = found.exclude(history_change_reason=without)
        if until:
            found = found.filter(history_date__lt=until)
        rows += found[: ROWS + 1]
    rows.sort(key=lambda row: row.history_date, reverse=True)
    if len(rows) <= ROWS:
        return Page(rows)
    # The oldest save is left to the next page, because the rest of it may be there.
    whole = [row for row in rows if row.history_date > rows[ROWS].history_date]
    rows = whole or rows[:ROWS]
    return Page(rows, rows[-1].history_date, is_torn=not whole)


def _tell(rows: list[Any]) -> Iterator[Save]:
    """Yield each save with what it has changed. Rows without a key are seen just now."""
    if not rows:
        return
    before = _before(rows)
    names = Names([*rows, *before.values()])
    saves: dict[Any, Save] = {}
    rows = sorted(rows, key=lambda row: (_place(row), row.id, row.pk is None, row.pk or 0))
    for (place, key), history in groupby(rows, key=lambda row: (_place(row), row.id)):
        last = before.get((place, key))
        for of, group in groupby(history, key=_save_of):
            together = list(group)
            is_new = together[0].history_type == MADE
            sentences = describe(last, together[-1], names, is_new=is_new)
            last = together[-1]
            if sentences and not (is_new and last.history_type == REMOVED):
                saves.setdefault(of, Save(*of)).told.append(_told(last, sentences, names))
    yield from map(_without_echo, saves.values())


def _told(row: Any, sentences: list[str], names: Names) -> Told:
    kind = capfirst(row.instance_type._meta.verbose_name)
    of = names(PhoneNumber, row.number_id) if isinstance(row, STEP) else kind
    return Told(row, names.of(row), of, sentences)


def _place(row: Any) -> int:
    return MODELS.index(row.instance_type)


def _save_of(row: Any) -> tuple[datetime, str, str, bool]:
    reason = row.history_change_reason or ""
    return row.history_date, row.history_user_id, reason, row.pk is not None


def _before(rows: list[Any]) -> dict[tuple[int, Any], Any]:
    """Return of each row of a table what its history says before these rows."""
    oldest = min(row.history_date for row in rows)
    found = {}
    for model in {row.instance_type for row in rows}:
        keys = {row.id for row in rows if row.instance_type is model}
        last = model._meta.records.newest(keys, history_date__lt=oldest)
        found |= {(MODELS.index(model), key): row for key, row in last.items()}
    return found


def _without_echo(save: Save) -> Save:
    """Where the history of a number begins, that of its steps does too, and need not say so."""
    others = [each for each in save.told if not each.is_step]
    return replace(save, told=others) if save.reason == BEGUN and others else save


def _notes(
    model: type[Model], key: str, until: datetime | None, rest: datetime | None
) -> Iterator[Save]:
    """Yield what the admin has noted: in words of its own, or before there was a history."""
    entries = LogEntry.objects.filter(
        content_type=get_content_type_for_model(model), object_id=key
    ).select_related("user")
    if until:
        entries = entries.filter(action_time__lt=until)
    if rest:
        entries = entries.filter(action_time__gte=rest)
    began = model.history.filter(id=key).aggregate(at=Min("history_date"))["at"]
    for entry in entries[:ROWS]:
        is_own = bool(entry.change_message) and not entry.change_message.startswith("[")
        if is_own or began is None or entry.action_time < began:
            note = entry.get_change_message() or str(entry.get_action_flag_display())
            yield Save(entry.action_time, entry.user.get_username(), note=note)


def _in_order(saves: Iterable[Save]) -> list[Save]:
    """Newest first; what was found or begun came before the save for which it was looked up."""
    return sorted(
        saves, key=lambda save: (not save.is_kept, save.at, not save.reason), reverse=True
    )


urlpatterns = [path("", admin.site.admin_view(show_all), name="changes")]
