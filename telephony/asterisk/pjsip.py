"""Renders pjsip_switchhook.conf: who is let in, on Asterisk 18 and later."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from telephony.asterisk.format import Options, Section, render_header, render_section
from telephony.asterisk.snapshot import Endpoint, Server

FILE = "pjsip_switchhook.conf"
INCLUDED_BY = "pjsip.conf"
# A channel variable that shows which text Asterisk has made an endpoint from. Reading permits
# back is impossible: `pjsip show endpoint` says only that there are some.
MARKER = "SWITCHHOOK"

WHY_DIGEST = {
    "identify_by": "The digest username picks the endpoint. By default the From header would.",
    "deny": "Twilio's signalling addresses and no others; IPv6 is closed as well.",
    "direct_media": "Media passes through Asterisk: Twilio and the trunk never meet.",
    "media_encryption": "SRTP: sdes if the panel asks for encrypted media, else no.",
    "set_var": "Tells the exporter which version of these lines Asterisk has taken.",
}
WHY_ADDRESS = {
    **WHY_DIGEST,
    "identify_by": "No password: whoever sends from Twilio's addresses, any customer, is let in.",
}


@dataclass(frozen=True, slots=True)
class Login:
    """The two sections of an endpoint with a password."""

    endpoint: Section
    auth: Section


def endpoint_template(server: Server) -> Section:
    """Return what all endpoints with a password share."""
    return Section(server.template, _endpoint_options(server, "auth_username"), is_template=True)


def auth_template(server: Server) -> Section:
    auth = (("type", "auth"), ("auth_type", "userpass"), ("realm", "asterisk"))
    return Section(server.auth_template, auth, is_template=True)


def login(server: Server, endpoint: Endpoint) -> Login:
    name = endpoint.username
    return Login(
        endpoint=Section(
            name, (("context", server.context_of(endpoint)), ("auth", name)), base=server.template
        ),
        auth=Section(
            name,
            (("username", name), ("password", endpoint.password)),
            base=server.auth_template,
        ),
    )


def address_endpoint(server: Server) -> Section:
    """Return the one endpoint of a server without passwords, through which all calls come in."""
    context = (("context", server.context),)
    return Section(server.template, _endpoint_options(server, "ip", context))


def identify(server: Server) -> Section:
    """Return the section with the addresses by which `address_endpoint` is recognised."""
    match = tuple(("match", network) for network in server.signalling)
    return Section(server.template, (("type", "identify"), ("endpoint", server.template), *match))


def _endpoint_options(server: Server, identify_by: str, more: Options = ()) -> Options:
    options = (
        ("type", "endpoint"),
        *more,
        ("identify_by", identify_by),
        ("deny", "0.0.0.0/0.0.0.0"),
        ("deny", "::/0"),
        *(("permit", network) for network in server.signalling),
        ("disallow", "all"),
        ("allow", "ulaw,alaw"),
        ("direct_media", "no"),
        ("dtmf_mode", "rfc4733"),
        ("media_encryption", "sdes" if server.secure else "no"),
        ("allow_subscribe", "no"),
        ("allow_transfer", "no"),
        ("rtp_timeout", "60"),
    )
    return (*options, ("set_var", f"{MARKER}={version_of(options)}"))


def version_of(options: Options) -> str:
    """Return a short name for some options. They hold no secret that could be guessed from it."""
    return hashlib.sha256(repr(options).encode()).hexdigest()[:12]


def marked_version(section: Section) -> str:
    """Return the version that a section's channel variable names, in either driver's file."""
    variable = section.value("set_var") or section.value("setvar")
    return variable.removeprefix(f"{MARKER}=")


def render(server: Server) -> Iterator[str]:
    """Yield the file in pieces."""
    yield render_header(_header_lines(server))
    if server.is_digest:
        yield "\n" + render_section(endpoint_template(server), WHY_DIGEST)
        yield "\n" + render_section(auth_template(server), {})
        for endpoint in server.endpoints_in_order():
            sections = login(server, endpoint)
            yield "\n" + render_section(sections.endpoint, {})
            yield render_section(sections.auth, {})
    elif server.endpoints:
        yield "\n" + render_section(address_endpoint(server), WHY_ADDRESS)
        yield "\n" + render_section(identify(server), {})


def _header_lines(server: Server) -> Iterator[str]:
    yield f"Switchhook: who may call the server {server.name} from Twilio."
    yield "Written by manage.py export_asterisk. Change the panel, not this file."
    yield ""
    yield f"Included by {INCLUDED_BY}:  #include {FILE}"
    yield f"which also has the {server.transport.upper()} transport on port {server.port}."
    if server.is_digest:
        yield ""
        yield "Each endpoint is named after its digest username. Its context has one extension: its own."
        yield "No aor and no identify: nobody can register, nothing is ever sent to Twilio."
