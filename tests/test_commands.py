"""The management commands that need no running panel."""

from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

from telephony.models import CallEvent, CallLeg, CallRecord, PhoneNumber, RouteStep

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
        "Office landline",
        "Mobile through Twilio (+59899999999)",
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
    assert (one.answered_by, other.answered_by) == ("Office landline", "nobody")


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
