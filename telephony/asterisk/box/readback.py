"""Reads back what a running Asterisk has taken, and compares it with what was exported.

`ask` runs a command and returns what Asterisk prints. That was measured on versions 16 and 22,
and is kept in tests/asterisk/captured.
"""

import ipaddress
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from telephony.asterisk import chan_sip, dialplan, pjsip
from telephony.asterisk.export import Watch, unwatched
from telephony.asterisk.format import Section
from telephony.asterisk.snapshot import Server

Ask = Callable[[str], str]

PARAMETER = re.compile(r"^ *(\S.*?) *: *(.*?) *$", re.MULTILINE)
VARIABLE = re.compile(rf"^ +{pjsip.MARKER} = (.*?) *$", re.MULTILINE)
PRIORITY = re.compile(
    r"^ +(?:'(?P<name>[^']*)' =>|\[[^\]]+\])? +[0-9]+\. (?P<application>.*?) +\[[^\[\]]*:[0-9]+\]$",
    re.MULTILINE,
)
CONTEXT = re.compile(r"^\[ Context '([^']+)' created by", re.MULTILINE)
# The names in one of our files, to see that names removed from it are gone from Asterisk too.
NAME = re.compile(r"^\[([^\]]+)\](?!\(!\))(?!\(\+\))", re.MULTILINE)
# A row of `sip show users`. Both columns are cut: no more of a password than this is shown.
NAME_SHOWN, SECRET_SHOWN = 25, 15
USER = re.compile(rf"^(?P<name>.{{{NAME_SHOWN}}})  (?P<secret>.{{{SECRET_SHOWN}}})  ", re.MULTILINE)
HEADINGS = 1
GENERAL_SHOWN_AS = {
    "allowguest": "Allow unknown access",
    "match_auth_username": "Match Auth Username",
    "alwaysauthreject": "Always auth rejects",
}


def differences(
    server: Server, ask: Ask, former: Mapping[str, str], watch: Watch = unwatched
) -> Iterator[str]:
    """Yield a sentence for everything that Asterisk has not taken; `former` are the files as they were."""
    yield from _compare_dialplan(server, ask, former.get(dialplan.FILE, ""))
    if server.driver == "pjsip":
        yield from _compare_pjsip(server, ask, former.get(pjsip.FILE, ""), watch)
    else:
        yield from _compare_chan_sip(server, ask, former.get(chan_sip.FILE, ""), watch)


def _compare_dialplan(server: Server, ask: Ask, former: str) -> Iterator[str]:
    expected: dict[str, dict[str, list[str]]] = {}
    for extension in dialplan.extensions(server):
        applications = [priority.application for priority in extension.priorities]
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
    for context in _gone_names(former, expected):
        if context in loaded:
            yield f"context {context} is still there"


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


def _gone_names(former: str, names: Mapping[str, object] | set[str]) -> list[str]:
    """Return the sections of a former file that are no longer exported."""
    return sorted(set(NAME.findall(former)).difference(names))


def _compare_pjsip(server: Server, ask: Ask, former: str, watch: Watch) -> Iterator[str]:
    names = set()
    if server.is_digest:
        template = pjsip.endpoint_template(server)
        for endpoint in watch("read back", server.endpoints_in_order()):
            login = pjsip.login(server, endpoint)
            names.add(endpoint.username)
            yield from _compare_endpoint(login.endpoint, template, ask)
            yield from _compare_auth(login.auth, ask)
    elif server.endpoints:
        endpoint_of_all = pjsip.address_endpoint(server)
        names.add(endpoint_of_all.name)
        yield from _compare_endpoint(endpoint_of_all, endpoint_of_all, ask)
        yield from _compare_identify(pjsip.identify(server), ask)
    for name in _gone_names(former, names):
        if parameters(ask(f"pjsip show endpoint {name}")):
            yield f"endpoint {name} is still there"


def _compare_endpoint(section: Section, template: Section, ask: Ask) -> Iterator[str]:
    expected = {
        "context": section.values("context"),
        # Without a password there is no auth, and Asterisk prints an empty line.
        "auth": [section.value("auth")],
        "identify_by": template.values("identify_by"),
        pjsip.MARKER: [pjsip.marked_version(template)],
    }
    found = parameters(ask(f"pjsip show endpoint {section.name}"))
    yield from _compare_object("endpoint", section.name, expected, found)


def _compare_auth(section: Section, ask: Ask) -> Iterator[str]:
    expected = {name: section.values(name) for name in ("username", "password")}
    found = parameters(ask(f"pjsip show auth {section.name}"))
    yield from _compare_object("auth", section.name, expected, found)


def _compare_identify(section: Section, ask: Ask) -> Iterator[str]:
    expected = {name: section.values(name) for name in ("endpoint", "match")}
    found = parameters(ask(f"pjsip show identify {section.name}"))
    # Asterisk prints ranges with their netmask.
    networks = [str(ipaddress.IPv4Network(value)) for value in found.get("match", [])]
    yield from _compare_object(
        "identify", section.name, expected, {**found, "match": networks} if found else {}
    )


def _compare_object(
    kind: str, name: str, expected: Mapping[str, list[str]], found: Mapping[str, list[str]]
) -> Iterator[str]:
    wrong = [option for option, values in expected.items() if found.get(option, []) != values]
    if not found:
        yield f"{kind} {name} is missing"
    elif wrong:
        yield f"{kind} {name}: {', '.join(wrong)} is not as exported"


def _compare_chan_sip(server: Server, ask: Ask, former: str, watch: Watch) -> Iterator[str]:
    kind = "user" if server.is_digest else "peer"
    names = set()
    if server.endpoints:
        yield from _compare_general(chan_sip.general(server), ask)
        template = chan_sip.template(server)
        rows = _user_rows(ask("sip show users")) if server.is_digest else {}
        for section in watch("read back", chan_sip.objects(server)):
            names.add(section.name)
            if problem := _problem_with_object(kind, section, template, ask):
                yield problem
            elif server.is_digest and not _has_secret(section, rows, ask):
                yield f"user {section.name}: secret is not as exported"
    for name in _gone_names(former, names):
        if _is_shown(ask(f"sip show {kind} {name}")):
            yield f"{kind} {name} is still there"


def _compare_general(section: Section, ask: Ask) -> Iterator[str]:
    shown = parameters(ask("sip show settings"))
    for name, value in section.options:
        if [found.lower() for found in shown.get(GENERAL_SHOWN_AS[name], [])] != [value]:
            yield f"[general] {name} is not {value}"


def _problem_with_object(kind: str, section: Section, template: Section, ask: Ask) -> str:
    shown = ask(f"sip show {kind} {section.name}")
    if not _is_shown(shown):
        return f"{kind} {section.name} is missing"
    context = section.value("context") or template.value("context")
    if parameters(shown).get("Context") != [context] or VARIABLE.findall(shown) != [
        pjsip.marked_version(template)
    ]:
        return f"{kind} {section.name} is not as exported"
    return ""


def _is_shown(shown: str) -> bool:
    return "* Name" in shown


def _user_rows(shown: str) -> Mapping[str, list[str]]:
    """Parse `sip show users`: name -> the secrets in the rows with it, both as far as shown."""
    rows = defaultdict(list)
    for row in islice(USER.finditer(shown), HEADINGS, None):
        rows[row["name"].rstrip()].append(row["secret"].rstrip())
    return rows


def _has_secret(section: Section, rows: Mapping[str, list[str]], ask: Ask) -> bool:
    name = section.name[:NAME_SHOWN]
    found = rows.get(name, [])
    if len(found) > 1:
        # Several names begin alike. The pattern has the whole name, and finds one row.
        found = _user_rows(ask(f"sip show users like ^{section.name}$")).get(name, [])
    return found == [section.value("secret")[:SECRET_SHOWN]]
