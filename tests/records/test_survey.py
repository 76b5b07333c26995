"""What waits and what was refused, as the sysadmin sees it."""

import fcntl
import threading
import time
from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from telephony.models import CallRecord
from telephony.records.backlog import REFUSED, Refusal, refuse, store_journals
from telephony.records.journal import Journal, dump_event
from telephony.records.survey import find_waiting, read_refused
from tests import make

GOOD = make.event("voice", CallSid="CAgood")
POISON = replace(make.event("voice", CallSid="CAbad"), position=-5)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def journal(tmp_path, capsys):
    """Run the command, and return what it says."""

    def run(*words: str) -> str:
        with override_settings(SPOOL_DIR=tmp_path):
            call_command("journal", *words)
        return capsys.readouterr().out

    return run


def test_an_empty_spool_says_so(journal):
    assert journal() == "No webhook waits for the database.\n"
    assert journal("replay") == "Nothing was refused.\n"


def test_what_waits_is_shown_and_left_alone(journal, tmp_path):
    own, left = Journal(tmp_path), Journal(tmp_path)
    for each in (own, left):
        each.append(GOOD)
        each.append(GOOD)
    left.leave()

    told = journal()

    assert f"{own.path.name}: webhooks: 2, " in told
    assert told.count("in use") == told.count("left behind") == 1
    assert len(find_waiting(tmp_path)) == 2


def test_what_was_refused_is_explained_and_can_be_replayed(journal, tmp_path):
    (tmp_path / "webhooks-1.jsonl").write_text(
        "".join(dump_event(event) + "\n" for event in (GOOD, POISON)) + "half a li"
    )
    assert sum(store_journals(tmp_path)) == 1

    told = journal()
    assert "voice of call CAbad" in told
    assert "IntegrityError" in told
    assert "no webhook: 'half a li'\n  not a webhook" in told
    assert "Refused: 2." in told
    assert f"delete its line in {tmp_path / REFUSED}" in told

    refuse(tmp_path, [Refusal(dump_event(make.event("voice", CallSid="CAmended")), "a lock")])
    with pytest.raises(CommandError, match="Tried once more: 3; still refused: 2"):
        journal("replay")
    assert set(CallRecord.objects.values_list("pk", flat=True)) == {"CAgood", "CAmended"}


def test_what_was_refused_by_an_earlier_version_can_be_replayed(journal, tmp_path):
    (tmp_path / REFUSED).write_text(dump_event(GOOD) + "\n")

    assert [refused.event for refused in read_refused(tmp_path)] == [GOOD]
    assert journal("replay") == "Tried once more: 1; still refused: none.\n"


def test_no_line_stops_the_others_from_being_shown(journal, tmp_path):
    refuse(tmp_path, [Refusal("[" * 200_000, "no webhook"), Refusal("half", "no webhook")])
    with (tmp_path / REFUSED).open("a") as file:
        file.write("[" * 200_000 + "\n")

    assert "Refused: 3." in journal()
    with pytest.raises(CommandError, match="still refused: 3"):
        journal("replay")


def test_a_webhook_that_is_refused_while_others_are_handed_back_is_not_lost(tmp_path):
    refuse(tmp_path, [Refusal("first", "no webhook")])
    with (tmp_path / REFUSED).open("rb") as taken:
        fcntl.flock(taken, fcntl.LOCK_EX)
        late = threading.Thread(target=refuse, args=[tmp_path, [Refusal("late", "no webhook")]])
        late.start()
        time.sleep(0.2)
        (tmp_path / REFUSED).unlink()
    late.join(10)

    assert [refused.line for refused in read_refused(tmp_path)] == ["late"]


def test_a_spool_that_is_not_there_is_named(capsys, tmp_path):
    with override_settings(SPOOL_DIR=tmp_path / "nowhere"):
        call_command("journal")

    assert f"There is no folder {tmp_path}/nowhere" in capsys.readouterr().out
