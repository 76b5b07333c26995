"""What a number can ring, and what makes a destination impossible to write into TwiML."""

import ipaddress
import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from telephony.routing.numbers import E164

# The longest call that Twilio allows without the 24-hour option, in seconds.
TWILIO_TIME_LIMIT_S = 14400
# "The SIP URI must be under 255 characters" (Twilio, <Sip>).
SIP_URI_CHARACTERS = 254

HOST_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
USER = re.compile(r"[A-Za-z0-9+_.-]{1,64}")
# Whole printable ASCII: what XML and digest both take unchanged.
CREDENTIAL = re.compile(r"[\x21-\x7e]{1,128}")
TRANSPORTS = frozenset({"udp", "tcp", "tls"})
EDGE = re.compile(r"[a-z0-9-]{0,32}")


@dataclass(frozen=True, slots=True)
class SipDestination:
    """An endpoint on one of our Asterisk servers; rates in CURRENCY a minute."""

    key: str
    label: str
    user: str
    host: str
    port: int = 5060
    transport: str = "udp"
    secure: bool = False
    edge: str = ""
    username: str = ""
    password: str = ""
    rate: Decimal = Decimal(0)
    enabled: bool = True
    held_until: datetime | None = None

    @property
    def uri(self) -> str:
        options = f";transport={self.transport}"
        options += ";secure=true" if self.secure else ""
        options += f";edge={self.edge}" if self.edge else ""
        return f"sip:{self.user}@{self.host}:{self.port}{options}"

    def __repr__(self) -> str:
        return f"<SipDestination {self.key} {self.uri}>"


@dataclass(frozen=True, slots=True)
class NumberDestination:
    """A fallback number, reached through the telephone network.

    `caller_id` is one of `caller`, `called` or an E.164 number of ours.
    """

    key: str
    label: str
    e164: str
    caller_id: str = "called"
    time_limit_s: int = TWILIO_TIME_LIMIT_S
    rate: Decimal = Decimal(0)
    enabled: bool = True

    @property
    def uri(self) -> str:
        return self.e164


Destination = SipDestination | NumberDestination


def host_problem(host: str) -> str | None:
    """Why a host cannot stand in a SIP URI that Twilio dials, or None. Twilio takes no underscore."""
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        labels = host.split(".")
        if len(host) <= 253 and all(HOST_LABEL.fullmatch(label) for label in labels):
            if labels[-1].isdigit():
                return "This is no IPv4 address and no host name."
            return None
        return "Use a host name (letters, digits, hyphens, dots) or an IPv4 address."
    return None


def unreachable_host(host: str) -> str | None:
    """Why Twilio could never connect to a well-formed host, or None (Twilio errors 13254, 13255)."""
    lowered = host.lower()
    if lowered == "twilio.com" or lowered.endswith(".twilio.com"):
        return "Twilio refuses to dial its own hosts; use the address of your Asterisk."
    try:
        address = ipaddress.IPv4Address(host)
    except ValueError:
        if "." not in host or lowered.endswith((".local", ".internal", ".localhost", ".lan")):
            return "Twilio resolves names in the public DNS only; use the full public name."
        return None
    if not address.is_global:
        return "Twilio dials public addresses only; use the public address of your Asterisk."
    return None


@lru_cache(maxsize=4096)
def problem(destination: Destination) -> str | None:
    """Why a destination cannot be written into TwiML safely, or None."""
    if isinstance(destination, NumberDestination):
        return None if E164.fullmatch(destination.e164) else "its number is not E.164"
    if not USER.fullmatch(destination.user):
        return "the user part of its SIP URI has characters that may not stand there"
    if host_problem(destination.host):
        return "its server's host is neither a host name nor an IPv4 address"
    if not 0 < destination.port < 65536 or destination.transport not in TRANSPORTS:
        return "its server's port or transport is none that SIP has"
    if not EDGE.fullmatch(destination.edge):
        return "its server's edge has characters that may not stand in a SIP URI"
    if len(destination.uri) > SIP_URI_CHARACTERS:
        return f"its SIP URI is longer than {SIP_URI_CHARACTERS} characters"
    if bool(destination.username) != bool(destination.password):
        return "it has a digest username or a password but not both"
    for credential in (destination.username, destination.password):
        if credential and not CREDENTIAL.fullmatch(credential):
            return "its digest credentials have characters that TwiML cannot carry"
    return None
