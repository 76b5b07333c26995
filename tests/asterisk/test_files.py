"""Our files on disk: replaced in one step, untouched when equal, found in the user's files."""

import os
from pathlib import Path

import pytest

from telephony.asterisk.box import files

INCLUDES = {"pjsip_switchhook.conf": "pjsip.conf"}


def test_a_file_is_for_asterisk_and_nobody_else(tmp_path: Path):
    path = tmp_path / "a.conf"
    assert files.replace(path, "one")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("one", 0o640)


def test_an_equal_file_is_not_touched(tmp_path: Path):
    path = tmp_path / "a.conf"
    files.replace(path, "one")
    before = path.stat()
    assert not files.replace(path, "one")
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_an_equal_file_that_everybody_can_read_is_closed(tmp_path: Path):
    path = tmp_path / "a.conf"
    path.write_text("one")
    path.chmod(0o644)
    assert files.replace(path, "one")
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_new_file_belongs_to_the_owner_of_its_folder(tmp_path: Path):
    os.chown(tmp_path, 1234, 4321)
    files.replace(tmp_path / "a.conf", "one")
    assert ((tmp_path / "a.conf").stat().st_uid, (tmp_path / "a.conf").stat().st_gid) == (
        1234,
        4321,
    )


def test_a_replacement_that_fails_leaves_the_former_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "a.conf"
    files.replace(path, "one")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        files.replace(path, "two")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a.conf", "one")]


def test_a_linked_file_is_replaced_where_it_really_is(tmp_path: Path):
    (tmp_path / "real").mkdir()
    (tmp_path / "a.conf").symlink_to(tmp_path / "real" / "a.conf")
    files.replace(tmp_path / "a.conf", "one")
    assert (tmp_path / "a.conf").is_symlink()
    assert (tmp_path / "real" / "a.conf").read_text() == "one"


def test_a_diff_masks_passwords_and_shows_what_else_differs(tmp_path: Path):
    (tmp_path / "a.conf").write_text("password = old\nx = 1\n")
    lines = list(files.diff(tmp_path, {"a.conf": "password = new\nx = 2\n"}))
    assert "-password = ********" in lines
    assert {"-x = 1", "+x = 2"} < set(lines)
    assert not any("old" in line or "new" in line for line in lines)


def test_bytes_that_are_no_text_differ_and_do_not_stop_the_diff(tmp_path: Path):
    (tmp_path / "a.conf").write_bytes(b"x = \xff\r\n")
    assert files.differing_names(tmp_path, {"a.conf": "x = 1\n"}) == ["a.conf"]
    assert "-x = ?\r" in list(files.diff(tmp_path, {"a.conf": "x = 1\n"}))


@pytest.mark.parametrize(
    "line",
    [
        "#include pjsip_switchhook.conf",
        '#include "pjsip_switchhook.conf"',
        "#include <pjsip_switchhook.conf>  ; ours",
        "  #tryinclude pjsip_switchhook.conf",
        "#include *_switchhook.conf",
        "#include more.conf",
    ],
)
def test_a_line_that_includes_our_file_is_found(tmp_path: Path, line: str):
    (tmp_path / "pjsip_switchhook.conf").touch()
    (tmp_path / "more.conf").write_text("#include pjsip_switchhook.conf\n#include more.conf\n")
    (tmp_path / "pjsip.conf").write_text(f"[global]\n{line}\n")
    assert files.missing_includes(tmp_path, INCLUDES) == []


@pytest.mark.parametrize(
    "text", ["", ";#include pjsip_switchhook.conf", "#include other.conf", None]
)
def test_a_missing_line_is_named(tmp_path: Path, text: str | None):
    if text is not None:
        (tmp_path / "pjsip.conf").write_text(text)
    missing = [("pjsip.conf", "#include pjsip_switchhook.conf")]
    assert files.missing_includes(tmp_path, INCLUDES) == missing
