"""Makes a running Asterisk take the files, and sees for itself whether it did."""

import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from telephony.asterisk import chan_sip, dialplan, pjsip
from telephony.asterisk.box import files, readback
from telephony.asterisk.box.console import Console, Unreachable
from telephony.asterisk.box.former import replaced
from telephony.asterisk.export import Watch, unwatched
from telephony.asterisk.format import mask
from telephony.asterisk.snapshot import Server

# In this order: a call that is let in finds its dialplan.
COMMANDS = {
    "pjsip": ("dialplan reload", "module reload res_pjsip.so"),
    "chan_sip": ("dialplan reload", "sip reload"),
}
MODULES = {"pjsip": "res_pjsip.so", "chan_sip": "chan_sip.so"}
# chan_sip says that it has reloaded before it does: 10,000 users took 0.15 s, 50,000 took 2 s.
AFTERWARDS_S = 2.0
USERS_A_SECOND = 10_000
TOLD = re.compile(
    r"(?:ERROR|WARNING|NOTICE)\[\d+\][^ ]* "
    r"((?:res_sorcery_config|config_options|config|pbx_config|pbx|acl|chan_sip)\.c:.*)"
)
REASONS_SHOWN = 10


class NotTaken(Exception):
    """Asterisk did not take the files. The text says why, one reason per line."""


def check_module(console: Console, driver: str) -> None:
    """Raise NotTaken if the driver is not running, and Unreachable if no Asterisk is."""
    module = MODULES[driver]
    if not re.search(
        rf"^{re.escape(module)} .* Running ", console(f"module show like {module}"), re.M
    ):
        raise NotTaken(f"this Asterisk has no {module}; choose the server's other driver")


def apply(
    console: Console,
    server: Server,
    folder: Path,
    texts: Mapping[str, str],
    watch: Watch = unwatched,
) -> list[str]:
    """Replace the files, reload, and return the names of those that changed.

    Raises NotTaken if Asterisk holds anything else afterwards. After that, and after any other
    exception, the former files are back and reloaded; its notes say so, or what stands in the way.
    """
    texts_before = {name: files.read(folder / name) for name in texts}
    before = {name: text for name, text in texts_before.items() if text is not None}
    try:
        with replaced(folder, texts) as changed:
            log = _reload(console, server.driver)
            reasons = _differences(server, console, before, watch)
            if reasons:
                raise NotTaken("\n".join((*reasons[:REASONS_SHOWN], *_log_lines(log))))
    except BaseException as error:
        error.add_note(_reload_former(console, server.driver))
        raise
    return changed


def _reload_former(console: Console, driver: str) -> str:
    """Return a sentence that says whether Asterisk was told to read the former files again."""
    try:
        _reload(console, driver)
    except (Unreachable, KeyboardInterrupt):
        commands = " and ".join(f"asterisk -rx '{command}'" for command in COMMANDS[driver])
        return f"Asterisk was not told to read them again. If it is running, run {commands}."
    return "Asterisk has read them again."


def _differences(
    server: Server, console: Console, former: Mapping[str, str], watch: Watch
) -> list[str]:
    patience = AFTERWARDS_S + len(server.endpoints) / USERS_A_SECOND
    deadline = time.monotonic() + (patience if server.driver == "chan_sip" else 0)
    while True:
        reasons = list(readback.differences(server, console, former, watch))
        if not reasons or time.monotonic() >= deadline:
            return reasons
        time.sleep(0.2)


def _reload(console: Console, driver: str) -> str:
    return "\n".join(console.run_with_log(command) for command in COMMANDS[driver])


def _log_lines(log: str) -> Iterator[str]:
    """Yield what Asterisk's log said meanwhile, each line once, without passwords."""
    lines = dict.fromkeys(TOLD.findall(log))
    for line in list(lines)[:REASONS_SHOWN]:
        yield f"Asterisk: {mask(line)}"


def notes(console: Console, server: Server) -> Iterator[str]:
    """Yield what the box itself still lacks for calls to get through."""
    if server.driver == "pjsip":
        shown = console("pjsip show transports")
        if not re.search(rf"^Transport: +\S+ +{server.transport} ", shown, re.MULTILINE):
            yield f"{pjsip.INCLUDED_BY} has no {server.transport.upper()} transport."
    for trunk in server.trunks:
        is_pjsip = server.driver == "pjsip"
        shown = console(f"{'pjsip show endpoint' if is_pjsip else 'sip show peer'} {trunk}")
        if not readback.parameters(shown).get("context" if is_pjsip else "Context"):
            place = pjsip.INCLUDED_BY if is_pjsip else chan_sip.INCLUDED_BY
            yield f"{place} has no trunk {trunk}: calls that {dialplan.FILE} sends there get 503."
