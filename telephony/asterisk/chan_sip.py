"""Renders sip_switchhook.conf: who is let in by chan_sip, on Asterisk 20 and earlier."""

import ipaddress
from collections.abc import Iterator

from telephony.asterisk.format import Options, Section, render_header, render_section
from telephony.asterisk.pjsip import MARKER, version_of
from telephony.asterisk.snapshot import Endpoint, Server

FILE = "sip_switchhook.conf"
INCLUDED_BY = "sip.conf"
GENERAL = "general"

WHY_GENERAL = {
    "allowguest": "The default is yes: whoever matches no section would be let in as a guest.",
    "match_auth_username": "The digest username picks the section. By default the From header would.",
    "alwaysauthreject": "Known and unknown names get the same answer.",
}
WHY_TEMPLATE = {
    "deny": "Twilio's signalling addresses and no others; IPv6 is closed as well.",
    "insecure": "Twilio may send from any port.",
    "directmedia": "Media passes through Asterisk: Twilio and the trunk never meet.",
    "setvar": "Tells the exporter which version of these lines Asterisk has taken.",
}


def general(server: Server) -> Section:
    """Return what is added to the user's own [general] section."""
    by_digest = (("match_auth_username", "yes"),) if server.is_digest else ()
    options = (("allowguest", "no"), ("alwaysauthreject", "yes"), *by_digest)
    return Section(GENERAL, options, base="+")


def template(server: Server) -> Section:
    """Return what all users, or all peers, share."""
    options = _user_options(server) if server.is_digest else _peer_options(server)
    options += (
        ("disallow", "all"),
        ("allow", "ulaw"),
        ("allow", "alaw"),
        ("directmedia", "no"),
        ("dtmfmode", "rfc2833"),
        ("allowtransfer", "no"),
        ("rtptimeout", "60"),
    )
    version = version_of((*general(server).options, *options))
    marked = (*options, ("setvar", f"{MARKER}={version}"))
    return Section(server.template, marked, is_template=True)


def _user_options(server: Server) -> Options:
    networks = tuple(("permit", network) for network in server.signalling)
    return (("type", "user"), ("deny", "0.0.0.0/0.0.0.0"), ("deny", "::/0"), *networks)


def _peer_options(server: Server) -> Options:
    return (("type", "peer"), ("context", server.context), ("insecure", "port"), ("qualify", "no"))


def user(server: Server, endpoint: Endpoint) -> Section:
    """Return the section of an endpoint with a password."""
    options = (("secret", endpoint.password), ("context", server.context_of(endpoint)))
    return Section(endpoint.username, options, base=server.template)


def peer(server: Server, address: str) -> Section:
    """Return the section of an address of Twilio's, on a server without passwords."""
    name = f"{server.template}-{address.replace('.', '-')}"
    return Section(name, (("host", address),), base=server.template)


def addresses(networks: tuple[str, ...]) -> Iterator[str]:
    """Yield every address of the networks. A peer has one address; a range would never match."""
    for network in networks:
        yield from (str(address) for address in ipaddress.IPv4Network(network))


def objects(server: Server) -> Iterator[Section]:
    """Yield the users, or the peers, in the order of the file."""
    if server.is_digest:
        yield from (user(server, endpoint) for endpoint in server.endpoints_in_order())
    elif server.endpoints:
        yield from (peer(server, address) for address in addresses(server.signalling))


def render(server: Server) -> Iterator[str]:
    """Yield the file in pieces."""
    yield render_header(_header_lines(server))
    if not server.endpoints:
        return
    yield "\n" + render_section(general(server), WHY_GENERAL)
    yield "\n" + render_section(template(server), WHY_TEMPLATE)
    for section in objects(server):
        yield "\n" + render_section(section, {})


def _header_lines(server: Server) -> Iterator[str]:
    yield f"Switchhook: who may call the server {server.name} from Twilio."
    yield "Written by manage.py export_asterisk. Change the panel, not this file."
    yield ""
    yield f"Included at the end of {INCLUDED_BY}, after its [{GENERAL}]:  #include {FILE}"
    if server.is_digest:
        yield "Each section is named after a digest username. Its context has one extension: its own."
    else:
        yield "No password: whoever sends from Twilio's addresses, any customer, is let in."
        yield "There is one peer for each address, because chan_sip cannot match ranges."
