"""Decides whether a server can be exported: checks every value again, and what they make together."""

from collections import Counter
from collections.abc import Callable, Iterator

from telephony.asterisk import values
from telephony.asterisk.chan_sip import addresses
from telephony.asterisk.snapshot import Endpoint, Server

# chan_sip by address needs a section for each address; Twilio's eight ranges have 32.
ADDRESSES_AT_MOST = 1024
RING_S = range(1, 601)


def problems(server: Server) -> Iterator[str]:
    """Yield a sentence for each thing that cannot be written safely."""
    yield from _server_problems(server)
    for endpoint in server.endpoints:
        for field, reason in endpoint_problems(endpoint, server.context):
            yield f"endpoint {endpoint.user!r}, {field}: {reason}"
    yield from _duplicates(server)


def _server_problems(server: Server) -> Iterator[str]:
    for field, value in (("name", server.name), ("context", server.context)):
        yield from _check(f"server, {field}", values.check_name, value)
    for section in (server.template, server.auth_template, server.call_context):
        yield from _check("server", values.check_section, section)
    for account in server.accounts:
        yield from _check(f"account {account!r}", values.check_account_sid, account)
    networks_are_sane = True
    for network in server.signalling + server.media:
        for problem in _check(f"network {network!r}", values.check_network, network):
            networks_are_sane = False
            yield problem
    if networks_are_sane:
        yield from _driver_problems(server)
    if not server.signalling:
        yield "There is no signalling network: nobody could call. Add Twilio's addresses again."
    if server.account_check == "enforce" and not server.accounts:
        yield "Account check: no account is known, so all calls would be refused. Set TWILIO_ACCOUNT_SID."
    digest = sum(bool(endpoint.username) for endpoint in server.endpoints)
    if 0 < digest < len(server.endpoints):
        yield (
            f"{digest} of {len(server.endpoints)} endpoints have a password and the others do not. "
            "Asterisk would take all calls from Twilio's addresses and never ask for the password: "
            "choose one or the other for the whole server."
        )


def _driver_problems(server: Server) -> Iterator[str]:
    if server.driver != "chan_sip":
        return
    if server.transport == "tls":
        yield "TLS is supported only with the driver PJSIP."
    if not server.is_digest:
        count = sum(1 for _ in addresses(server.signalling))
        if count > ADDRESSES_AT_MOST:
            yield (
                f"chan_sip without passwords needs a section for each of {count} addresses; "
                f"at most {ADDRESSES_AT_MOST} are written. Use passwords."
            )


def endpoint_problems(endpoint: Endpoint, context: str) -> Iterator[tuple[str, str]]:
    """Yield field and reason for each value of an endpoint that cannot safely be given to Asterisk."""
    checks: list[tuple[str, Callable[[str], None], str]] = [
        ("user", values.check_extension, endpoint.user),
        ("dialled_number", values.check_dialled_number, endpoint.dialled_number),
        ("trunk", values.check_name, endpoint.trunk),
    ]
    if endpoint.username or endpoint.password:
        checks += [
            ("username", values.check_name, endpoint.username),
            ("username", values.check_section, f"{context}-{endpoint.username}"),
            ("password", values.check_password, endpoint.password),
        ]
    for field, check, value in checks:
        for reason in _check("", check, value):
            yield field, reason
    for reason in _check(
        "", lambda name: values.check_distinct(name, endpoint.trunk), endpoint.username
    ):
        yield "username", reason
    if endpoint.dial_s not in RING_S:
        yield "ring time", "Use 1 to 600 seconds."


def _duplicates(server: Server) -> Iterator[str]:
    """Asterisk refuses all objects of a type if two share a name, and merges contexts."""
    digest = [endpoint for endpoint in server.endpoints if endpoint.username]
    names = [server.template, server.auth_template, *(endpoint.username for endpoint in digest)]
    contexts = [server.call_context, *(server.context_of(endpoint) for endpoint in digest)]
    if len(digest) < len(server.endpoints):
        contexts.append(server.context)
    users = [endpoint.user for endpoint in server.endpoints]
    for what, found in (("section", names), ("context", contexts), ("endpoint", users)):
        for name, count in Counter(found).items():
            if count > 1:
                yield f"There would be {count} {what}s named {name!r}: rename one."
    for name in sorted({endpoint.username for endpoint in digest}.intersection(server.trunks)):
        yield f"{name!r} is a username and a trunk; Asterisk would take neither. Rename one."


def _check(where: str, check: Callable[[str], None], value: str) -> Iterator[str]:
    """Yield the reason why a value is refused, if it is."""
    try:
        check(value)
    except ValueError as error:
        yield f"{where}: {error}" if where else str(error)
