"""The routes on disk: what comes back is what was saved, or is refused."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from telephony.routing.results import Outcome
from telephony.snapshots.directory import load_directory
from telephony.snapshots.saved import UnusableError, load, save
from tests import make

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ROUTES = make.directory(
    make.number(
        make.step(
            1, make.sip(password="p\N{SNOWMAN}", username="u", held_until=NOW), moves_on=frozenset()
        ),
        make.step(2, make.mobile(ask_for_key=True, rate=Decimal("0.380")), ring_s=7),
        make.step(2, make.sip("b"), moves_on=frozenset({Outcome.BUSY, Outcome.FAILED})),
        busy_message="“Busy”\n",
        language="es-MX",
    ),
    make.number(e164="+59899000001", account_sid="", enabled=False),
    revision=12,
)


def test_what_is_loaded_is_what_was_saved(tmp_path):
    save(tmp_path / "spool/routes.json", ROUTES, NOW)

    saved = load(tmp_path / "spool/routes.json")
    assert (saved.directory, saved.saved_at) == (ROUTES, NOW)


@pytest.mark.django_db
def test_so_is_what_the_database_holds(tmp_path):
    make.make_story()
    save(tmp_path / "routes.json", load_directory(), NOW)

    assert load(tmp_path / "routes.json").directory == load_directory()


def test_it_is_for_the_panels_own_user_only_and_nothing_half_written_stays(tmp_path):
    path = tmp_path / "routes.json"
    for _ in range(2):
        save(path, ROUTES, NOW)

    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda text: text[:-20], "damaged"),
        (lambda text: text.replace("+59899999999", "+59899999998"), "damaged"),
        (lambda text: "", "damaged"),
        (lambda text: "[]\n{}\n", "damaged"),
        (lambda text: f"{'[' * 200_000}\n{{}}\n", "damaged"),
        (lambda text: text.replace('"version": 2', '"version": 0'), "of another version"),
    ],
)
def test_what_is_damaged_or_of_another_version_is_refused(tmp_path, damage, why):
    path = tmp_path / "routes.json"
    save(path, ROUTES, NOW)
    path.write_text(damage(path.read_text()))

    with pytest.raises(UnusableError, match=why):
        load(path)


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(UnusableError, match="is not there"):
        load(tmp_path / "routes.json")


def test_a_changed_shape_of_the_snapshot_needs_another_version(tmp_path):
    """If this fails, raise VERSION: a panel must refuse what another version has saved."""
    path = tmp_path / "routes.json"
    save(path, ROUTES, NOW)
    body = json.loads(path.read_text().splitlines()[1])
    shape = {kind: sorted(body[kind][0]) for kind in ("numbers", "destinations")}

    assert shape == {
        "numbers": ["account_sid", "busy_message", "e164", "enabled", "label", "language", "steps", "unavailable_message"],
        "destinations": ["dialled_number", "edge", "enabled", "held_until", "host", "key", "kind", "label", "password", "port", "rate", "secure", "server", "transport", "user", "username"],
    }  # fmt: skip
