"""What somebody once tried on chan_sip, tried again; docs/asterisk.md tells the story."""

import pytest

from tests.asterisk.conftest import PASSWORDS, booted
from tests.asterisk.sipp import Invite, call

pytestmark = pytest.mark.asterisk

TWILIO, TWILIO_TOO, STRANGER = "127.0.2.1", "127.0.2.2", "127.0.3.1"
SECRET = PASSWORDS["myext"]
DIALPLAN = "[fromtwilio]\nexten => myext,1,Answer()\n same => n,Wait(1)\n"
GUESTS = "[general](+)\nallowguest = no\n"
USER = f"""\
[myusername]
context = fromtwilio
type = user
secret = {SECRET.replace(";", chr(92) + ";")}
deny = 0.0.0.0/0.0.0.0
permit = {TWILIO}
"""
PEER = USER.replace("type = user", f"type = peer\nhost = {TWILIO}").replace(
    USER[USER.index("secret") : USER.index("deny")], ""
)
TEMPLATE = f"""\
[twiliocaller](!)
context = fromtwilio
type = peer
qualify = no
insecure = port
allowguest = yes
[twilioip-1](twiliocaller)
host = {TWILIO}
[twilioip-2](twiliocaller)
host = {TWILIO_TOO}
"""
WITH_SECRET = TEMPLATE.replace("qualify", f"secret = {SECRET.replace(';', chr(92) + ';')}\nqualify")

# His sip.conf; Twilio with his password, from another address, a stranger to an extension of
# the [general] context.
TRIED = {
    "type=user with secret and permit": (USER, "404", "404", "200"),
    "type=peer with one host": (PEER + "insecure = port\n", "200", "404", "200"),
    "a template, a peer for each address": (TEMPLATE, "200", "200", "200"),
    "the same with a secret, no guests": (GUESTS + WITH_SECRET, "401>403", "401>403", "401"),
    "the same without a secret, no guests": (GUESTS + TEMPLATE, "200", "200", "401"),
    "his first, no guests": (GUESTS + USER, "401>403", "401>403", "401"),
    "his first, by the digest username": (
        f"{GUESTS}match_auth_username = yes\n{USER}",
        "401>200",
        "401>403",
        "401",
    ),
}


@pytest.mark.parametrize("tried", TRIED)
def test_what_he_tried_does_what_the_story_says(tried: str):
    sip_conf, *expected = TRIED[tried]
    files = {"sip_switchhook.conf": sip_conf, "extensions_switchhook.conf": DIALPLAN}
    credentials = {"username": "myusername", "password": SECRET}
    with booted(16, files, driver="chan_sip") as box:
        told = [
            call(box.port, Invite(sender=TWILIO, **credentials)),
            call(box.port, Invite(sender=TWILIO_TOO, **credentials)),
            call(box.port, Invite("100", sender=STRANGER)),
        ]
    assert told == expected
