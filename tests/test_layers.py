"""The floors hold: one direction of imports, pure rooms pure, files no longer than a reader can hold."""

import ast
import sys
from pathlib import Path

import pytest

from tests import floors
from tests.floors import ROOT, module_of

LINES_AT_MOST = 300


def imported(path: Path) -> set[str]:
    """Every module that a file imports, inside functions too; `from a import b` may mean a or a.b."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            module = str(node.module)
            names = {f"{module}.{name.name}" for name in node.names}
            modules = {name for name in names if is_module(name)}
            found |= modules or {module}
    return found


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


def downward(module: str, other: str) -> bool:
    """Whether a module may import another of the house."""
    here, there = floors.room_of(module), floors.room_of(other)
    return here == there or floors.ROOMS[there].floor < floors.ROOMS[here].floor


def is_known_to_pure(module: str) -> bool:
    if module.startswith("telephony"):
        return floors.is_pure(module)
    return module.startswith(floors.PURE_LIBRARIES) or (
        module.partition(".")[0] in sys.stdlib_module_names
    )


ROOMED = [path for path in floors.sources() if module_of(path) != "telephony"]


@pytest.mark.parametrize("path", ROOMED, ids=ids)
def test_every_module_imports_its_own_room_and_lower_floors_only(path):
    others = [name for name in sorted(imported(path)) if name.startswith("telephony.")]

    assert [name for name in others if not downward(module_of(path), name)] == []


@pytest.mark.parametrize("path", floors.pure_files(), ids=ids)
def test_a_pure_module_knows_the_standard_library_and_its_like_only(path):
    assert [name for name in sorted(imported(path)) if not is_known_to_pure(name)] == []


@pytest.mark.parametrize("path", sorted((ROOT / "project").rglob("*.py")), ids=ids)
def test_project_knows_nothing_of_telephony_but_what_things_are_called(path):
    known = [name for name in imported(path) if name.startswith("telephony")]

    assert set(known) <= {"telephony.identifiers"}


@pytest.mark.parametrize("path", sorted((ROOT / "telephony/webhooks").glob("*.py")), ids=ids)
def test_webhooks_read_the_tables_through_the_live_snapshot_only(path):
    assert [name for name in imported(path) if name.startswith("telephony.models")] == []


def test_every_room_and_every_module_of_the_table_is_there():
    names = [*floors.ROOMS, *floors.PURE_MODULES, *floors.TYPED_MODULES]

    assert [name for name in names if not is_module(name)] == []


def test_nothing_talks_to_others_over_http_but_the_rehearsal_and_the_alerts():
    allowed = {"simulate_call.py", "channels.py"}
    clients = ("requests", "urllib.request", "http.client", "httpx", "aiohttp", "twilio.rest")
    files = [path for path in floors.sources() if path.name not in allowed]

    assert [ids(path) for path in files if any(m.startswith(clients) for m in imported(path))] == []


@pytest.mark.parametrize(
    "path", [*floors.sources(), *sorted((ROOT / "project").rglob("*.py"))], ids=ids
)
def test_no_file_is_longer_than_a_reader_can_hold(path):
    assert len(path.read_text().splitlines()) <= LINES_AT_MOST


def test_the_rules_see_what_they_forbid(tmp_path):
    culprit = tmp_path / "culprit.py"
    culprit.write_text("import os\ndef f():\n    from django.conf import settings\n    import telephony.models\n")  # fmt: skip

    assert [name for name in sorted(imported(culprit)) if not is_known_to_pure(name)] == [
        "django.conf",
        "telephony.models",
    ]
    assert not downward("telephony.records.store", "telephony.webhooks.answer")
    assert not downward("telephony.wire.paths", "telephony.models.calls")
    assert not downward("telephony.records.store", "telephony.snapshots.live")
    assert downward("telephony.webhooks.answer", "telephony.routing.rules")
    assert len(floors.pure_files()) > 30
    with pytest.raises(LookupError, match="stands on no floor"):
        floors.room_of("telephony.shed")
