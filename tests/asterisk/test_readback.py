"""Whatever the database holds, Asterisk holds the same after an export: Asterisk itself is asked."""

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telephony.asterisk import values
from telephony.asterisk.box.readback import contexts, differences
from telephony.asterisk.box.reload import COMMANDS
from telephony.asterisk.export import render_all
from telephony.asterisk.snapshot import Endpoint, Server
from tests.asterisk import captures
from tests.asterisk.conftest import FORMS, PASSWORDS, booted, office, running
from tests.asterisk.lab import GATEWAY, Asterisk
from tests.asterisk.sipp import Invite, call, gateway
from tests.environment import ACCOUNT_SID
from tests.live.conftest import wait_until

pytestmark = pytest.mark.asterisk


@pytest.fixture(scope="module", params=["pjsip digest", "chan_sip digest"])
def box(request: pytest.FixtureRequest) -> Iterator[Asterisk]:
    with running(request.param) as asterisk:
        yield asterisk


def accepted(text: st.SearchStrategy[str], check: object) -> st.SearchStrategy[str]:
    """What the panel's own check lets through; the check is what is tested."""

    def passes(value: str) -> bool:
        try:
            check(value)
        except ValueError:
            return False
        return True

    return text.filter(passes)


# Passwords made of characters that mean something to Asterisk's parser come up more often.
NASTY = st.text(";-[]()!=>#$%{}&|,'`^~<:@/+.*?_\\\" \n", min_size=12, max_size=64)
NAMES = accepted(st.from_regex(values.NAME, fullmatch=True), values.check_name)
USERS = accepted(st.from_regex(values.EXTENSION, fullmatch=True), values.check_extension)
PASSWORDS_ = accepted(
    st.one_of(st.text(st.characters(codec="ascii"), min_size=12, max_size=64), NASTY),
    values.check_password,
)
NUMBERS = st.from_regex(values.DIALLED_NUMBER, fullmatch=True)


@st.composite
def endpoints(draw: st.DrawFn) -> tuple[Endpoint, ...]:
    users = draw(st.lists(USERS, min_size=1, max_size=6, unique=True))
    # The exporter's own names are refused, and tested elsewhere.
    names = draw(
        st.lists(
            NAMES.filter(lambda name: not name.startswith(("office-", "call", "atapstn"))),
            min_size=len(users),
            max_size=len(users),
            unique=True,
        )
    )
    return tuple(
        Endpoint(user, draw(NUMBERS), "atapstn", name, draw(PASSWORDS_), draw(st.integers(1, 600)))
        for user, name in zip(users, names, strict=True)
    )


def load(box: Asterisk, server: Server) -> list[str]:
    for name, text in render_all(server).items():
        (box.etc / name).write_text(text)
    for command in COMMANDS[server.driver]:
        box.console(command)
    found: list[str] = []

    def is_taken() -> bool:
        found[:] = differences(server, box.console, {})
        return not found

    wait_until(is_taken, seconds=3)
    return found


def form_of(box: Asterisk) -> str:
    return "pjsip digest" if box.version == 22 else "chan_sip digest"


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(made=endpoints())
def test_asterisk_has_what_the_database_has(box: Asterisk, made: tuple[Endpoint, ...]):
    server = office(form_of(box), endpoints=made, context="ft")
    assert load(box, server) == []
    # Nothing was added: the contexts with our prefix are ours, each with one extension.
    loaded = dict(contexts(box.console("dialplan show")))
    ours = {name: set(found) for name, found in loaded.items() if name.startswith("ft-")}
    assert ours == {"ft-call": {"s"}} | {f"ft-{e.username}": {e.user} for e in made}


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
# SIPp takes brackets for its own keywords; the test above shows that Asterisk holds them.
@given(password=PASSWORDS_.filter(lambda password: not {"[", "]"} & set(password)))
def test_every_password_that_is_accepted_lets_twilio_in(box: Asterisk, password: str):
    server = office(form_of(box))
    first, *others = server.endpoints
    assert load(box, replace(server, endpoints=(replace(first, password=password), *others))) == []
    headers = {"X-Twilio-AccountSid": ACCOUNT_SID}
    invite = Invite(username="switchhook-myext", password=password, headers=headers)
    for _ in range(3):
        with gateway(GATEWAY, box.gateway_port):
            answers = call(box.port, invite)
        # Let in, but the gateway, which takes one call, took what was left of the call before.
        if answers != "401>480":
            break
    assert answers == "401>200"


@pytest.mark.parametrize(
    ("spoiled", "field"),
    [
        ({"password": "another-password"}, "switchhook-myext"),
        ({"username": "somebody-else"}, "somebody-else"),
        ({"dialled_number": "0900666"}, "switchhook-myext"),
        ({"user": "other"}, "switchhook-myext"),
    ],
)
def test_the_judge_sees_a_difference(box: Asterisk, spoiled: dict[str, str], field: str):
    server = office(form_of(box))
    assert load(box, server) == []
    first, *others = server.endpoints
    other = replace(server, endpoints=(replace(first, **spoiled), *others))
    assert any(field in reason for reason in differences(other, box.console, {}))


def test_the_judge_sees_another_range(box: Asterisk):
    server = office(form_of(box))
    assert load(box, server) == []
    other = replace(server, signalling=("127.0.9.0/24",))
    assert len(list(differences(other, box.console, {}))) >= len(PASSWORDS)


@pytest.mark.parametrize("form", FORMS)
def test_the_captured_answers_are_those_of_a_real_asterisk(form: str):
    """UPDATE_CAPTURED=1 writes them again; test_captured.py judges by them, without an Asterisk."""
    version, driver, _ = FORMS[form]
    server, answers = captures.small(form), {}
    with booted(version, render_all(server), driver=driver) as box:
        ask = captures.recording(box.console, answers)
        assert list(differences(server, ask, captures.former(form))) == []
        if os.environ.get("UPDATE_CAPTURED") == "1":
            captures.write(form, answers, (box.port, box.gateway_port))
    # A question that is not in the capture: the capture has to be made again.
    assert set(answers) == set(captures.read(form))


def test_two_users_with_each_others_secrets_are_found():
    server = captures.small("chan_sip digest")
    for one, other in ((0, 1), (2, 3)):
        swapped = list(server.endpoints)
        swapped[one] = replace(swapped[one], password=server.endpoints[other].password)
        swapped[other] = replace(swapped[other], password=server.endpoints[one].password)
        files = render_all(replace(server, endpoints=tuple(swapped)))
        with booted(16, files, driver="chan_sip") as box:
            found = sorted(differences(server, box.console, {}))
        names = sorted(server.endpoints[place].username for place in (one, other))
        assert found == [f"user {name}: secret is not as exported" for name in names]
