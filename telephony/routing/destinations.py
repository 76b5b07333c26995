"""What a number can ring, and what makes a destination impossible to write into TwiML."""

import ipaddress
import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from urllib.parse import unquote

from telephony.identifiers import E164
from telephony.routing.messages import DEFAULT_LANGUAGE
from telephony.routing.reasons import Obstacle

# The longest call that Twilio allows without the 24-hour option, in seconds.
TWILIO_TIME_LIMIT_S = 14400
# "The SIP URI must be under 255 characters" (Twilio, <Sip>).
SIP_URI_CHARACTERS = 254

HOST_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
USER = re.compile(r"[A-Za-z0-9+_.-]{1,64}")
# Printable ASCII without blanks: what both XML and digest take unchanged.
CREDENTIAL = re.compile(r"[\x21-\x7e]{1,128}")
TRANSPORTS = frozenset({"udp", "tcp", "tls"})
EDGE = re.compile(r"[a-z0-9-]{0,32}")


@dataclass(frozen=True, slots=True)
class SipDestination:
    """An endpoint on one of our Asterisk servers. `rate` is in CURRENCY per minute.

    `dialled_number` is what Asterisk dials for it, as its trunk wants it written; `server` is the
    server's name.
    """

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
    dialled_number: str = ""
    rate: Decimal = Decimal(0)
    enabled: bool = True
    held_until: datetime | None = None
    server: str = ""

    @property
    def line(self) -> str:
        """The telephone line that rings in the end."""
        return self.dialled_number

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

    `caller_id` is `caller`, `called`, or an E.164 number of ours that belongs to
    `caller_id_account`. If `ask_for_key`, whoever picks up must press a key first, and is asked
    in `language`.
    """

    key: str
    label: str
    e164: str
    caller_id: str = "called"
    caller_id_account: str = ""
    time_limit_s: int = TWILIO_TIME_LIMIT_S
    rate: Decimal = Decimal(0)
    enabled: bool = True
    ask_for_key: bool = False
    language: str = DEFAULT_LANGUAGE

    @property
    def line(self) -> str:
        return self.e164

    @property
    def uri(self) -> str:
        return self.e164


Destination = SipDestination | NumberDestination


def host_problem(host: str) -> str | None:
    """Return why Twilio cannot dial a host in a SIP URI, or None. Twilio takes no underscore."""
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        labels = host.split(".")
        if len(host) <= 253 and all(HOST_LABEL.fullmatch(label) for label in labels):
            if labels[-1].isdigit():
                return "This is neither an IPv4 address nor a host name."
            return None
        return "Use a host name (letters, digits, hyphens, dots) or an IPv4 address."
    return None


def unreachable_host(host: str) -> str | None:
    """Return why Twilio could never connect to a well-formed host, or None (errors 13254, 13255)."""
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


def find_problem(destination: Destination) -> Obstacle | None:
    """Return what makes it impossible to write a destination into TwiML safely, or None."""
    if isinstance(destination, NumberDestination):
        return None if E164.fullmatch(destination.e164) else Obstacle.NOT_E164
    if not USER.fullmatch(destination.user):
        return Obstacle.BAD_USER
    if host_problem(destination.host):
        return Obstacle.BAD_HOST
    if not 0 < destination.port < 65536 or destination.transport not in TRANSPORTS:
        return Obstacle.BAD_PORT
    if not EDGE.fullmatch(destination.edge):
        return Obstacle.BAD_EDGE
    if len(destination.uri) > SIP_URI_CHARACTERS:
        return Obstacle.LONG_URI
    if bool(destination.username) != bool(destination.password):
        return Obstacle.HALF_CREDENTIALS
    for credential in (destination.username, destination.password):
        if credential and not CREDENTIAL.fullmatch(credential):
            return Obstacle.BAD_CREDENTIALS
    return None


def find_obstacle(destination: Destination) -> Obstacle | None:
    """Return why a destination cannot ring at any time or for any call, or None."""
    return find_problem(destination) if destination.enabled else Obstacle.DISABLED


def bare_address(uri: str) -> str:
    """Return user@host of a SIP URI, or a telephone number, as they can be compared."""
    return sip_address(uri).partition(":")[0]


def sip_address(uri: str) -> str:
    """Return the same with the port, if the URI names one."""
    bare = unquote(uri).lower().removeprefix("sips:").removeprefix("sip:")
    return bare.partition(";")[0]
