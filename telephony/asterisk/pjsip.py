"""Renders pjsip_switchhook.conf: who is let in, on Asterisk 18 and later."""

import hashlib
from collections.abc import Iterator

from telephony.asterisk.format import Section, render_header, render_section
from telephony.asterisk.snapshot import Server

FILE = "pjsip_switchhook.conf"
INCLUDED_BY = "pjsip.conf"
# A channel variable that shows from which text Asterisk has made an endpoint. Reading permits
# back is impossible: `pjsip show endpoint` says no more than that there are some.
MARKER = "SWITCHHOOK"

DIGEST = {
    "identify_by": "The digest username picks the endpoint. By default the From header would.",
    "deny": "Twilio's signalling addresses and no others; IPv6 is closed as well.",
    "direct_media": "Media passes through Asterisk: Twilio and the trunk never meet.",
    "media_encryption": "SRTP: sdes if the panel asks for encrypted media, else no.",
    "set_var": "Tells the exporter which version of these lines Asterisk has taken.",
}
ADDRESS = {
    **DIGEST,
    "identify_by": "No password: whoever sends from Twilio's addresses, any customer, is let in.",
}


def sections(server: Server) -> Iterator[Section]:
    """Yield every section of the file, in its order."""
    if not server.endpoints:
        return
    if not server.is_digest:
        yield from _by_address(server)
        return
    yield Section(server.template, _common(server, "auth_username"), is_template=True)
    auth = (("type", "auth"), ("auth_type", "userpass"), ("realm", "asterisk"))
    yield Section(server.auth_template, auth, is_template=True)
    for endpoint in server.endpoints_in_order():
        name = endpoint.username
        options = (("context", server.context_of(endpoint)), ("auth", name))
        yield Section(name, options, base=server.template)
        credentials = (("username", name), ("password", endpoint.password))
        yield Section(name, credentials, base=server.auth_template)


def _by_address(server: Server) -> Iterator[Section]:
    context = (("context", server.context),)
    yield Section(server.template, _common(server, "ip", context))
    match = tuple(("match", network) for network in server.signalling)
    options = (("type", "identify"), ("endpoint", server.template), *match)
    yield Section(server.template, options)


def _common(
    server: Server, identify_by: str, more: tuple[tuple[str, str], ...] = ()
) -> tuple[tuple[str, str], ...]:
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


def version_of(options: tuple[tuple[str, str], ...]) -> str:
    """Return a short name for a text. There is no secret in it that could be guessed at."""
    return hashlib.sha256(repr(options).encode()).hexdigest()[:12]


def render(server: Server) -> Iterator[str]:
    """Yield the file in pieces."""
    yield render_header(_header(server))
    why = DIGEST if server.is_digest else ADDRESS
    for section in sections(server):
        is_common = section.value("type") == "endpoint"
        is_second_half = section.base == server.auth_template
        yield ("" if is_second_half else "\n") + render_section(section, why if is_common else {})


def _header(server: Server) -> Iterator[str]:
    yield f"Switchhook: who may call the server {server.name} from Twilio."
    yield "Written by manage.py export_asterisk. Change the panel, not this file."
    yield ""
    yield f"Included by {INCLUDED_BY}:  #include {FILE}"
    yield f"which also has the {server.transport.upper()} transport on port {server.port}."
    if server.is_digest:
        yield ""
        yield "Each endpoint is its digest username. Its context has one extension: its own."
        yield "No aor and no identify: nobody can register, nothing is ever sent to Twilio."
