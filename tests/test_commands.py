"""The management commands that need no running panel."""

import subprocess
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

from telephony.models import (
    AsteriskServer,
    CallEvent,
    CallLeg,
    CallRecord,
    FallbackNumber,
    PhoneNumber,
    RouteStep,
    SipEndpoint,
)
from telephony.models.demo import is_demo_there
from tests import make
from tests.floors import ROOT

# The demo goes through the journal and the thread that stores it.
pytestmark = pytest.mark.django_db(transaction=True)


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def snapshot() -> list[list[dict[str, object]]]:
    legs = CallLeg.objects.defer("pk").values(
        *[f.name for f in CallLeg._meta.fields if f.name != "id"]
    )
    return [list(CallRecord.objects.order_by("pk").values()), list(legs)]


def test_the_demo_tells_the_documented_story():
    run("load_demo")
    steps = RouteStep.objects.filter(number__e164="+12025550100")
    assert [str(step.destination) for step in steps] == [
        "Office landline (demo)",
        "Mobile through Twilio (demo) (+59899999999)",
    ]
    endpoint = steps[0].endpoint
    assert (endpoint.user, endpoint.server.host) == ("myext", "pbx.example.com")
    assert (endpoint.dialled_number, endpoint.trunk) == ("099999999", "atapstn")


def test_the_demo_has_calls_of_every_outcome_that_ends():
    run("load_demo")
    outcomes = set(CallRecord.objects.values_list("outcome", flat=True))
    assert outcomes == {
        "answered",
        "failed-over",
        "unanswered",
        "busy",
        "caller-gone",
        "rejected",
    }


def test_loading_the_demo_again_changes_nothing():
    run("load_demo")
    before = snapshot(), CallEvent.objects.count()
    assert "0 calls played" in run("load_demo")
    assert (snapshot(), CallEvent.objects.count()) == before


def test_the_demo_leaves_a_route_that_somebody_has_changed():
    run("load_demo")
    RouteStep.objects.filter(position=2).delete()
    run("load_demo")
    assert RouteStep.objects.count() == 1


def test_rebuilding_makes_the_same_records_again():
    run("load_demo")
    before = snapshot()
    CallLeg.objects.all().delete()
    CallRecord.objects.update(outcome="busy", cost=None)
    assert "14 call records made again" in run("rebuild_calls")
    assert snapshot() == before


def test_rebuilding_one_call_leaves_the_others():
    run("load_demo")
    one, other = CallRecord.objects.all()[:2]
    CallRecord.objects.update(answered_by="nobody")
    run("rebuild_calls", one.pk)
    one.refresh_from_db(), other.refresh_from_db()
    assert (one.answered_by, other.answered_by) == ("Office landline (demo)", "nobody")


def test_rebuilding_an_unknown_call_says_so():
    with pytest.raises(CommandError, match="No webhook was received for CA404"):
        run("rebuild_calls", "CA404")


def test_the_first_run_prints_a_password_that_works_once():
    said = run("first_run")
    password = said.split("password ")[1].split()[0]
    assert get_user_model().objects.get(username="admin").check_password(password)
    assert run("first_run") == ""


def test_the_first_run_leaves_a_database_that_is_in_use_alone():
    PhoneNumber.objects.create(e164="+12025550155", enabled=False)
    run("first_run")
    assert list(PhoneNumber.objects.values_list("e164", flat=True)) == ["+12025550155"]


def test_the_first_run_can_leave_an_empty_panel():
    assert "password" in run("first_run", "--no-demo")
    assert not PhoneNumber.objects.exists()
    # The next start, with or without the word, changes nothing.
    assert run("first_run") == ""
    assert not PhoneNumber.objects.exists()


@pytest.mark.parametrize(("words", "is_left_out"), [((), False), (("DEMO=no",), True)])
def test_make_run_can_leave_the_demo_out(words: tuple[str, ...], is_left_out: bool):
    command = ["make", "--dry-run", "run", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert ("first_run --no-demo" in done.stdout) is is_left_out


CONFIGURED = (PhoneNumber, SipEndpoint, FallbackNumber, AsteriskServer)


def test_the_demo_can_be_removed_wholly():
    run("load_demo")
    assert is_demo_there()
    assert "The demo is removed, with 14 calls." in run("load_demo", "--remove")
    assert not any(model.objects.exists() for model in (*CONFIGURED, CallRecord, CallEvent))
    assert not is_demo_there()


def test_removing_the_demo_leaves_what_is_not_the_demos():
    run("load_demo")
    demo = SipEndpoint.objects.get()
    # Its label says so no longer: somebody has made it theirs.
    PhoneNumber.objects.update(label="Ours")
    mine = make.make_number(demo, e164="+12025550155")
    CallRecord.objects.create(call_sid="CAreal", called=mine.e164, started_at=make.START)
    said = run("load_demo", "--remove")
    assert "In use, so they stay: Office landline, Mobile through Twilio (+59899999999)." in said
    assert [model.objects.count() for model in CONFIGURED] == [2, 1, 1, 1]
    assert set(CallRecord.objects.values_list("pk", flat=True)) == {"CAreal"}
    assert not is_demo_there()


def test_removing_the_demo_removes_what_was_rehearsed_with_its_number_and_no_real_call():
    run("load_demo")
    for sid, is_simulated in (("CAreal", False), ("CArehearsed", True)):
        CallRecord.objects.create(
            call_sid=sid, called=make.NUMBER, started_at=make.START, is_simulated=is_simulated
        )
    assert "with 15 calls" in run("load_demo", "--remove")
    assert list(CallRecord.objects.values_list("pk", flat=True)) == ["CAreal"]


def test_a_demo_number_that_others_show_stays():
    run("load_demo")
    shown = PhoneNumber.objects.get()
    make.make_fallback(e164="+59891111111", caller_id="fixed", fixed_caller_id=shown)
    assert "they stay: +12025550100" in run("load_demo", "--remove")
    assert PhoneNumber.objects.get().label == "Office, United States"


def test_the_demos_calls_are_answered_where_no_account_is_set_up(settings):
    settings.TWILIO_ACCOUNT_SID = ""
    settings.TWILIO_TOKENS = {}
    call_command("load_demo", stdout=StringIO())

    outcomes = set(CallRecord.objects.filter(called=make.NUMBER).values_list("outcome", flat=True))
    assert {"answered", "failed-over", "busy"} <= outcomes
    assert "rejected" not in outcomes
