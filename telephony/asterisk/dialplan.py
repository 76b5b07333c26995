"""Renders extensions_switchhook.conf: what happens to a call of Twilio's once it is let in.

Nothing that a caller or a trunk sends is evaluated or dialled: headers and replies are filtered to
letters and digits before they are compared, and what is dialled was written at export. Causes are
ITU-T Q.850; the SIP codes that Asterisk makes of them were measured, see docs/asterisk.md.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from textwrap import wrap

from telephony.asterisk.format import render_header, text_of
from telephony.asterisk.snapshot import Endpoint, Server

FILE = "extensions_switchhook.conf"
INCLUDED_BY = "extensions.conf"
# SIP codes with which a person declines: RFC 3261, RFC 8197, RFC 8688. Asterisk's cause cannot
# tell them: it is 21 for 603 and for a trunk's 403, and 127 for 607 and for much else.
DECLINED = (603, 607, 608)
# Causes that Asterisk 16 and 22 turn into a SIP code which tells the panel what happened. The
# others become 603, such as 102 (from the trunk's 504), or 403, which says that we refused.
PASSED_ON = (1, 17, 18, 19, 22, 27, 28, 29, 34, 38, 58, 127)


@dataclass(frozen=True, slots=True)
class Priority:
    """One line of an extension. `why` is the comment above it."""

    application: str
    label: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Extension:
    context: str
    name: str
    priorities: tuple[Priority, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """The names that a channel driver has for what both drivers know."""

    technology: str
    header: str
    remote_address: str


WORDS = {
    "pjsip": Words("PJSIP", "PJSIP_HEADER(read,{})", "${CHANNEL(pjsip,remote_addr)}"),
    "chan_sip": Words("SIP", "SIP_HEADER({})", "${CHANNEL(peerip)}"),
}


def extensions(server: Server) -> Iterator[Extension]:
    """Yield every extension of the file, in its order."""
    yield Extension(server.call_context, "s", tuple(_call_priorities(server)))
    for endpoint in server.endpoints_in_order():
        yield Extension(
            server.context_of(endpoint), endpoint.user, _entry_priorities(server, endpoint)
        )


def _entry_priorities(server: Server, endpoint: Endpoint) -> tuple[Priority, ...]:
    dialled = f"{WORDS[server.driver].technology}/{endpoint.dialled_number}@{endpoint.trunk}"
    arguments = f"{endpoint.user},{dialled},{endpoint.dial_s}"
    return (
        Priority(f"Gosub({server.call_context},s,1({arguments}))"),
        Priority("Hangup(${GOSUB_RETVAL})"),
    )


def _call_priorities(server: Server) -> Iterator[Priority]:
    words = WORDS[server.driver]
    sid = _filtered_header(words, "X-Twilio-CallSid")
    yield Priority(f"Set(CDR(userfield)={sid})", why="The CDR gets Twilio's SID of this leg ...")
    yield Priority("Set(CHANNEL(accountcode)=${ARG1})", why="... and the endpoint.")
    if server.transport == "tls":
        yield from _check_tls(words)
    if server.account_check != "off":
        yield from _check_account(server, words)
    yield Priority(
        "Dial(${ARG2},${ARG3})",
        label="dial",
        why="No Answer() before this: Twilio could no longer ring anybody else.",
    )
    yield from _return_cause()


def _return_cause() -> Iterator[Priority]:
    """Turn the end of Dial into a cause.

    Only what a person decided may look like it: after a fault the panel rings the next destination.
    """
    yield Priority(
        f"Set(LOCAL(reply)={_filter('${HANGUPCAUSE(${HANGUPCAUSE_KEYS()},tech)}')})",
        why="Only unanswered calls get here. The trunk's own reply, such as SIP603Decline.",
    )
    yield Priority(f'GotoIf($["${{reply:0:6}}" =~ "^SIP({_pattern_of(DECLINED)})$"]?declined)')
    yield Priority('GotoIf($["${DIALSTATUS}" = "NOANSWER"]?noanswer)')
    yield Priority(f'GotoIf($["${{HANGUPCAUSE}}" =~ "^({_pattern_of(PASSED_ON)})$"]?passedon)')
    yield _log_warning("${ARG1}: the trunk cannot be used: '${reply}', cause ${HANGUPCAUSE}")
    yield Priority(
        "Return(34)",
        why="503: unreachable, or it refuses us (401, 403, 407). Left to itself, Asterisk would say "
        "403 or 603.",
    )
    yield Priority(
        "Return(${HANGUPCAUSE})",
        label="passedon",
        why="The trunk's own: busy 486, unknown number 404 ...",
    )
    yield Priority("Return(19)", label="noanswer", why="480: rang, and nobody took it.")
    yield Priority("Return(16)", label="declined", why="603: a person declined.")


def _pattern_of(numbers: Iterable[int]) -> str:
    """Return the regular expression of any of these."""
    return "|".join(map(str, numbers))


def _filtered_header(words: Words, header: str) -> str:
    return _filter(f"${{{words.header.format(header)}}}")


def _filter(text: str) -> str:
    """Return text from the far side with only letters and digits, so that nothing is evaluated."""
    return f"${{FILTER(0-9A-Za-z,{text})}}"


def _check_tls(words: Words) -> Iterator[Priority]:
    yield Priority(
        'GotoIf($["${CHANNEL(pjsip,secure)}" = "1"]?encrypted)',
        why="Calls that do not come over TLS get 403.",
    )
    yield _log_warning(f"refused ${{ARG1}} from {words.remote_address}: not over TLS")
    yield Priority("Return(21)")
    yield Priority("NoOp()", label="encrypted")


def _check_account(server: Server, words: Words) -> Iterator[Priority]:
    is_enforced = server.account_check == "enforce"
    strangers = "are refused with 403" if is_enforced else "are logged and let in"
    yield Priority(
        f"Set(LOCAL(account)={_filtered_header(words, 'X-Twilio-AccountSid')})",
        why=f"Twilio's addresses serve all of its customers; those of other accounts {strangers}.",
    )
    for account in sorted(server.accounts):
        yield Priority(f'GotoIf($["${{account}}" = "{account}"]?dial)')
    verdict = "refused" if is_enforced else "let in"
    found = f"${{ARG1}} from {words.remote_address}"
    yield _log_warning(f"{verdict} {found}: account '${{account}}' is not ours")
    if is_enforced:
        yield Priority("Return(21)")


def _log_warning(message: str) -> Priority:
    return Priority(f"Log(WARNING,Switchhook {message})")


def render(server: Server) -> Iterator[str]:
    """Yield the file in pieces."""
    yield render_header(_header_lines(server))
    context = ""
    for extension in extensions(server):
        if extension.context != context:
            context = extension.context
            yield f"\n[{context}]\n"
        yield _render_extension(extension)


def _render_extension(extension: Extension) -> str:
    lines = []
    for place, priority in enumerate(extension.priorities, start=1):
        if priority.why:
            lines.append(f"; {priority.why}")
        start = f"exten => {extension.name},1" if place == 1 else " same => n"
        lines.append(
            f"{start}{f'({priority.label})' if priority.label else ''},{priority.application}"
        )
    return text_of(lines)


def _header_lines(server: Server) -> Iterator[str]:
    yield f"Switchhook: what Twilio's calls to the server {server.name} do."
    yield "Written by manage.py export_asterisk. Change the panel, not this file."
    yield ""
    yield f"Included by {INCLUDED_BY}:  #include {FILE}"
    trunks = f"Trunks that the box must have: {', '.join(server.trunks) or 'none'}"
    yield from wrap(trunks, 96, break_on_hyphens=False)
    yield ""
    yield f"{server.call_context} takes the endpoint, what to dial and for how many seconds,"
    yield "and returns the Q.850 cause from which Asterisk makes the SIP code that Twilio is told."
