"""Whatever goes wrong while files are replaced: the former ones are back, and nothing is lost."""

import os
import resource
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from telephony.asterisk.box import files, reload
from telephony.asterisk.box.console import Unreachable
from telephony.asterisk.box.former import NOTHING, replaced
from telephony.asterisk.export import render_all
from telephony.models import AsteriskServer
from telephony.snapshots.asterisk import load_asterisk
from tests import make
from tests.asterisk.test_rendering import OFFICE

DIALPLAN, PJSIP = "extensions_switchhook.conf", "pjsip_switchhook.conf"
BEFORE = {DIALPLAN: "one", PJSIP: "two"}
AFTER = {DIALPLAN: "three", PJSIP: "four"}
# More than the limit that `full_disk` sets.
LARGE = {DIALPLAN: "three", PJSIP: "x" * 4096}
NAMES = (DIALPLAN, PJSIP)


@pytest.fixture(autouse=True)
def heeded() -> Iterator[None]:
    """Interrupts do what they usually do: whoever runs the tests may have them ignored."""
    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: signal.SIG_DFL}
    former = {number: signal.signal(number, handler) for number, handler in usual.items()}
    yield
    for number, handler in former.items():
        signal.signal(number, handler)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Asterisk's folder with our two files and the user's own that include them."""
    for name, text in BEFORE.items():
        files.replace(tmp_path / name, text)
    (tmp_path / "extensions.conf").write_text(f"#include {DIALPLAN}\n")
    (tmp_path / "pjsip.conf").write_text(f"#include {PJSIP}\n")
    return tmp_path


@contextmanager
def full_disk(size: int = 1024) -> Iterator[None]:
    """No file can grow beyond this size: the kernel refuses the write, as it does on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def ours(folder: Path) -> dict[str, str]:
    """Every file of ours, hidden ones too."""
    return {p.name: p.read_text() for p in folder.iterdir() if "switchhook" in p.name}


def notes(error: pytest.ExceptionInfo[BaseException]) -> list[str]:
    return error.value.__notes__


def replace_and_fail(folder: Path, error: BaseException, texts: dict[str, str] = AFTER) -> None:
    with replaced(folder, texts):
        assert {name: (folder / name).read_text() for name in texts} == texts
        raise error


def test_what_went_well_leaves_the_new_files_and_no_other(folder: Path):
    with replaced(folder, {**AFTER, PJSIP: "two"}) as changed:
        assert changed == [DIALPLAN]
    assert ours(folder) == {DIALPLAN: "three", PJSIP: "two"}


def test_a_disk_that_is_full_at_the_second_file(folder: Path):
    with full_disk(), pytest.raises(OSError, match="too large") as error, replaced(folder, LARGE):
        pytest.fail("the second file was written")
    assert error.value.filename == str(folder / PJSIP)
    assert ours(folder) == BEFORE
    assert notes(error) == [f"{folder / name} is as it was before." for name in NAMES]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), Unreachable("gone"), ZeroDivisionError()])
def test_an_exception_afterwards(folder: Path, error: BaseException):
    stats = {name: (folder / name).stat() for name in BEFORE}
    with pytest.raises(type(error)) as raised:
        replace_and_fail(folder, error)
    assert ours(folder) == BEFORE
    assert notes(raised) == [f"{folder / name} is as it was before." for name in NAMES]
    after = {name: (folder / name).stat() for name in BEFORE}
    assert [s.st_mode for s in after.values()] == [s.st_mode for s in stats.values()]
    # Asterisk skips a file whose time and size it knows.
    assert all(after[name].st_mtime_ns > stats[name].st_mtime_ns for name in BEFORE)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_from_outside(folder: Path, number: signal.Signals):
    handlers = [signal.getsignal(n) for n in signal.valid_signals()]
    with pytest.raises(KeyboardInterrupt), replaced(folder, AFTER):
        os.kill(os.getpid(), number)
        # If the signal ended the process, this line would not be reached.
        signal.sigtimedwait([], 5)
    assert ours(folder) == BEFORE
    assert [signal.getsignal(n) for n in signal.valid_signals()] == handlers


def test_a_signal_that_was_to_be_ignored_still_is(folder: Path):
    former = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with replaced(folder, AFTER):
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, former)
    assert ours(folder) == AFTER


def test_a_second_ctrl_c_while_the_files_are_put_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    utime = os.utime

    def interrupted(path: Path) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        utime(path)

    monkeypatch.setattr(os, "utime", interrupted)
    with pytest.raises(KeyboardInterrupt) as error:
        replace_and_fail(folder, KeyboardInterrupt())
    assert ours(folder) == BEFORE
    assert len(notes(error)) == len(NAMES)


def test_in_another_thread_than_the_first(folder: Path):
    failed: list[BaseException] = []

    def work() -> None:
        try:
            replace_and_fail(folder, ZeroDivisionError())
        except ZeroDivisionError as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert len(failed) == 1
    assert ours(folder) == BEFORE


def test_a_new_file_is_removed_again(folder: Path):
    (folder / PJSIP).unlink()
    (folder / "pjsip.conf").write_text("[global]\n")
    with pytest.raises(KeyboardInterrupt) as error:
        replace_and_fail(folder, KeyboardInterrupt())
    assert ours(folder) == {DIALPLAN: "one"}
    assert f"{folder / PJSIP} was not there before, and is removed again." in notes(error)


def test_a_new_file_that_the_users_own_includes_stays_without_effect(folder: Path):
    (folder / PJSIP).unlink()
    with pytest.raises(KeyboardInterrupt) as error:
        replace_and_fail(folder, KeyboardInterrupt())
    assert ours(folder) == {DIALPLAN: "one", PJSIP: NOTHING}
    assert any("holds nothing but a comment now" in note for note in notes(error))


def test_a_file_that_cannot_be_put_back_is_named_and_its_text_is_kept(folder: Path):
    with pytest.raises(ZeroDivisionError) as error, replaced(folder, AFTER):
        # A folder where the file was: no file can be renamed to that.
        (folder / DIALPLAN).unlink()
        (folder / DIALPLAN / "x").mkdir(parents=True)
        raise ZeroDivisionError
    (aside,) = folder.glob(".switchhook-former-*")
    assert aside.read_text() == "one"
    assert (folder / PJSIP).read_text() == "two"
    lost, back = notes(error)
    assert f"{folder / DIALPLAN} could not be put back (Is a directory)" in lost
    assert f"Its former text is in {aside}" in lost
    assert back == f"{folder / PJSIP} is as it was before."


def test_a_new_file_that_cannot_be_emptied_is_named(folder: Path):
    (folder / PJSIP).unlink()
    with pytest.raises(ZeroDivisionError) as error, full_disk(len(AFTER[DIALPLAN])):
        replace_and_fail(folder, ZeroDivisionError())
    assert ours(folder) == {DIALPLAN: "one", PJSIP: "four"}
    (note,) = [note for note in notes(error) if PJSIP in note]
    assert "could not be put back (File too large)" in note
    assert "It was not there before: empty it by hand." in note


def test_without_second_names_the_former_file_is_copied(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    (folder / DIALPLAN).chmod(0o600)
    with pytest.raises(ZeroDivisionError):
        replace_and_fail(folder, ZeroDivisionError())
    assert ours(folder) == BEFORE
    assert (folder / DIALPLAN).stat().st_mode & 0o777 == 0o600


def test_a_linked_file_is_put_back_where_it_really_is(folder: Path, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "mine.conf"
    elsewhere.write_text("one")
    (folder / DIALPLAN).unlink()
    (folder / DIALPLAN).symlink_to(elsewhere)
    with pytest.raises(ZeroDivisionError):
        replace_and_fail(folder, ZeroDivisionError())
    assert (folder / DIALPLAN).is_symlink()
    assert [p.read_text() for p in elsewhere.parent.iterdir()] == ["one"]


class Box:
    """Stands for a running Asterisk: notes each command with the files that it would then read."""

    def __init__(self, folder: Path, spoil: Callable[[], None]) -> None:
        self.read: list[tuple[str, dict[str, str]]] = []
        self._folder = folder
        self._spoil = spoil

    def __call__(self, command: str) -> str:
        return self.run_with_log(command)

    def run_with_log(self, command: str) -> str:
        self.read.append((command, {name: (self._folder / name).read_text() for name in NAMES}))
        if len(self.read) == 2:
            self._spoil()
        return ""


def fail_with(error: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


@pytest.mark.parametrize("error", [KeyboardInterrupt(), Unreachable("gone"), ZeroDivisionError()])
def test_what_was_put_back_is_read_again(folder: Path, error: BaseException):
    box, texts = Box(folder, fail_with(error)), render_all(OFFICE)
    with pytest.raises(type(error)) as raised:
        reload.apply(box, OFFICE, folder, texts)
    commands = list(reload.COMMANDS["pjsip"])
    assert [command for command, _ in box.read] == commands + commands
    assert [read for _, read in box.read] == [texts, texts, BEFORE, BEFORE]
    assert notes(raised)[-1] == "Asterisk has read them again."


def test_what_asterisk_has_not_taken_is_put_back(folder: Path):
    with pytest.raises(reload.NotTaken, match="context fromtwilio-call is missing") as error:
        reload.apply(Box(folder, lambda: None), OFFICE, folder, render_all(OFFICE))
    assert ours(folder) == BEFORE
    assert len(notes(error)) == 3


@pytest.fixture
def story(db: None, folder: Path) -> Path:
    make.make_story()
    return folder


def refused(folder: Path, *words: str) -> CommandError:
    """Run the command, which fails, and leaves everything as it was."""
    with pytest.raises(CommandError) as error:
        call_command("export_asterisk", "--output", str(folder), *words)
    assert ours(folder) == BEFORE
    assert AsteriskServer.objects.get().exported == {}
    return error.value


def test_the_command_says_which_file_the_disk_had_no_room_for(story: Path):
    server = AsteriskServer.objects.get()
    for n in range(9):
        # Longer passwords make the second file the larger one.
        make.make_endpoint(server=server, user=f"e{n}", password="x" * 64)
    small, large = (len(text) for text in render_all(load_asterisk(server)).values())
    assert small < large
    with full_disk((small + large) // 2):
        said = str(refused(story))
    assert said.splitlines() == [
        f"{story / PJSIP}: File too large",
        *(f"{story / name} is as it was before." for name in NAMES),
    ]


@pytest.mark.parametrize("words", [(), ("--reload",)])
def test_the_command_can_be_stopped_while_it_writes(
    story: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
):
    replace = files.replace

    def interrupted(path: Path, text: str) -> bool:
        done = replace(path, text)
        if path.name == PJSIP:
            os.kill(os.getpid(), signal.SIGINT)
        return done

    monkeypatch.setattr(files, "replace", interrupted)
    box = Box(story, lambda: None)
    monkeypatch.setattr(reload, "check_module", lambda *_: None)
    monkeypatch.setattr("telephony.management.commands.export_asterisk.Console", lambda _: box)
    error = refused(story, *words)
    assert error.returncode == 130
    said = str(error).splitlines()
    as_before = [f"{story / name} is as it was before." for name in NAMES]
    assert said[:3] == ["Interrupted.", *as_before]
    # Asterisk is told of the former files only where it may have read the others.
    assert [read for _, read in box.read] == [BEFORE, BEFORE] * len(words)
