"""Renders the files of a server, or refuses all of them if one value cannot be written safely."""

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

from telephony.asterisk import chan_sip, dialplan, pjsip
from telephony.asterisk.refusals import problems
from telephony.asterisk.snapshot import Server

# Our file -> the user's file that has to include it.
INCLUDES = {
    pjsip.FILE: pjsip.INCLUDED_BY,
    chan_sip.FILE: chan_sip.INCLUDED_BY,
    dialplan.FILE: dialplan.INCLUDED_BY,
}
PROBLEMS_SHOWN = 20

T = TypeVar("T")


class Watch(Protocol):
    """Passes items on, and may report progress."""

    def __call__(self, what: str, items: Iterable[T], /) -> Iterable[T]: ...


class Refused(ValueError):
    """The server cannot be exported. The text has the reasons, one per line."""


def unwatched(_what: str, items: Iterable[T]) -> Iterable[T]:
    return items


def render_all(server: Server, watch: Watch = unwatched) -> dict[str, str]:
    """Return file name -> text, the dialplan first. Raises Refused."""
    found = list(_shortened(problems(server)))
    if found:
        raise Refused("\n".join(found))
    driver = {"pjsip": pjsip, "chan_sip": chan_sip}[server.driver]
    return {
        dialplan.FILE: "".join(watch(dialplan.FILE, dialplan.render(server))),
        driver.FILE: "".join(watch(driver.FILE, driver.render(server))),
    }


def _shortened(found: Iterator[str]) -> Iterator[str]:
    for shown, problem in enumerate(found):
        if shown == PROBLEMS_SHOWN:
            yield "... and more"
            return
        yield problem
