"""Who may import whom, and how long a file may grow. Imports inside functions count too."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# They decide and they render: no settings, no tables, no clock but the one that they are given.
PURE = (
    "telephony/routing/*.py",
    "telephony/asterisk/*.py",
    "telephony/webhooks/signature.py",
    "telephony/webhooks/callbacks.py",
    "telephony/webhooks/twiml.py",
    "telephony/records/events.py",
    "telephony/records/projection.py",
    "telephony/records/legs.py",
    "telephony/records/decisions.py",
    "telephony/records/costs.py",
    "telephony/records/meanings.py",
    "telephony/records/timeline.py",
)
ALLOWED_PACKAGES = ("twilio.twiml", "phonenumbers")
# What models, and all that stands below them, must not know.
UPPER_FLOORS = ("webhooks.views", "webhooks.answer", "admin", "management", "checks", "provider", "live", "selectors", "simulation")  # fmt: skip
LINES_AT_MOST = 300


def sources(*patterns: str) -> list[Path]:
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern))


def imported(path: Path) -> set[str]:
    """Every module that a file imports; `from a import b` may mean the module a or a.b."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            module = str(node.module)
            names = {f"{module}.{name.name}" for name in node.names}
            found |= {name for name in names if is_module(name)} or {module}
    return found


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


PURE_FILES = sources(*PURE)
PURE_MODULES = {module_of(path) for path in PURE_FILES}


def is_allowed(module: str) -> bool:
    if module in PURE_MODULES or module.startswith(ALLOWED_PACKAGES):
        return True
    return module.partition(".")[0] in sys.stdlib_module_names


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PURE_FILES, ids=ids)
def test_a_pure_room_knows_the_standard_library_and_its_like_only(path):
    assert [module for module in sorted(imported(path)) if not is_allowed(module)] == []


@pytest.mark.parametrize("path", sources("project/**/*.py"), ids=ids)
def test_project_knows_nothing_of_telephony(path):
    assert [module for module in imported(path) if module.startswith("telephony")] == []


@pytest.mark.parametrize("path", sources("telephony/models/*.py", *PURE), ids=ids)
def test_lower_floors_do_not_know_the_upper_ones(path):
    forbidden = tuple(f"telephony.{floor}" for floor in UPPER_FLOORS)

    assert [module for module in imported(path) if module.startswith(forbidden)] == []


@pytest.mark.parametrize("path", sources("telephony/webhooks/*.py"), ids=ids)
def test_webhooks_read_the_tables_through_the_live_snapshot_only(path):
    assert [module for module in imported(path) if module.startswith("telephony.models")] == []


def test_nothing_but_the_provider_talks_to_others_over_http():
    clients = ("requests", "urllib.request", "http.client", "httpx", "aiohttp", "twilio.rest")
    # The simulator plays Twilio to our own server.
    files = [
        path
        for path in sources("telephony/**/*.py")
        if "provider" not in path.parts and path.name != "simulate_call.py"
    ]

    assert [ids(path) for path in files if any(m.startswith(clients) for m in imported(path))] == []


@pytest.mark.parametrize("path", sources("telephony/**/*.py", "project/**/*.py"), ids=ids)
def test_no_file_is_longer_than_a_reader_can_hold(path):
    # Migrations are written by Django and never edited.
    if "migrations" not in path.parts:
        assert len(path.read_text().splitlines()) <= LINES_AT_MOST


def test_the_rules_see_what_they_forbid(tmp_path):
    culprit = tmp_path / "culprit.py"
    culprit.write_text("import os\ndef f():\n    from django.conf import settings\n    import telephony.models\n")  # fmt: skip

    assert [m for m in sorted(imported(culprit)) if not is_allowed(m)] == [
        "django.conf",
        "telephony.models",
    ]
    assert len(PURE_FILES) > 15
