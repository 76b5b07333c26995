"""What a change was, in sentences: told from the rows of history before and after it."""

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Field, Model
from django.utils.text import capfirst

from telephony.admin.formats import exactly, in_reading_order, money
from telephony.models import AsteriskServer, FallbackNumber, PhoneNumber, RouteStep, SipEndpoint
from telephony.models.history import BEGUN, FOUND, REMOVED

# django-simple-history makes a class each time that it is asked for its manager.
STEP, ENDPOINT = RouteStep.history.model, SipEndpoint.history.model
BEGINS = "Its history begins here: what was before was not recorded, or is no longer kept."
PENDING = (
    "Asterisk learns the new username and password with the next export. "
    "Until then calls go on with the former ones."
)
TAKEN = "Asterisk has taken the new username and password, and calls use them."
# Column of a step -> after what it moves on.
MOVES_ON = {
    "on_failed": "failure",
    "on_no_answer": "no answer",
    "on_busy": "busy",
    "on_declined": "decline",
}
# These are told together, as what Asterisk is to know.
CREDENTIALS = frozenset({"username", "next_username"})


class Names:
    """The names of what rows of history speak of: as they are now, or as they last were."""

    def __init__(self, rows: list[Any]) -> None:
        self._names: dict[tuple[type[Model], Any], str] = {}
        for model in (PhoneNumber, FallbackNumber, SipEndpoint, AsteriskServer):
            self._load(model, {key for row in rows for key in _spoken_of(row, model)})

    def _load(self, model: type[Model], keys: set[Any]) -> None:
        related = ("server",) if model is SipEndpoint else ()
        found = model._base_manager.select_related(*related).in_bulk(keys)
        self._names |= {(model, key): str(row) for key, row in found.items()}
        last = model._meta.records.newest(keys - set(found))
        self._names |= {(model, key): self.of(row) for key, row in last.items()}

    def __call__(self, model: type[Model], key: Any) -> str:
        return self._names.get((model, key)) or f"{model._meta.verbose_name} {key}"

    def of(self, row: Any) -> str:
        """Return the name that something had when the row of history was written."""
        if isinstance(row, STEP):
            return f"Position {row.position}, {self.destination(row)}"
        if isinstance(row, ENDPOINT):
            return row.label or f"{row.user}@{self(AsteriskServer, row.server_id)}"
        names = [field.attname for field in row.tracked_fields]
        return str(row.instance_type(**{name: getattr(row, name) for name in names}))

    def destination(self, step: Any) -> str:
        if step.endpoint_id:
            return self(SipEndpoint, step.endpoint_id)
        return self(FallbackNumber, step.fallback_number_id)


def _spoken_of(row: Any, model: type[Model]) -> Iterator[Any]:
    for field in row.tracked_fields:
        key = getattr(row, field.attname)
        if field.related_model is model and key is not None:
            yield key


def describe(before: Any, after: Any, names: Names, *, is_new: bool) -> list[str]:
    """Return what has changed, from what to what; nothing if that cannot be seen."""
    if after.history_type == REMOVED:
        return ["Removed."]
    if before is not None and before.history_type != REMOVED:
        return _describe(before, after, names)
    if after.history_change_reason == BEGUN:
        return [BEGINS]
    if not is_new and after.history_change_reason != FOUND:
        return ["Changed. What it was before is no longer kept."]
    return [*_added(after, names)]


def _describe(before: Any, after: Any, names: Names) -> list[str]:
    fields = [
        field
        for field in after.tracked_fields
        if getattr(before, field.attname) != getattr(after, field.attname)
    ]
    if isinstance(after, STEP):
        return [*_of_step(before, after, {field.attname for field in fields}, names)]
    sentences = [
        f"{_label(field)}: {_written(field, after, names)} instead of "
        f"{_written(field, before, names)}"
        for field in fields
        if field.name not in CREDENTIALS
    ]
    if isinstance(after, ENDPOINT):
        sentences += _of_credentials(before, after)
    return sentences


def _added(after: Any, names: Names) -> Iterator[str]:
    yield "Added."
    if isinstance(after, STEP):
        yield f"Rings for {after.ring_s} s. {_moves_on(after)}"
        return
    for field in after.tracked_fields:
        value = getattr(after, field.attname)
        is_told = not field.primary_key and field.name != "next_username"
        if is_told and value not in (None, "") and value != field.get_default():
            yield f"{_label(field)}: {_written(field, after, names)}"


def _moves_on(step: Any) -> str:
    after = [words for name, words in MOVES_ON.items() if getattr(step, name)]
    return f"Moves on after {', '.join(after)}." if after else "Never moves on."


def _of_step(before: Any, after: Any, changed: set[str], names: Names) -> Iterator[str]:
    if "number_id" in changed:
        was = names(PhoneNumber, before.number_id)
        yield f"Belongs to {names(PhoneNumber, after.number_id)} instead of {was}"
    if "position" in changed:
        yield f"Stands at position {after.position} instead of {before.position}"
    if changed & {"endpoint_id", "fallback_number_id"}:
        yield f"Rings {names.destination(after)} instead of {names.destination(before)}"
    if "ring_s" in changed:
        yield f"Rings for {after.ring_s} s instead of {before.ring_s} s"
    for name, words in MOVES_ON.items():
        if name in changed:
            yield f"{'Moves' if getattr(after, name) else 'No longer moves'} on after {words}"


def _of_credentials(before: Any, after: Any) -> Iterator[str]:
    was, now = _wanted(before), _wanted(after)
    if was[0] != now[0]:
        yield f"Username: {now[0] or 'nothing'} instead of {was[0] or 'nothing'}"
    # Only fingerprints of one SECRET_KEY can be compared.
    has_same_key = before.history_secrets.get("key") == after.history_secrets.get("key")
    if has_same_key and was[1] != now[1]:
        yield "The password was changed" if now[1] else "The password was removed"
    if after.next_username is not None and (before.next_username is None or was != now):
        yield PENDING
    elif after.next_username is None and before.next_username is not None:
        yield TAKEN


def _wanted(row: Any) -> tuple[str, str | None]:
    """Return the username that Asterisk is to know, and the fingerprint of its password."""
    if row.next_username is None:
        return row.username, row.history_secrets.get("password")
    return row.next_username, row.history_secrets.get("next_password")


def _label(field: Field) -> str:
    return str(capfirst(field.verbose_name))


def _written(field: Field, row: Any, names: Callable[[type[Model], Any], str]) -> str:
    value = getattr(row, field.attname)
    if value is None or value == "":
        return "nothing"
    if field.related_model:
        return names(field.related_model, value)
    if field.flatchoices:
        value = dict(field.flatchoices).get(value, value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return exactly(value)
    if isinstance(value, Decimal):
        return money(value, settings.CURRENCY)
    return in_reading_order(str(value))
