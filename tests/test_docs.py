"""What the documents promise is held against the code."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from project import env
from telephony.models.roles import ROLES
from telephony.rehearsal.endings import DIAL_ENDINGS, RING_S
from telephony.rehearsal.trial import DOES
from telephony.routing.advice import PATIENCE_S
from telephony.wire import forms, paths
from tests import floors

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
MAP = (ROOT / "docs/architecture.md").read_text()
WEBHOOKS = (ROOT / "docs/webhooks.md").read_text()
SETTINGS = (ROOT / "docs/settings.md").read_text()
SAMPLES = (ROOT / ".env.example").read_text()
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("deploy/*.md")])

READ = re.compile(r'read_\w+\(\s*"([A-Z_]+)"')
NAMES = sorted(
    {
        name
        for file in ("settings", "env")
        for name in READ.findall((ROOT / f"project/{file}.py").read_text())
    }
    | {"TWILIO_AUTH_TOKEN", "SECRET_KEY"}
)


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_is_documented_and_has_a_sample(name):
    assert f"| `{name}` |" in SETTINGS
    assert re.search(rf"^{name}=", SAMPLES, re.MULTILINE)


def test_no_document_names_a_setting_that_is_not_read():
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", SETTINGS, re.MULTILINE)) == set(NAMES)
    assert set(re.findall(r"^([A-Z_]+)=", SAMPLES, re.MULTILINE)) == set(NAMES)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_works_as_pasted(path):
    commands = re.findall(r"^    +(.*manage\.py .*)$", path.read_text(), re.MULTILINE)
    pasted = re.compile(r"(sudo -u switchhook )?\.venv/bin/python manage\.py ")
    assert [command for command in commands if not pasted.match(command)] == []


def test_the_samples_that_are_refused_are_those_of_the_example():
    assert re.search(r"^SECRET_KEY=(.+)$", SAMPLES, re.MULTILINE)[1] in env.SAMPLE_SECRETS


def test_the_floors_on_the_map_are_those_of_the_table():
    rows = re.findall(r"^\| (\d) \| ([^|]+) \|[^|]+\|([^|]*)\|$", MAP, re.MULTILINE)
    shown = {
        path.removesuffix(".py").rstrip("/").replace("/", "."): (int(floor), pure.strip() == "yes")
        for floor, paths_, pure in rows
        for path in re.findall(r"`([^`]+)`", paths_)
    }
    # These register the others and stand above them all; the map leaves them out.
    unseen = {"telephony.apps", "telephony.checks"}
    rooms = {name: (room.floor, room.is_pure) for name, room in floors.ROOMS.items()}
    assert shown == {name: room for name, room in rooms.items() if name not in unseen}


# Each address as the table writes it, and an example of it.
WRITTEN = {
    "/twilio/voice/<position>/<plan>/": "/twilio/voice/1/fn.2-f3-20-fn/",
    "/twilio/leg/<position>/<index>/": paths.leg_path(1, 0),
    "/twilio/screen/<position>/": paths.screen_path(1),
    "/twilio/screen/<position>/key/": paths.key_path(1),
    **{path: path for path in paths.PLAIN},
}


def test_every_webhook_is_in_the_table_and_no_other():
    assert set(re.findall(r"^\| `(/twilio/[^`]*)` \|", WEBHOOKS, re.MULTILINE)) == set(WRITTEN)
    found = [paths.parse_path(path) for path in WRITTEN.values()]
    assert {address.kind for address in found if address} == set(paths.Kind) - {paths.Kind.CLOSED}


def test_the_limits_in_the_table_are_the_codes():
    assert f"more than {forms.BODY_BYTES_AT_MOST // 1024} kB" in WEBHOOKS
    assert f"more than {forms.FIELDS_AT_MOST} fields" in WEBHOOKS


def test_every_command_of_ours_is_in_the_readme():
    ours = {name for name, app in get_commands().items() if app == "telephony"}
    assert set(re.findall(r"^\| `manage.py (\w+)` \|", README, re.MULTILINE)) == ours


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_a_document_shows_can_be_parsed(document):
    for words in re.findall(
        r"manage\.py ((?:simulate_call|rebuild_calls|serve|export_asterisk|probe_servers)[^`\n]*)",
        document.read_text(),
    ):
        name, *arguments = words.split()
        if arguments:
            load_command_class("telephony", name).create_parser("manage.py", name).parse_args(
                arguments
            )


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_make_target_a_document_shows_exists(document):
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"(?:`|^ {4})make ([\w-]+)", document.read_text(), re.MULTILINE)) <= set(
        targets
    )


def links() -> list[tuple[str, str]]:
    """Every link of every document to another file, and every file that one names."""
    found = []
    for document in DOCUMENTS:
        text, name = document.read_text(), str(document.relative_to(ROOT))
        targets = re.findall(r"\]\(([^)#:]+)\)", text)
        found += [(name, str((document.parent / target).relative_to(ROOT))) for target in targets]
        files = re.findall(r"`((?:telephony|tests|project|benchmarks|docs)/[\w/.-]+)`", text)
        found += [(name, target) for target in files]
    return sorted(set(found))


@pytest.mark.parametrize(("document", "target"), links())
def test_every_link_and_every_named_file_is_there(document, target):
    assert (ROOT / target).exists()


def test_the_roles_on_their_page_are_those_that_are_shipped():
    page = (ROOT / "docs/people.md").read_text()

    assert re.findall(r"^\| (\w+) \|", page, re.MULTILINE) == ["role", *ROLES]


def test_the_readme_leads_to_every_page_of_the_documents():
    reached = {target for _, target in links()}

    assert {str(path.relative_to(ROOT)) for path in ROOT.glob("docs/*.md")} <= reached


def test_the_readme_names_every_outcome_of_simulate_call_and_no_other():
    sentence = re.search(r"`--outcomes`\s+takes ([a-z,\s-]+), one for each dial", README)[1]

    assert set(re.split(r",\s+|\s+and\s+", sentence)) == set(DIAL_ENDINGS)


def test_the_panels_page_names_everything_that_a_destination_can_do_in_a_trial():
    page = " ".join((ROOT / "docs/panel.md").read_text().split())
    assert [words for words in DOES.values() if words not in page] == []
    assert f"after {RING_S} seconds" in page
    assert f"longer than {PATIENCE_S} seconds" in page
