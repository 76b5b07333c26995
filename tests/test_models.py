"""What the database itself refuses, what a form refuses and says, and that every change is noticed."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext

from telephony.models import (
    AsteriskServer,
    CallEvent,
    CarrierNetwork,
    DirectoryRevision,
    FallbackNumber,
    PhoneNumber,
    ProbeHour,
    RouteStep,
    SipEndpoint,
)
from telephony.models.routes import refuse_loop, refuse_silence
from telephony.routing.results import Outcome
from telephony.snapshots.directory import load_directory
from tests import make

pytestmark = pytest.mark.django_db

# Constraint -> the table, and values that break it.
BAD_ROWS = {
    "asteriskserver_port_1_65535": (AsteriskServer, {"port": 0}),
    "asteriskserver_secure_needs_tls": (AsteriskServer, {"secure": True, "transport": "tcp"}),
    "sipendpoint_wanted_credentials": (SipEndpoint, {"password": ""}),
    "sipendpoint_cost_0_100": (SipEndpoint, {"cost_per_minute": Decimal(-1)}),
    "phonenumber_is_e164": (PhoneNumber, {"e164": "099999999"}),
    "fallbacknumber_is_e164": (FallbackNumber, {"e164": "+0598"}),
    "fallbacknumber_fixed_caller_id": (FallbackNumber, {"caller_id": "fixed"}),
    "fallbacknumber_time_limit_60_14400": (FallbackNumber, {"time_limit_s": 14401}),
    "fallbacknumber_cost_0_100": (FallbackNumber, {"cost_per_minute": Decimal("100.1")}),
    "routestep_one_destination": (RouteStep, {"fallback_number": None}),
    "routestep_ring_s_5_600": (RouteStep, {"ring_s": 4}),
    "routestep_position_1_999": (RouteStep, {"position": 1000}),
    "carriernetwork_has_prefix": (CarrierNetwork, {"cidr": "54.172.60.0"}),
    "probehour_last_status_200_699": (ProbeHour, {"last_status": 100}),
    "probehour_last_answered_or_not": (ProbeHour, {"last_reason": "no answer"}),
    "probehour_sum_holds_max": (ProbeHour, {"latency_ms_max": 5}),
}
MORE_BAD_ROWS = [
    (AsteriskServer, {"port": 65536}),
    (SipEndpoint, {"username": ""}),
    (SipEndpoint, {"authentication": "address"}),
    (SipEndpoint, {"authentication": "magic"}),
    (SipEndpoint, {"cost_per_minute": Decimal("100.1")}),
    (PhoneNumber, {"e164": "+12025550100x"}),
    (PhoneNumber, {"e164": "+1202"}),
    (FallbackNumber, {"time_limit_s": 59}),
    (RouteStep, {"ring_s": 601}),
    (RouteStep, {"position": 0}),
    (ProbeHour, {"last_status": 700}),
    (ProbeHour, {"last_status": None}),
    (ProbeHour, {"last_latency_ms": None}),
    (ProbeHour, {"answered": -1}),
]


@pytest.fixture
def network() -> CarrierNetwork:
    return CarrierNetwork.objects.get_or_create(
        cidr="198.51.100.0/24",
        defaults={"kind": "sip-signalling", "source": "a test", "published_on": date(2026, 3, 9)},
    )[0]


def spoil(model: type[models.Model], values: dict) -> None:
    """Change a row behind the back of validation."""
    with transaction.atomic():
        model._base_manager.filter(pk=model.objects.last().pk).update(**values)


@pytest.mark.parametrize(("model", "values"), [*BAD_ROWS.values(), *MORE_BAD_ROWS])
def test_the_database_refuses_a_bad_row(model, values, network):
    make.make_story()
    make.make_probe_hour()

    with pytest.raises(IntegrityError):
        spoil(model, values)


def test_a_step_has_one_destination_and_not_two():
    number = make.make_story()

    with pytest.raises(IntegrityError):
        spoil(RouteStep, {"endpoint": SipEndpoint.objects.get(), "fallback_number": number.steps.last().fallback_number})  # fmt: skip


def test_a_number_is_not_fixed_unless_the_policy_says_so():
    number = make.make_story()

    with pytest.raises(IntegrityError):
        spoil(FallbackNumber, {"fixed_caller_id": number})


UNIQUE = {
    "sipendpoint_user_unique": lambda number: make.make_endpoint(username="another"),
    "sipendpoint_wanted_username_unique": lambda number: make.make_endpoint(
        user="another", username="switchhook-myext"
    ),
    "routestep_endpoint_once_a_position": lambda number: make.make_step(
        number, SipEndpoint.objects.get(), position=1
    ),
    "routestep_fallback_once_a_position": lambda number: make.make_step(
        number, FallbackNumber.objects.get(), position=2
    ),
    "callevent_once_a_call": lambda number: [
        CallEvent.objects.create(
            identity="1", kind="voice", call_sid="CA1", received_at=make.START, params={}
        )
        for _ in range(2)
    ],
    "probehour_once_a_server": lambda number: [make.make_probe_hour() for _ in range(2)],
}


@pytest.mark.parametrize("make_twice", UNIQUE.values(), ids=UNIQUE)
def test_the_database_refuses_a_duplicate_of_what_must_be_unique(make_twice):
    number = make.make_story()

    with pytest.raises(IntegrityError), transaction.atomic():
        make_twice(number)


def test_servers_and_numbers_are_unique():
    make.make_story()

    for make_again in (make.make_server, make.make_number, make.make_fallback):
        with pytest.raises(IntegrityError), transaction.atomic():
            make_again()


def test_endpoints_without_username_do_not_collide():
    about = {"username": "", "password": "", "authentication": "address"}

    assert make.make_endpoint(user="a", **about).pk != make.make_endpoint(user="b", **about).pk


def test_every_constraint_has_its_bad_row():
    tables = (AsteriskServer, SipEndpoint, PhoneNumber, FallbackNumber, RouteStep, CarrierNetwork, CallEvent, ProbeHour)  # fmt: skip
    names = {constraint.name for table in tables for constraint in table._meta.constraints}

    assert names == set(BAD_ROWS) | set(UNIQUE)


# Model, field and value -> what the form says.
BAD_VALUES = [
    (AsteriskServer, "name", "my office", "Use 1 to 64 letters, digits, hyphens or underscores, the first a letter or digit."),
    (AsteriskServer, "host", "my_pbx.example.com", "Use a host name (letters, digits, hyphens, dots) or an IPv4 address."),
    (AsteriskServer, "host", "10.0.0.5", "Twilio dials public addresses only; use the public address of your Asterisk."),
    (AsteriskServer, "host", "pbx", "Twilio resolves names in the public DNS only; use the full public name."),
    (AsteriskServer, "host", "x.twilio.com", "Twilio refuses to dial its own hosts; use the address of your Asterisk."),
    (AsteriskServer, "port", 0, "Ensure this value is greater than or equal to 1."),
    (AsteriskServer, "port", 65536, "Ensure this value is less than or equal to 65535."),
    (AsteriskServer, "context", "from twilio", "Use 1 to 64 letters, digits, hyphens or underscores, the first a letter or digit."),
    (SipEndpoint, "user", "my ext", "Use 1 to 64 letters, digits, dots, underscores or plus signs, the first a letter, a digit or a plus sign."),
    (SipEndpoint, "user", "h", "Asterisk keeps the extension 'h' for itself; choose another."),
    (SipEndpoint, "username", "a b", "Use 1 to 64 letters, digits, hyphens or underscores, the first a letter or digit."),
    (SipEndpoint, "password", "short", "Use 12 to 64 printable ASCII characters without blanks."),
    (SipEndpoint, "dialled_number", "0999 99999", "Use 1 to 32 digits, * or #; the first character may be a plus sign."),
    (SipEndpoint, "trunk", "a;b", "Use 1 to 64 letters, digits, hyphens or underscores, the first a letter or digit."),
    (SipEndpoint, "cost_per_minute", Decimal(-1), "Ensure this value is greater than or equal to 0."),
    (SipEndpoint, "cost_per_minute", Decimal(101), "Ensure this value is less than or equal to 100."),
    (PhoneNumber, "e164", "2025550100", "Write the number with + and the country code, such as +12025550100."),
    (PhoneNumber, "e164", "+1202555", "The number is too short for its country. Write it like +1 201-555-0123."),
    (PhoneNumber, "twilio_sid", "PN123", "PN and 32 hexadecimal digits."),
    (PhoneNumber, "twilio_sid", "PN" + "0" * 32 + "\n", "PN and 32 hexadecimal digits."),
    (PhoneNumber, "account_sid", "AC123", "AC and 32 letters or digits."),
    (PhoneNumber, "busy_message", "Busy\x00", "Use plain text without line breaks or emoji."),
    (PhoneNumber, "unavailable_message", "Two\nlines", "Use plain text without line breaks or emoji."),
    (PhoneNumber, "language", "xx-XX", "Value 'xx-XX' is not a valid choice."),
    (FallbackNumber, "e164", "+59899", "The number is too short for its country. Write it like +598 94 231 234."),
    (FallbackNumber, "time_limit_s", 59, "Ensure this value is greater than or equal to 60."),
    (FallbackNumber, "time_limit_s", 14401, "Ensure this value is less than or equal to 14400."),
    (RouteStep, "position", 0, "Ensure this value is greater than or equal to 1."),
    (RouteStep, "ring_s", 4, "Ensure this value is greater than or equal to 5."),
    (RouteStep, "ring_s", 601, "Ensure this value is less than or equal to 600."),
    (CarrierNetwork, "cidr", "54.172.60.1/30", "Write an IPv4 network in CIDR form, such as 54.172.60.0/30."),
    (CarrierNetwork, "cidr", "everywhere", "Write an IPv4 network in CIDR form, such as 54.172.60.0/30."),
]  # fmt: skip


@pytest.mark.parametrize(("model", "field", "value", "message"), BAD_VALUES)
def test_a_form_says_what_is_wrong(model, field, value, message, network):
    make.make_story()
    row = model.objects.last()
    setattr(row, field, value)

    with pytest.raises(ValidationError) as error:
        row.full_clean(validate_constraints=False)

    assert message in error.value.message_dict[field]


# Constraints that speak for themselves.
BROKEN_RULES = [
    (AsteriskServer, {"secure": True}, "Encrypted media needs the transport TLS."),
    (SipEndpoint, {"password": ""}, "Give both a username and a password, or neither if Twilio's addresses are enough."),
    (FallbackNumber, {"caller_id": "fixed"}, "Choose a fixed number if it shows one, and none otherwise."),
    (RouteStep, {"endpoint": None, "fallback_number": None}, "Choose an endpoint or a fallback number, not both."),
]  # fmt: skip


@pytest.mark.parametrize(("model", "values", "message"), BROKEN_RULES)
def test_a_broken_rule_is_explained(model, values, message):
    make.make_story()
    row = model.objects.last()
    for field, value in values.items():
        setattr(row, field, value)

    with pytest.raises(ValidationError) as error:
        row.full_clean()

    assert message in error.value.messages


def test_the_storys_rows_are_valid(network):
    make.make_story()

    for model in (AsteriskServer, SipEndpoint, PhoneNumber, FallbackNumber, RouteStep):
        for row in model.objects.all():
            row.full_clean()
    network.full_clean()


def test_a_number_is_stored_in_e164_however_it_was_typed():
    number = PhoneNumber(e164="+1 (202) 555-0101")
    number.full_clean()

    assert number.e164 == "+12025550101"


def test_an_endpoint_that_dials_our_own_number_is_refused():
    make.make_story()
    endpoint = SipEndpoint.objects.get()
    endpoint.dialled_number = "0012025550100"

    with pytest.raises(ValidationError, match="calls to it would loop"):
        endpoint.clean()


def test_a_number_that_an_endpoint_dials_is_refused():
    make.make_endpoint(dialled_number="0012025550101")

    with pytest.raises(ValidationError, match="its calls would loop"):
        refuse_loop(PhoneNumber(e164="+12025550101"))
    refuse_loop(PhoneNumber(e164="+12025550100"))


def test_a_number_cannot_be_ours_and_a_fallback_at_once():
    make.make_story()

    with pytest.raises(ValidationError, match="also a fallback number: its calls would loop"):
        PhoneNumber(e164=make.MOBILE).clean()
    with pytest.raises(ValidationError, match="one of our own numbers: a call to it would loop"):
        FallbackNumber(e164=make.NUMBER).clean()


def test_the_last_that_rings_is_not_disabled_by_accident():
    number = make.make_story()
    mobile = FallbackNumber.objects.get()
    refuse_silence(mobile)
    number.steps.filter(endpoint__isnull=False).delete()

    with pytest.raises(ValidationError) as error:
        refuse_silence(mobile)

    assert error.value.messages == [
        f"Nobody else would ring for {make.NUMBER}. Give the route another step first."
    ]


def test_what_a_route_rings_cannot_be_deleted():
    make.make_story()

    for row in (AsteriskServer.objects.get(), SipEndpoint.objects.get(), FallbackNumber.objects.get()):  # fmt: skip
        with pytest.raises(ProtectedError):
            row.delete()


# The snapshot.


def test_the_snapshot_holds_the_route_in_order():
    number = make.make_story()
    number.steps.filter(position=1).update(position=9, on_busy=True, on_failed=False)

    directory = load_directory()
    planned = directory.find(make.NUMBER, make.ACCOUNT_SID)

    assert [(step.position, directory.destinations[step.key].uri) for step in planned.steps] == [
        (2, make.MOBILE),
        (9, "sip:myext@pbx.example.com:5060;transport=udp"),
    ]
    assert planned.steps[1].moves_on == {Outcome.BUSY, Outcome.NO_ANSWER}


def test_the_snapshot_holds_all_that_a_dial_needs():
    held = make.START + timedelta(hours=1)
    server = make.make_server(port=5061, transport="tls", secure=True, edge="sao-paulo", held_until=held)  # fmt: skip
    shown = make.make_number(e164="+12025550101")
    fixed = make.make_fallback(caller_id="fixed", fixed_caller_id=shown, time_limit_s=600)
    make.make_number(make.make_endpoint(server=server, label="Ana", enabled=False), fixed)

    directory = load_directory()
    steps = directory.find(make.NUMBER, make.ACCOUNT_SID).steps
    sip, mobile = (directory.destinations[step.key] for step in steps)

    assert sip.uri == "sip:myext@pbx.example.com:5061;transport=tls;secure=true;edge=sao-paulo"
    assert (sip.label, sip.enabled, sip.held_until) == ("Ana", False, held)
    assert (sip.username, sip.password) == ("switchhook-myext", make.PASSWORD)
    assert (sip.rate, mobile.rate) == (Decimal("0.1525"), Decimal("0.38"))
    assert (mobile.caller_id, mobile.time_limit_s) == ("+12025550101", 600)
    assert (sip.dialled_number, mobile.caller_id_account) == ("099999999", make.ACCOUNT_SID)


def test_the_snapshot_knows_destinations_that_no_route_rings_any_more():
    endpoint, mobile = make.make_endpoint(), make.make_fallback(ask_for_key=True, language="es-MX")

    known = load_directory().destinations

    assert set(known) == {f"endpoint:{endpoint.pk}", f"fallback:{mobile.pk}"}
    asking = known[f"fallback:{mobile.pk}"]
    assert (asking.ask_for_key, asking.language) == (True, "es-MX")


def test_a_number_belongs_to_the_main_account_unless_it_names_another():
    make.make_number()
    make.make_number(e164="+12025550101", account_sid="AC" + "f" * 32)

    assert set(load_directory().numbers) == {
        (make.NUMBER, make.ACCOUNT_SID),
        ("+12025550101", "AC" + "f" * 32),
    }


def test_loading_takes_a_fixed_number_of_queries():
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            load_directory()
        return len(captured)

    number = make.make_story()
    few = count()
    for place in range(10):
        server = make.make_server(name=f"s{place}")
        shown = make.make_number(e164=f"+120255502{place:02}")
        mobile = make.make_fallback(e164=f"+120255503{place:02}", caller_id="fixed", fixed_caller_id=shown)  # fmt: skip
        make.make_step(number, make.make_endpoint(server=server), position=place + 3)
        make.make_step(shown, mobile)

    assert count() == few == 6


# Every way to change the configuration.

CHANGES = {
    "create": lambda: make.make_server(name="another"),
    "save": lambda: PhoneNumber.objects.get().save(),
    "save of one field": lambda: SipEndpoint.objects.get().save(update_fields=["enabled"]),
    "delete": lambda: RouteStep.objects.first().delete(),
    "delete with its route": lambda: PhoneNumber.objects.get().delete(),
    "update": lambda: AsteriskServer.objects.update(port=5080),
    "update through a relation": lambda: PhoneNumber.objects.get().steps.update(ring_s=30),
    "queryset delete": lambda: RouteStep.objects.all().delete(),
    "bulk_create": lambda: AsteriskServer.objects.bulk_create([AsteriskServer(name="x", host="x.uy")]),
    "bulk_update": lambda: FallbackNumber.objects.bulk_update(FallbackNumber.objects.all(), ["label"]),
    "get_or_create": lambda: AsteriskServer.objects.get_or_create(name="x", host="x.example.com"),
    "update_or_create": lambda: FallbackNumber.objects.update_or_create(e164=make.MOBILE, defaults={"label": "Ana"}),
    "add through a relation": lambda: PhoneNumber.objects.get().steps.create(position=3, endpoint=SipEndpoint.objects.get()),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_raises_the_revision(change):
    make.make_story()
    before = DirectoryRevision.current()

    change()

    assert DirectoryRevision.current() > before
    assert load_directory().revision == DirectoryRevision.current()


@pytest.mark.parametrize("manager", ["objects", "_default_manager"])
@pytest.mark.parametrize("model", [AsteriskServer, SipEndpoint, PhoneNumber, FallbackNumber, RouteStep])  # fmt: skip
def test_no_manager_goes_behind_the_revisions_back(model, manager):
    make.make_story()
    before = DirectoryRevision.current()

    getattr(model, manager).filter(pk=0).update(id=0)

    assert DirectoryRevision.current() > before


def test_a_change_that_fails_leaves_the_revision():
    make.make_story()
    before = DirectoryRevision.current()

    with pytest.raises(IntegrityError), transaction.atomic():
        make.make_server()

    assert DirectoryRevision.current() == before


def test_calls_do_not_raise_the_revision(twilio_post):
    make.make_story()
    before = DirectoryRevision.current()

    twilio_post("/twilio/voice/")

    assert DirectoryRevision.current() == before


ALONE = "routestep_asking_rings_alone"


def test_nobody_joins_a_number_that_asks_for_a_key() -> None:
    number = make.make_number(make.make_fallback(ask_for_key=True))
    with pytest.raises(IntegrityError, match=ALONE), transaction.atomic():
        make.make_step(number, make.make_endpoint(), position=1)
    make.make_step(number, make.make_endpoint(user="other"), position=2)
    with pytest.raises(IntegrityError, match=ALONE), transaction.atomic():
        RouteStep.objects.filter(position=2).update(position=1)


def test_a_number_that_asks_for_a_key_joins_nobody() -> None:
    number = make.make_number(make.make_endpoint())
    asking = make.make_fallback(ask_for_key=True)
    with pytest.raises(IntegrityError, match=ALONE), transaction.atomic():
        make.make_step(number, asking, position=1)
    make.make_step(make.make_number(e164="+12025550101"), asking, position=1)


def test_a_number_in_company_cannot_begin_to_ask_for_a_key() -> None:
    number = make.make_number(make.make_endpoint())
    fallback = make.make_fallback()
    step = make.make_step(number, fallback, position=1)
    with pytest.raises(IntegrityError, match=ALONE), transaction.atomic():
        FallbackNumber.objects.filter(pk=fallback.pk).update(ask_for_key=True)
    RouteStep.objects.filter(pk=step.pk).update(position=2)
    FallbackNumber.objects.filter(pk=fallback.pk).update(ask_for_key=True)
