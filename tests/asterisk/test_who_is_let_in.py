"""Real INVITEs to a real Asterisk: from Twilio, from its other customers and from strangers."""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.asterisk.conftest import PASSWORDS, RANGES, running
from tests.asterisk.lab import GATEWAY, Asterisk
from tests.asterisk.sipp import Invite, call, gateway
from tests.environment import ACCOUNT_SID
from tests.live.conftest import wait_until

pytestmark = pytest.mark.asterisk

TWILIO, NEXT_DOOR, STRANGER = "127.0.2.1", "127.0.2.32", "127.0.3.1"
OURS = {"X-Twilio-AccountSid": ACCOUNT_SID, "X-Twilio-CallSid": "CA0123456789"}
THEIRS = {**OURS, "X-Twilio-AccountSid": "AC" + "f" * 32}
RIGHT = {"username": "switchhook-myext", "password": PASSWORDS["myext"]}
ANA = {"username": "switchhook-ana", "password": PASSWORDS["ana"]}
WRONG = {"username": "switchhook-myext", "password": "a-wrong-password"}
NOBODY = {"username": "switchhook-nobody", "password": PASSWORDS["myext"]}
NAMED = '"x" <sip:switchhook-myext@127.0.0.1>'
TRUNK = '"x" <sip:atapstn@127.0.0.1>'


def invite(sender: str = TWILIO, headers: dict[str, str] = OURS, **fields: str) -> Invite:
    return Invite(sender=sender, headers=headers, **fields)


def account(header: str) -> Invite:
    return invite(headers={**OURS, "X-Twilio-AccountSid": header}, **RIGHT)


CALLERS = {
    "Twilio, right password": invite(**RIGHT),
    "Twilio, no password": invite(),
    "Twilio, wrong password": invite(**WRONG),
    "Twilio, unknown username": invite(**NOBODY),
    "Twilio, no password, From names the endpoint": invite(caller=NAMED),
    "Twilio, the endpoint's password for ana": invite(extension="ana", **RIGHT),
    "Twilio, ana's password for ana": invite(extension="ana", **ANA),
    "Twilio, unknown extension": invite(extension="nobody", **RIGHT),
    "Twilio, the shared dialplan": invite(extension="s", **RIGHT),
    "Twilio, an extension of the box": invite(extension="100", **RIGHT),
    "Twilio, a number of the trunk": invite(extension="099999999", **RIGHT),
    "another customer, no password": invite(headers=THEIRS),
    "another customer, right password": invite(headers=THEIRS, **RIGHT),
    "no account header": invite(headers={}, **RIGHT),
    'account header " = "" | "1" = "1': account('" = "" | "1" = "1'),
    'account header " | "1': account('" | "1'),
    'account header x" != "AC" | "': account('x" != "AC" | "'),
    "account header ${SHELL()}": account("${SHELL(touch /tmp/owned)}"),
    "account header $[1]": account("$[1]"),
    "next door, right password": invite(NEXT_DOOR, **RIGHT),
    "stranger, right password": invite(STRANGER, **RIGHT),
    "stranger, no password": invite(STRANGER),
    "stranger, From names the endpoint": invite(STRANGER, caller=NAMED),
    "stranger, From names the trunk": invite(STRANGER, caller=TRUNK),
    "stranger, an extension of the box": invite(STRANGER, extension="100"),
}

# First reply > reply to the password. chan_sip says 403 where PJSIP says 401 again.
TABLE = """
caller                                       | pjsip digest | pjsip address | chan_sip digest | chan_sip address
Twilio, right password                       | 401>200      | 200           | 401>200         | 200
Twilio, no password                          | 401          | 200           | 401             | 200
Twilio, wrong password                       | 401>401      | 200           | 401>403         | 200
Twilio, unknown username                     | 401>401      | 200           | 401>403         | 200
Twilio, no password, From names the endpoint | 401          | 200           | 401             | 200
Twilio, the endpoint's password for ana      | 401>404      | 200           | 401>404         | 200
Twilio, ana's password for ana               | 401>200      | 200           | 401>200         | 200
Twilio, unknown extension                    | 401>404      | 404           | 401>404         | 404
Twilio, the shared dialplan                  | 401>404      | 404           | 401>404         | 404
Twilio, an extension of the box              | 401>404      | 404           | 401>404         | 404
Twilio, a number of the trunk                | 401>404      | 404           | 401>404         | 404
another customer, no password                | 401          | 403           | 401             | 403
another customer, right password             | 401>403      | 403           | 401>403         | 403
no account header                            | 401>403      | 403           | 401>403         | 403
account header " = "" \\| "1" = "1           | 401>403      | 403           | 401>403         | 403
account header " \\| "1                      | 401>403      | 403           | 401>403         | 403
account header x" != "AC" \\| "              | 401>403      | 403           | 401>403         | 403
account header ${SHELL()}                    | 401>403      | 403           | 401>403         | 403
account header $[1]                          | 401>403      | 403           | 401>403         | 403
next door, right password                    | 401>401      | 401>401       | 401>403         | 401>403
stranger, right password                     | 401>401      | 401>401       | 401>403         | 401>403
stranger, no password                        | 401          | 401           | 401             | 401
stranger, From names the endpoint            | 401          | 401           | 403             | 401
stranger, From names the trunk               | 401          | 401           | 401             | 401
stranger, an extension of the box            | 401          | 401           | 401             | 401
"""


HEAD, *ROWS = (
    [cell.strip().replace("\0", "|") for cell in line.replace("\\|", "\0").split("|")]
    for line in TABLE.strip().splitlines()
)
EXPECTED = {row[0]: dict(zip(HEAD[1:], row[1:], strict=True)) for row in ROWS}


@pytest.fixture(scope="module", params=HEAD[1:])
def form(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def box(form: str) -> Iterator[Asterisk]:
    with running(form) as asterisk:
        yield asterisk


def call_all(box: Asterisk, invites: Mapping[str, Invite]) -> dict[str, str]:
    """Make the calls, four at a time, to a gateway that answers."""
    with (
        gateway(GATEWAY, box.gateway_port, calls=len(invites) + 1),
        ThreadPoolExecutor(4) as pool,
    ):
        codes = pool.map(lambda invite: call(box.port, invite), invites.values())
        return dict(zip(invites, codes, strict=True))


@pytest.fixture(scope="module")
def told(box: Asterisk) -> dict[str, str]:
    return call_all(box, CALLERS)


@pytest.mark.parametrize("caller", EXPECTED)
def test_each_caller_is_told(form: str, told: dict[str, str], caller: str):
    assert told[caller] == EXPECTED[caller][form]


def test_every_range_is_let_in_from_its_first_address_to_its_last(form: str, box: Asterisk):
    networks = [ipaddress.IPv4Network(network) for network in RANGES]
    senders = [str(network[place]) for network in networks for place in (0, -1)]
    told = call_all(box, {sender: invite(sender, **RIGHT) for sender in senders})
    assert told == dict.fromkeys(senders, EXPECTED["Twilio, right password"][form])


def test_headers_are_neither_evaluated_nor_dialled(form: str, box: Asterisk):
    evil = "${SHELL(touch /tmp/owned)}$[1+1]&PJSIP/0900666@atapstn"
    hostile = invite(
        headers={**OURS, "X-Twilio-CallSid": f"CA1{evil}"},
        caller=f'"{evil}" <sip:$1&PJSIP/0900666@127.0.2.1>',
        **RIGHT,
    )
    with gateway(GATEWAY, box.gateway_port) as reached:
        assert call(box.port, hostile) == EXPECTED["Twilio, right password"][form]
        reached.wait()
        assert re.findall(r"^INVITE sip:(\w+)@", reached.text(), re.MULTILINE) == ["099999999"]
    assert not (box.folder.parent.parent / "tmp" / "owned").exists()
    sid = "CA1SHELLtouchtmpowned11PJSIP0900666atapstn"
    assert wait_until(lambda: any(line.endswith(f'"{sid}"') for line in box.cdr()))


LOGGED = (
    "Failed to authenticate",
    "rejected because extension not found in context",
    f"Switchhook refused myext from {TWILIO}",
    f"account '{THEIRS['X-Twilio-AccountSid']}' is not ours",
)


@pytest.mark.parametrize("line", LOGGED)
def test_the_log_says_what_the_documentation_explains(
    box: Asterisk, told: dict[str, str], line: str
):
    assert line in box.log()


def test_a_call_of_another_account_is_let_in_and_logged_where_the_server_says_so(form: str):
    with running(form, account_check="log") as asterisk:
        told = call_all(asterisk, {"theirs": invite(headers=THEIRS, **RIGHT)})
        assert told["theirs"] == EXPECTED["Twilio, right password"][form]
        assert f"Switchhook let in myext from {TWILIO}" in asterisk.log()


def test_a_server_that_asks_for_tls_takes_nothing_else():
    with running("pjsip digest", transport="tls") as asterisk:
        told = call_all(asterisk, {"over UDP": invite(**RIGHT)})
        assert told == {"over UDP": "401>403"}
        assert f"Switchhook refused myext from {TWILIO}" in asterisk.log()
        assert "not over TLS" in asterisk.log()


def test_a_server_that_asks_for_encrypted_media_takes_no_other():
    with running("pjsip digest", transport="tls", secure=True) as asterisk:
        assert call_all(asterisk, {"plain RTP": invite(**RIGHT)}) == {"plain RTP": "401>488"}
