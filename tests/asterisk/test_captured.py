"""The read-back, judged by what real Asterisks printed: nothing differs, and each fault is found.

captures.py says how the captured answers are made again.
"""

from dataclasses import replace

import pytest

from telephony.asterisk.box.readback import differences
from telephony.asterisk.snapshot import Endpoint
from tests.asterisk import captures
from tests.asterisk.conftest import FORMS, PASSWORDS

PJSIP, SIP = "pjsip digest", "chan_sip digest"
PJSIP_ADDRESS, SIP_ADDRESS = "pjsip address", "chan_sip address"
ANA, MYEXT, KITCHEN = "switchhook-ana", "switchhook-myext", "switchhook-telephone-kitchen"
PANTRY = f"{KITCHEN}ette"
ONE_PEER = "office-twilio-127-0-2-1"

# The form; in which answer; the text that was printed; what is put in its place; what is found.
CHANGED = (
    [
        (form, "dialplan show", *fault)
        for form in FORMS
        for fault in (
            (",2)", ",60)", "not as exported"),
            ("Return(34)", "Return(16)", "context fromtwilio-call: s is not as exported"),
            ("  's' =>            1.", "  's' =>            1. NoOp() [x:1]\n  2.", ": s is not"),
            ("[ Context 'fromtwilio-call'", "[ Context 'x'", "context fromtwilio-call is missing"),
        )
    ]
    + [
        (
            PJSIP,
            "dialplan show",
            f"'fromtwilio-{ANA}'",
            "'x'",
            f"context fromtwilio-{ANA} is missing",
        ),
        (
            PJSIP,
            f"pjsip show endpoint {ANA}",
            f": fromtwilio-{ANA}",
            f": fromtwilio-{MYEXT}",
            f"endpoint {ANA}: context is not as exported",
        ),
        (
            PJSIP,
            f"pjsip show endpoint {ANA}",
            f" auth                               : {ANA}",
            f" auth                               : {MYEXT}",
            f"endpoint {ANA}: auth is not as exported",
        ),
        (
            PJSIP,
            f"pjsip show endpoint {ANA}",
            ": auth_username",
            ": username,ip",
            f"endpoint {ANA}: identify_by is not as exported",
        ),
        (
            PJSIP,
            f"pjsip show auth {ANA}",
            PASSWORDS["ana"],
            PASSWORDS["ana"] + "x",
            f"auth {ANA}: password is not as exported",
        ),
        (
            PJSIP_ADDRESS,
            "pjsip show endpoint office-twilio",
            " auth                               : ",
            " auth                               : x",
            "endpoint office-twilio: auth is not as exported",
        ),
        (
            PJSIP_ADDRESS,
            "pjsip show identify office-twilio",
            ": 127.0.2.0/255.255.255.252",
            ": 127.0.2.0/255.255.255.0",
            "identify office-twilio: match is not as exported",
        ),
        (
            SIP,
            f"sip show user {ANA}",
            f": fromtwilio-{ANA}",
            ": x",
            f"user {ANA} is not as exported",
        ),
        (
            SIP,
            "sip show users",
            ">another--One;-",
            "another--One;--",
            f"user {ANA}: secret is not as",
        ),
        (SIP, "sip show users", f"{ANA}  ", "somebody-else   ", f"user {ANA}: secret is not as"),
        (
            SIP,
            f"sip show users like ^{PANTRY}$",
            "In;the-pantry--",
            "In-the-kitchen-",
            f"user {PANTRY}: secret is not as exported",
        ),
        (
            SIP_ADDRESS,
            f"sip show peer {ONE_PEER}",
            ": fromtwilio",
            ": x",
            f"peer {ONE_PEER} is not as",
        ),
        (
            SIP,
            "sip show settings",
            "Match Auth Username:    Yes",
            "Match Auth Username:    No",
            "[general] match_auth_username is not yes",
        ),
    ]
    + [
        (form, "sip show settings", *fault)
        for form in (SIP, SIP_ADDRESS)
        for fault in (
            (
                "Allow unknown access:   No",
                "Allow unknown access:   Yes",
                "[general] allowguest is not no",
            ),
            (
                "Always auth rejects:    Yes",
                "Always auth rejects:    No",
                "[general] alwaysauthreject is not yes",
            ),
        )
    ]
)

# The form; the question; another one, whose answer is given to it; what is found.
ANSWERED_AS = [
    (PJSIP, f"pjsip show endpoint {ANA}", "pjsip show endpoint switchhook-eva", "is missing"),
    (PJSIP, f"pjsip show auth {ANA}", "pjsip show endpoint switchhook-eva", "is missing"),
    (PJSIP, "pjsip show endpoint switchhook-eva", f"pjsip show endpoint {ANA}", "is still there"),
    (PJSIP_ADDRESS, "pjsip show endpoint office-twilio", "pjsip show endpoint shop-twilio", "is missing"),
    (PJSIP_ADDRESS, "pjsip show identify office-twilio", "pjsip show endpoint shop-twilio", "is missing"),
    (PJSIP_ADDRESS, "pjsip show endpoint shop-twilio", "pjsip show endpoint office-twilio", "is still there"),
    (SIP, f"sip show user {ANA}", "sip show user switchhook-eva", "is missing"),
    (SIP, "sip show user switchhook-eva", f"sip show user {ANA}", "is still there"),
    (SIP_ADDRESS, f"sip show peer {ONE_PEER}", "sip show peer office-twilio-127-0-2-7", "is missing"),
    (SIP_ADDRESS, "sip show peer office-twilio-127-0-2-7", f"sip show peer {ONE_PEER}", "is still there"),
]  # fmt: skip


def found(form: str, answers: dict[str, str]) -> list[str]:
    server = captures.small(form)
    return list(differences(server, answers.__getitem__, captures.former(form)))


def replaced(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


@pytest.mark.parametrize("form", FORMS)
def test_nothing_differs_in_what_asterisk_printed(form: str):
    assert found(form, captures.read(form)) == []


@pytest.mark.parametrize(("form", "command", "old", "new", "reason"), CHANGED)
def test_a_change_is_found(form: str, command: str, old: str, new: str, reason: str):
    answers = captures.read(form)
    answers[command] = replaced(answers[command], old, new)
    assert any(reason in line for line in found(form, answers))


@pytest.mark.parametrize("form", FORMS)
def test_an_older_version_of_the_shared_lines_is_found(form: str):
    answers = captures.read(form)
    name = {PJSIP: ANA, SIP: ANA, PJSIP_ADDRESS: "office-twilio", SIP_ADDRESS: ONE_PEER}[form]
    (command,) = [
        command
        for command in answers
        if command.endswith(f" {name}") and "SWITCHHOOK" in answers[command]
    ]
    old = "SWITCHHOOK = " if "chan_sip" in form else "SWITCHHOOK                         : "
    answers[command] = replaced(answers[command], old, f"{old}0")
    (reason,) = found(form, answers)
    assert name in reason
    assert "not as exported" in reason


@pytest.mark.parametrize(("form", "command", "other", "reason"), ANSWERED_AS)
def test_what_is_missing_or_left_over_is_found(form: str, command: str, other: str, reason: str):
    answers = captures.read(form)
    answers[command] = answers[other]
    kind, name = command.split()[-2:]
    assert found(form, answers) == [f"{kind} {name} {reason}"]


@pytest.mark.parametrize(
    ("form", "commands", "one", "other"),
    [
        (SIP, ["sip show users"], ">another--One;-", "Twilio-knows;it"),
        (
            SIP,
            [f"sip show users like ^{name}$" for name in (KITCHEN, PANTRY)],
            "In-the-kitchen-",
            "In;the-pantry--",
        ),
        (PJSIP, [f"pjsip show auth {name}" for name in (ANA, MYEXT)], *PASSWORDS.values()),
    ],
)
def test_each_others_passwords_are_found(form: str, commands: list[str], one: str, other: str):
    answers = captures.read(form)
    for command in commands:
        answers[command] = (
            answers[command].replace(one, "\0").replace(other, one).replace("\0", other)
        )
    reasons = found(form, answers)
    assert len(reasons) == 2
    assert all("is not as exported" in reason for reason in reasons)


@pytest.mark.parametrize("form", FORMS)
def test_a_former_context_is_found(form: str):
    answers = captures.read(form)
    left_over = "fromtwilio-switchhook-eva" if form.endswith("digest") else "fromshop"
    answers["dialplan show"] += f"[ Context '{left_over}' created by 'pbx_config' ]\n"
    assert found(form, answers) == [f"context {left_over} is still there"]


@pytest.mark.parametrize("form", FORMS)
def test_another_extension_in_a_context_of_ours_is_found(form: str):
    answers = captures.read(form)
    head = "[ Context 'fromtwilio-call' created by 'pbx_config' ]\n"
    more = "  '_X.' =>          1. Dial(PJSIP/${EXTEN}@atapstn)     [extensions.conf:9]\n"
    answers["dialplan show"] = replaced(answers["dialplan show"], head, head + more)
    assert found(form, answers) == ["context fromtwilio-call: _X. is not as exported"]


def test_an_endpoint_that_is_named_like_the_heading_has_one_row():
    answers = captures.read(SIP)
    heading = answers["sip show users"].splitlines()[0]
    named = Endpoint("u", "097", "atapstn", "Username", "Secret-of-this-one")
    server = replace(captures.small(SIP), endpoints=(named,))
    assert heading.split()[:2] == ["Username", "Secret"]
    answers["sip show users"] = f"{heading}\n{'Username':25}  Secret-of-this-  {'':15}  x\n"
    answers["sip show user Username"] = replaced(answers[f"sip show user {ANA}"], ANA, "Username")
    reasons = list(differences(server, answers.__getitem__, {}))
    assert [reason for reason in reasons if "context" not in reason] == []
