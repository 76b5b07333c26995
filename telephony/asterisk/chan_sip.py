"""Renders sip_switchhook.conf: who is let in by chan_sip, on Asterisk 20 and earlier."""

import ipaddress
from collections.abc import Iterator

from telephony.asterisk.format import Section, render_header, render_section
from telephony.asterisk.pjsip import MARKER, version_of
from telephony.asterisk.snapshot import Server

FILE = "sip_switchhook.conf"
INCLUDED_BY = "sip.conf"
GENERAL = "general"

WHY_GENERAL = {
    "allowguest": "The default is yes: whoever matches no section would be let in as a guest.",
    "match_auth_username": "The digest username picks the section. By default the From header would.",
    "alwaysauthreject": "The same answer to known and unknown names.",
}
WHY_COMMON = {
    "deny": "Twilio's signalling addresses and no others; IPv6 is closed as well.",
    "insecure": "From whatever port Twilio sends.",
    "directmedia": "Media passes through Asterisk: Twilio and the trunk never meet.",
    "setvar": "Tells the exporter which version of these lines Asterisk has taken.",
}


def sections(server: Server) -> Iterator[Section]:
    """Yield every section of the file, in its order."""
    if not server.endpoints:
        return
    yield Section(GENERAL, _general(server), base="+")
    if not server.is_digest:
        yield from _by_address(server)
        return
    networks = tuple(("permit", network) for network in server.signalling)
    closed = (("deny", "0.0.0.0/0.0.0.0"), ("deny", "::/0"))
    yield _template(server, (("type", "user"), *closed, *networks))
    for endpoint in server.endpoints_in_order():
        options = (("secret", endpoint.password), ("context", server.context_of(endpoint)))
        yield Section(endpoint.username, options, base=server.template)


def _general(server: Server) -> tuple[tuple[str, str], ...]:
    by_digest = (("match_auth_username", "yes"),) if server.is_digest else ()
    return (("allowguest", "no"), ("alwaysauthreject", "yes"), *by_digest)


def _by_address(server: Server) -> Iterator[Section]:
    how = (("type", "peer"), ("context", server.context), ("insecure", "port"), ("qualify", "no"))
    yield _template(server, how)
    for address in addresses(server.signalling):
        name = f"{server.template}-{address.replace('.', '-')}"
        yield Section(name, (("host", address),), base=server.template)


def _template(server: Server, options: tuple[tuple[str, str], ...]) -> Section:
    media = (("disallow", "all"), ("allow", "ulaw"), ("allow", "alaw"), ("directmedia", "no"))
    rest = (*media, ("dtmfmode", "rfc2833"), ("allowtransfer", "no"), ("rtptimeout", "60"))
    version = version_of((*_general(server), *options, *rest))
    marked = (*options, *rest, ("setvar", f"{MARKER}={version}"))
    return Section(server.template, marked, is_template=True)


def addresses(networks: tuple[str, ...]) -> Iterator[str]:
    """Every address of the networks. A peer has one address; a range as its host never matches."""
    for network in networks:
        yield from (str(address) for address in ipaddress.IPv4Network(network))


def render(server: Server) -> Iterator[str]:
    """Yield the file in pieces."""
    yield render_header(_header(server))
    for section in sections(server):
        why = {GENERAL: WHY_GENERAL, server.template: WHY_COMMON}.get(section.name, {})
        yield "\n" + render_section(section, why)


def _header(server: Server) -> Iterator[str]:
    yield f"Switchhook: who may call the server {server.name} from Twilio."
    yield "Written by manage.py export_asterisk. Change the panel, not this file."
    yield ""
    yield f"Included at the end of {INCLUDED_BY}, after its [{GENERAL}]:  #include {FILE}"
    if server.is_digest:
        yield "Each section is a digest username. Its context has one extension: its own."
    else:
        yield "No password: whoever sends from Twilio's addresses, any customer, is let in."
        yield "One peer for each address, because chan_sip matches no ranges."
