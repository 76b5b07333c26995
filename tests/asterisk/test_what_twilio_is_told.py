"""How a call ends at the gateway, what Twilio is told about it, and what the panel then does."""

from collections.abc import Iterator
from contextlib import ExitStack
from time import monotonic

import pytest

from telephony.routing.results import DialResult, classify
from tests.asterisk.conftest import ENDPOINTS, PASSWORDS, office, running
from tests.asterisk.lab import GATEWAY, Asterisk
from tests.asterisk.sipp import Invite, call, gateway
from tests.environment import ACCOUNT_SID
from tests.live.conftest import wait_until

pytestmark = pytest.mark.asterisk

# What the gateway does; SIP codes to Twilio by driver; what the panel makes of them.
TABLE = """
gateway                                 | pjsip digest | chan_sip digest | panel
answers                                 | 200          | 200             | answered
486                                     | 486          | 486             | busy
600                                     | 486          | 486             | busy
603                                     | 603          | 603             | declined
607                                     | 603          | 603             | declined
608                                     | 603          | 603             | declined
401 Unauthorized                        | 503          | 503             | failed
407 Proxy Authentication Required       | 503          | 503             | failed
403                                     | 503          | 503             | failed
403 603) , " = "" / "1" = "1            | 503          | 503             | failed
404                                     | 404          | 404             | failed
408                                     | 408          | 408             | no-answer
409                                     | 503          | 503             | failed
410                                     | 410          | 410             | failed
480                                     | 480          | 480             | no-answer
484                                     | 484          | 484             | failed
488                                     | 488          | 488             | failed
500                                     | 500          | 500             | failed
503                                     | 503          | 503             | failed
504                                     | 503          | 503             | failed
rings                                   | 480          | 480             | no-answer
is silent                               | 480          | 480             | no-answer
is unknown                              | 503          | 503             | failed
"""
HEAD, *ROWS = ([cell.strip() for cell in line.split("|")] for line in TABLE.strip().splitlines())
EXPECTED = {row[0]: dict(zip(HEAD[1:], row[1:], strict=True)) for row in ROWS}
SIP_STATUSES = {
    # Twilio's DialCallStatus by SIP code, as observed; whatever else is failed.
    200: "completed",
    486: "busy",
    600: "busy",
    603: "busy",
    480: "no-answer",
    408: "no-answer",
}


@pytest.fixture(scope="module", params=HEAD[1:3])
def form(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def box(form: str) -> Iterator[Asterisk]:
    lost = type(ENDPOINTS[0])(
        "lost", "099", "no-such-trunk", "switchhook-lost", PASSWORDS["myext"], dial_s=2
    )
    assert office().endpoints == ENDPOINTS
    with running(form, endpoints=(*ENDPOINTS, lost)) as asterisk:
        yield asterisk


def told(box: Asterisk, behaviour: str) -> str:
    user = "lost" if behaviour == "is unknown" else "myext"
    invite = Invite(
        user,
        username=f"switchhook-{user}",
        password=PASSWORDS["myext"],
        headers={"X-Twilio-AccountSid": ACCOUNT_SID},
    )
    with ExitStack() as stack:
        if not behaviour.startswith("is "):
            # More than one call: Asterisk may still repeat an INVITE that nobody has answered.
            stack.enter_context(gateway(GATEWAY, box.gateway_port, behaviour, calls=9))
        return call(box.port, invite).removeprefix("401>")


@pytest.mark.parametrize("behaviour", EXPECTED)
def test_twilio_is_told(form: str, box: Asterisk, behaviour: str):
    assert told(box, behaviour) == EXPECTED[behaviour][form]


@pytest.mark.parametrize("behaviour", EXPECTED)
def test_the_panel_understands(form: str, behaviour: str):
    code = int(EXPECTED[behaviour][form])
    status = SIP_STATUSES.get(code, "failed")
    result = DialResult(dial_status=status, sip_code=code)
    assert classify(result).value == EXPECTED[behaviour]["panel"]


def test_the_trunks_words_are_logged_and_never_evaluated(box: Asterisk):
    assert told(box, "403 ${SHELL(touch /tmp/owned)}$[1+1]") == "503"
    assert not (box.folder.parent.parent / "tmp" / "owned").exists()
    said = "Switchhook myext: the trunk cannot be used: 'SIP403SHELLtouchtmpowned11', cause 21"
    assert wait_until(lambda: said in box.log())


def test_a_call_is_not_answered_before_a_human_does(box: Asterisk):
    began = monotonic()
    assert told(box, "rings") == "480"
    assert 1.5 < monotonic() - began < 10
    assert "Answer" not in box.console("dialplan show fromtwilio-call")
