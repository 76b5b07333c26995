"""Reads back what a running Asterisk has taken, and compares it with what was exported.

`ask` runs a command and returns what Asterisk prints; what it prints was measured on 16 and 22.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from telephony.asterisk import chan_sip, dialplan, pjsip
from telephony.asterisk.format import Section
from telephony.asterisk.snapshot import Server

Ask = Callable[[str], str]
Watch = Callable[[str, Iterable[Section]], Iterable[Section]]

PARAMETER = re.compile(r"^ *(\S.*?) *: *(.*?) *$", re.MULTILINE)
VARIABLE = re.compile(rf"^ +{pjsip.MARKER} = (.*?) *$", re.MULTILINE)
PRIORITY = re.compile(
    r"^ +(?:'(?P<name>[^']*)' =>|\[[^\]]+\])? +[0-9]+\. (?P<application>.*?) +\[[^\[\]]*:[0-9]+\]$",
    re.MULTILINE,
)
CONTEXT = re.compile(r"^\[ Context '([^']+)' created by", re.MULTILINE)
# The names in a file of ours, to see that those which are gone from it are gone from Asterisk.
NAME = re.compile(r"^\[([^\]]+)\](?!\(!\))(?!\(\+\))", re.MULTILINE)
# chan_sip prints no more of a password.
SECRET_SHOWN = 15


def unwatched(name: str, sections: Iterable[Section]) -> Iterable[Section]:
    return sections


def differences(
    server: Server, ask: Ask, former: Mapping[str, str], watch: Watch = unwatched
) -> Iterator[str]:
    """Yield a sentence for everything that Asterisk has not taken; `former` are the files before."""
    yield from _dialplan(server, ask)
    now = {extension.context for extension in dialplan.extensions(server)}
    for context in sorted(set(NAME.findall(former.get(dialplan.FILE, ""))) - now):
        if CONTEXT.search(ask(f"dialplan show {context}")):
            yield f"context {context} is still there"
    if server.driver == "pjsip":
        yield from _pjsip(server, ask, former.get(pjsip.FILE, ""), watch)
    else:
        yield from _chan_sip(server, ask, former.get(chan_sip.FILE, ""), watch)


def _dialplan(server: Server, ask: Ask) -> Iterator[str]:
    expected: dict[str, dict[str, list[str]]] = {}
    for extension in dialplan.extensions(server):
        applications = [step.application for step in extension.steps]
        expected.setdefault(extension.context, {})[extension.name] = applications
    # One answer for all of them, rather than a question for each.
    loaded = dict(contexts(ask("dialplan show")))
    for context, extensions in expected.items():
        found = loaded.get(context)
        if found is None:
            yield f"context {context} is missing"
        elif found != extensions:
            names = sorted(
                name for name in {*found, *extensions} if found.get(name) != extensions.get(name)
            )
            yield f"context {context}: {', '.join(names[:5])} is not as exported"


def contexts(shown: str) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """Parse `dialplan show`: context, and extension -> applications in the order of priorities."""
    _, *pieces = CONTEXT.split(shown)
    for context, body in zip(pieces[::2], pieces[1::2], strict=True):
        extensions: dict[str, list[str]] = {}
        name = ""
        for line in PRIORITY.finditer(body):
            name = line["name"] if line["name"] is not None else name
            extensions.setdefault(name, []).append(line["application"])
        yield context, extensions


def parameters(shown: str) -> dict[str, list[str]]:
    """Parse a table of parameters; a name may have several values."""
    found: dict[str, list[str]] = {}
    for name, value in PARAMETER.findall(shown):
        found.setdefault(name, []).append(value)
    return found


def _pjsip(server: Server, ask: Ask, former: str, watch: Watch) -> Iterator[str]:
    sections = [section for section in pjsip.sections(server) if not section.is_template]
    template = next(pjsip.sections(server), Section("", ()))
    for section in watch("read back", sections):
        kind = section.value("type") or (
            "auth" if section.base == server.auth_template else "endpoint"
        )
        found = parameters(ask(f"pjsip show {kind} {section.name}"))
        expected = _expected(kind, section, template)
        wrong = [name for name, value in expected.items() if _plain(name, found) != value]
        if not found:
            yield f"{kind} {section.name} is missing"
        elif wrong:
            yield f"{kind} {section.name}: {', '.join(wrong)} is not as exported"
    names = {section.name for section in sections}
    for name in sorted(set(NAME.findall(former)) - names):
        if parameters(ask(f"pjsip show endpoint {name}")):
            yield f"endpoint {name} is still there"


def _expected(kind: str, section: Section, template: Section) -> dict[str, list[str]]:
    if kind == "auth":
        return {name: [section.value(name)] for name in ("username", "password")}
    if kind == "identify":
        networks = [value for name, value in section.options if name == "match"]
        return {"match": networks, "endpoint": [section.value("endpoint")]}
    marker = template.value("set_var").partition("=")[2]
    return {
        "context": [section.value("context")],
        "auth": [section.value("auth")],
        "identify_by": [template.value("identify_by")],
        pjsip.MARKER: [marker],
    }


def _plain(name: str, found: Mapping[str, list[str]]) -> list[str]:
    values = found.get(name, [])
    if name == "match":
        return [str(ipaddress.IPv4Network(value)) for value in values]
    return values


def _chan_sip(server: Server, ask: Ask, former: str, watch: Watch) -> Iterator[str]:
    sections = list(chan_sip.sections(server))
    kind = "user" if server.is_digest else "peer"
    if sections:
        yield from _chan_sip_general(sections[0], ask)
    template = sections[1] if len(sections) > 1 else Section("", ())
    marker = template.value("setvar").partition("=")[2]
    secrets = _secrets(ask("sip show users")) if server.is_digest else {}
    objects = sections[2:]
    for section in watch("read back", objects):
        shown = ask(f"sip show {kind} {section.name}")
        context = section.value("context") or template.value("context")
        version = VARIABLE.search(shown)
        if "* Name" not in shown:
            yield f"{kind} {section.name} is missing"
        elif parameters(shown).get("Context") != [context] or not version or version[1] != marker:
            yield f"{kind} {section.name} is not as exported"
        elif server.is_digest and section.value("secret")[:SECRET_SHOWN] not in secrets:
            yield f"user {section.name}: secret is not as exported"
    names = {section.name for section in objects}
    for name in sorted(set(NAME.findall(former)) - names):
        if "* Name" in ask(f"sip show {kind} {name}"):
            yield f"{kind} {name} is still there"


def _secrets(shown: str) -> set[str]:
    """The beginnings of all passwords in `sip show users`; its names are cut, so they say nothing."""
    return {line[27 : 27 + SECRET_SHOWN].rstrip() for line in shown.splitlines()}


def _chan_sip_general(general: Section, ask: Ask) -> Iterator[str]:
    shown = parameters(ask("sip show settings"))
    words = {
        "allowguest": "Allow unknown access",
        "match_auth_username": "Match Auth Username",
        "alwaysauthreject": "Always auth rejects",
    }
    for name, value in general.options:
        if [found.lower() for found in shown.get(words[name], [])] != [value]:
            yield f"[general] {name} is not {value}"
