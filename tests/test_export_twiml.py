"""The command that writes the static documents, as the sysadmin uses it."""

import os
import stat
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from telephony.models import PhoneNumber
from telephony.snapshots.static import is_outdated, render_all_static
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def number() -> PhoneNumber:
    return make.make_story()


@pytest.fixture
def export(tmp_path: Path, capsys):
    folder = tmp_path / "twiml"
    folder.mkdir()

    def run(*words: str) -> str:
        call_command("export_twiml", "--output", str(folder), *words)
        return capsys.readouterr().out

    run.folder = folder
    return run


def test_each_number_has_a_file_of_a_name_that_nobody_guesses(number, export):
    other = make.make_number(e164="+12025550177")
    export()

    names = sorted(path.name for path in export.folder.iterdir())
    assert names == sorted([number.static_name, other.static_name])
    path = export.folder / number.static_name
    assert len(number.static_key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert "<Sip" in path.read_text()


def test_the_file_belongs_to_the_group_of_its_folder(number, export):
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    os.chown(export.folder, 0, 33)
    export()

    assert (export.folder / number.static_name).stat().st_gid == 33


def test_check_and_diff_write_nothing_and_show_no_password(number, export):
    with pytest.raises(CommandError, match="Not as in the panel"):
        export("--check")
    told = export("--diff")
    assert "<Sip" in told
    assert number.steps.first().endpoint.password not in told
    assert list(export.folder.iterdir()) == []

    export()
    assert "are as the panel has them" in export("--check")


def test_what_belongs_to_no_number_any_more_is_deleted_and_others_files_are_not(number, export):
    gone = make.make_number(e164="+12025550177")
    export()
    foreign = export.folder / f"{'0' * 32}.xml"
    foreign.write_text("<Response/>")
    gone.delete()

    with pytest.raises(CommandError, match=gone.static_name):
        export("--check")
    assert f"{gone.static_name}: deleted" in export()
    assert sorted(export.folder.iterdir()) == sorted([foreign, export.folder / number.static_name])


def test_the_panel_knows_what_was_exported_and_when_it_is_out_of_date(number, export):
    def text() -> str:
        return render_all_static()[number.static_name]

    assert is_outdated(number, text())
    export()
    number.refresh_from_db()
    assert number.static_exported_at is not None
    assert not is_outdated(number, text())
    number.steps.update(ring_s=77)
    assert is_outdated(number, text())


def test_a_number_that_an_earlier_version_made_gets_its_name_at_the_export(number, export):
    PhoneNumber.objects.update(static_key=None)
    export()

    number.refresh_from_db()
    assert (export.folder / number.static_name).exists()


def test_without_a_name_a_check_says_so_and_gives_none(number, export):
    export()
    PhoneNumber.objects.update(static_key=None)
    with pytest.raises(CommandError, match=number.static_name):
        export("--check")

    assert PhoneNumber.objects.get().static_key is None


def test_the_documents_of_another_panel_stay(number, export, settings):
    export()
    mine = sorted(export.folder.iterdir())
    PhoneNumber.objects.update(static_key="f" * 32)
    settings.PUBLIC_BASE_URL = "https://staging.example.com"

    assert "deleted" not in export()
    assert sorted([*mine, export.folder / f"{'f' * 32}.xml"]) == sorted(export.folder.iterdir())


def test_a_panel_without_numbers_deletes_nothing(number, export):
    export()
    number.delete()
    with pytest.raises(CommandError, match=r"has no numbers.*1 documents.*DATABASE_URL"):
        export()

    assert len(list(export.folder.iterdir())) == 1


@pytest.mark.parametrize("wrong", ["group", "mode"])
def test_a_file_that_the_web_server_cannot_read_is_said_and_mended(number, export, wrong):
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    os.chown(export.folder, 0, 33)
    export()
    path = export.folder / number.static_name
    if wrong == "group":
        os.chown(path, 0, 0)
    else:
        path.chmod(0o600)

    with pytest.raises(CommandError, match=number.static_name):
        export("--check")
    assert "differs, in a password, owner or mode too" in export("--diff")
    assert ": 1." in export()
    assert (path.stat().st_gid, stat.S_IMODE(path.stat().st_mode)) == (33, 0o640)


def test_a_folder_that_is_not_there_is_named(number, export):
    with pytest.raises(CommandError, match="there is no folder"):
        call_command("export_twiml", "--output", "/nowhere/at/all")


def test_a_second_export_writes_nothing(number, export):
    assert export().startswith(f"Numbers: 1; files written in {export.folder}: 1.")
    assert f"{export.folder}: 0." in export()
