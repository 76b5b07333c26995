"""What is not in the database yet is on disk: crashes, half lines, and a database that is down."""

import json
from pathlib import Path

import pytest

from telephony.models import CallEvent, CallRecord
from telephony.records.backlog import REFUSED, store_journals
from telephony.records.journal import Journal, dump_event, left_behind, load_event
from tests import make

ROOT = Path(__file__).resolve().parents[2]
# A port that nobody listens on.
UNREACHABLE = "postgres://panel:secret@127.0.0.1:1/panel"
EVENTS = make.events("0 voice\n 9 voice/1 DialCallStatus=busy\n 15 status CallStatus=completed")


def write_journal(spool: Path, *lines: str) -> Path:
    spool.mkdir(exist_ok=True)
    path = spool / "webhooks-0.jsonl"
    path.write_text("".join(lines))
    return path


def collect(spool: Path) -> int:
    return sum(store_journals(spool))


def refused(spool: Path) -> list[str]:
    """The webhooks that were refused, as they were written."""
    return [json.loads(line)["webhook"] for line in (spool / REFUSED).read_text().splitlines()]


def lines(*events) -> list[str]:
    return [dump_event(event) + "\n" for event in events]


def test_an_event_survives_the_way_through_the_journal():
    for event in EVENTS:
        assert load_event(dump_event(event).encode()) == event


@pytest.mark.django_db
def test_what_a_crashed_process_left_is_stored(python, spool):
    done = python(
        """
        for event in make.events("0 voice\\n 9 voice/1 DialCallStatus=busy"):
            recorder.record(event)
        os.kill(os.getpid(), signal.SIGKILL)
        """,
        UNREACHABLE,
    )
    assert done.returncode == -9, done.stderr

    assert collect(spool) == 2
    assert CallEvent.objects.count() == 2
    assert CallRecord.objects.get().outcome == "busy"
    assert list(spool.iterdir()) == []


@pytest.mark.django_db
def test_a_half_written_last_line_is_set_aside_and_nothing_else_is_lost(spool):
    whole, half = lines(*EVENTS[:2]), lines(EVENTS[2])[0][:100]
    write_journal(spool, *whole, half)

    assert collect(spool) == 2
    assert CallEvent.objects.count() == 2
    assert refused(spool) == [half]
    assert [path.name for path in spool.iterdir()] == [REFUSED]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "broken",
    ["no json\n", "[]\n", "1\n", "{}\n", '{"received_at": "yesterday"}\n', "\x00\x00\x00\n", "\n"],
)
def test_a_line_that_is_no_webhook_does_not_hold_up_the_others(spool, broken):
    first, last = lines(*EVENTS[:2])
    write_journal(spool, first, broken, last)

    assert collect(spool) == 2
    assert refused(spool) == [broken.removesuffix("\n")]


@pytest.mark.django_db
def test_storing_a_journal_twice_makes_no_second_row(spool):
    for _ in range(2):
        write_journal(spool, *lines(*EVENTS), *lines(*EVENTS))
        collect(spool)

    assert CallEvent.objects.count() == len(EVENTS)
    assert CallRecord.objects.count() == 1


@pytest.mark.django_db
def test_a_journal_larger_than_a_batch_is_stored_whole(spool):
    events = make.events("\n".join(f"{n} voice CallSid=CA{n}" for n in range(1100)))
    write_journal(spool, *lines(*events))

    assert collect(spool) == 1100
    assert CallRecord.objects.count() == 1100


@pytest.mark.django_db
def test_a_nul_in_a_field_is_stored_visibly(spool):
    write_journal(spool, *lines(make.event("voice", CallerName="A\x00na", From="\udcff")))

    collect(spool)

    params = CallEvent.objects.get().params
    assert (params["CallerName"], params["From"]) == (["A\ufffdna"], ["\ufffd"])


@pytest.mark.django_db
def test_a_journal_that_is_being_written_is_left_alone(spool):
    journal = Journal(spool)
    journal.append(EVENTS[0])

    assert collect(spool) == 0
    journal.leave()
    assert collect(spool) == 1


def test_a_journal_is_for_the_panels_own_user_only(spool):
    journal = Journal(spool)
    mode = journal.path.stat().st_mode
    journal.leave()

    assert (mode & 0o777, spool.stat().st_mode & 0o777) == (0o600, 0o700)


@pytest.mark.django_db
def test_what_is_refused_is_for_the_panels_own_user_only(spool):
    spool.mkdir(mode=0o755)
    write_journal(spool, "no webhook\n")

    collect(spool)

    assert (spool / REFUSED).stat().st_mode & 0o777 == 0o600


def test_a_journal_that_another_process_has_just_collected_is_passed_over(spool):
    path = write_journal(spool, *lines(*EVENTS))
    other = spool / "webhooks-1.jsonl"
    other.symlink_to(spool / "gone")

    assert [found for found, _ in left_behind(spool)] == [path]


def test_a_journal_stays_while_the_database_is_down(python, spool):
    path = write_journal(spool, *lines(*EVENTS))
    done = python("sum(store_journals(settings.SPOOL_DIR))", UNREACHABLE)

    assert "OutageError: OperationalError" in done.stderr
    assert path.read_text() == "".join(lines(*EVENTS))


def test_a_panel_that_has_never_read_its_configuration_sends_twilio_to_its_fallback(python):
    done = python("print(post('/twilio/voice/').status)", UNREACHABLE)

    assert done.stdout == "503\n", done.stderr


def test_a_caller_does_not_wait_for_a_locked_database_and_the_call_is_stored_later(
    python, migrated
):
    done = python(
        """
        make.make_story()
        post("/twilio/voice/", CallSid="CAbefore")
        other = sqlite3.connect(settings.DATABASES["default"]["NAME"], isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        answers = [post("/twilio/voice/", CallSid=f"CA{n}").text for n in range(5)]
        waited_s = time.monotonic() - began
        time.sleep(1.5)  # longer than DATABASE_TIMEOUT_S: the recorder gives up
        answers.append(post("/twilio/voice/1/", DialCallStatus="failed").text)
        stored = CallEvent.objects.exclude(call_sid="CAbefore").count()
        other.execute("ROLLBACK")
        deadline = time.monotonic() + 20
        while CallEvent.objects.count() < 7 and time.monotonic() < deadline:
            time.sleep(0.05)
        print(json.dumps([answers, waited_s, stored, CallRecord.objects.count()]))
        """,
        f"sqlite:///{migrated}",
    )
    assert done.returncode == 0, done.stderr
    answers, waited_s, stored_meanwhile, records = json.loads(done.stdout)

    assert all("sip:myext@" in answer for answer in answers[:5])
    assert make.MOBILE in answers[5]
    assert waited_s < 1
    assert (stored_meanwhile, records) == (0, 7)


def test_a_database_that_is_back_is_noticed_though_webhooks_keep_coming(python, migrated):
    done = python(
        """
        CallEvent.objects.all().delete()
        other = sqlite3.connect(settings.DATABASES["default"]["NAME"], isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        for n in range(8):
            recorder.record(make.event("voice", CallSid=f"CAlocked{n}"))
            time.sleep(0.3)
        other.execute("ROLLBACK")
        for n in range(15):
            recorder.record(make.event("voice", CallSid=f"CAback{n}"))
            time.sleep(0.3)
        print(CallEvent.objects.count())
        """,
        f"sqlite:///{migrated}",
    )

    assert int(done.stdout) > 8, done.stderr


@pytest.mark.parametrize("error", ["RuntimeError", "django.db.InterfaceError"])
def test_the_recorder_outlives_an_error_and_stores_the_webhook_after_all(python, migrated, error):
    done = python(
        f"""
        import django.db
        from telephony.records import store
        write = store.write
        def fail_once(events):
            store.write = write
            raise {error}("the connection is closed")
        store.write = fail_once
        CallEvent.objects.all().delete()
        recorder.record(make.event("voice"))
        time.sleep(0.5)
        recorder.record(make.event("voice", CallSid="CAnext"))
        print(recorder.drain(10), CallEvent.objects.count())
        """,
        f"sqlite:///{migrated}",
    )

    assert done.stdout == "True 2\n", done.stderr


def test_drain_says_when_the_database_has_not_taken_everything(python):
    done = python(
        """
        recorder.record(make.event("voice"))
        print(recorder.drain(2))
        """,
        UNREACHABLE,
    )

    assert done.stdout == "False\n", done.stderr


def test_drain_waits_until_all_is_stored(python, migrated):
    done = python(
        """
        CallEvent.objects.all().delete()
        for n in range(300):
            recorder.record(make.event("voice", CallSid=f"CA{n}"))
        print(recorder.drain(30), CallEvent.objects.count())
        """,
        f"sqlite:///{migrated}",
    )

    assert done.stdout == "True 300\n", done.stderr
