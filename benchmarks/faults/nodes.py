"""Two panels behind nginx on a primary with a standby, and what breaks there."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.faults import holes
from benchmarks.faults.panel import ROOT, Panel
from tests import nginx
from tests.on_postgres import Cluster, cluster, find_binaries

# What each node calls the databases by, so that the way of one of them can be cut; the first is ours.
ADDRESSES = ("127.0.0.1", "127.0.5.1", "127.0.5.2")
SITE = "nginx-site.conf"
SECOND = "# server 10.0.0.2:8000 "
# Seconds in which nothing has to be told between a primary and its standby for commits to be lost.
LAG_S = 1


def is_possible() -> bool:
    return holes.is_possible() and find_binaries() is not None and shutil.which("nginx") is not None


@contextmanager
def databases() -> Iterator[tuple[Cluster, Cluster]]:
    """A primary and its standby, on which each commit is before it returns."""
    binaries = find_binaries()
    assert binaries is not None
    with (
        cluster(binaries, addresses=ADDRESSES) as primary,
        cluster(binaries, addresses=ADDRESSES, primary=primary) as standby,
    ):
        primary.wait_for_standby()
        yield primary, standby


def address_of(primary: Cluster, standby: Cluster, host: str) -> str:
    """DATABASE_URL with both hosts."""
    hosts = f"{host}:{primary.port},{host}:{standby.port}"
    login = f"panel:{primary.password}"
    return f"postgres://{login}@{hosts}/postgres?target_session_attrs=read-write"


class Nodes:
    """Two panels with a spool each, and the site of deploy/ in front of them.

    The first one may run another version of the code, from a folder of its own.
    """

    is_tls = True

    def __init__(
        self, folder: Path, primary: Cluster, standby: Cluster, code_of_first: Path = ROOT
    ) -> None:
        self.primary, self.standby = primary, standby
        self._folder, self._stack = folder, ExitStack()
        self.panels = [
            Panel(
                folder / f"panel-{number}.log",
                {
                    "SPOOL_DIR": str(folder / f"spool-{number}"),
                    "DATABASE_URL": address_of(primary, standby, ADDRESSES[number]),
                },
            )
            for number in (1, 2)
        ]
        self.panels[0].root = code_of_first
        self.port = 0

    def start(self) -> None:
        first, second = self.panels
        for panel in self.panels:
            panel.start()
        places = {
            SECOND: f"server 127.0.0.1:{second.port} ",
            "127.0.0.1:8000": f"127.0.0.1:{first.port}",
            # As the site says for two nodes.
            "proxy_read_timeout 8s": "proxy_read_timeout 2s",
        }
        self.port = self._stack.enter_context(nginx.serving(self._folder, SITE, places))

    def stop(self) -> None:
        self._stack.close()
        for panel in self.panels:
            panel.stop()

    def log(self) -> str:
        return "".join(panel.log() for panel in self.panels)

    def change_places(self) -> None:
        """Make the killed primary the standby of the one that was promoted."""
        self.primary, self.standby = self.standby, self.primary
        self.standby.follow(self.primary)
        self.standby.start()
        self.primary.wait_for_standby()


Break = Callable[[Nodes, None, float], None]


def node_killed(nodes: Nodes, postgres: None, seconds: float) -> None:
    """What it had answered and not stored waits on its disk until it is started again."""
    nodes.panels[0].kill()
    time.sleep(seconds)
    nodes.panels[0].start()


def nodes_upgraded(nodes: Nodes, postgres: None, seconds: float) -> None:
    """One is restarted after the other, as in an upgrade; the first one then goes back to its own code."""
    own = nodes.panels[0].root
    for panel, code in ((nodes.panels[0], ROOT), (nodes.panels[1], ROOT), (nodes.panels[0], own)):
        panel.stop()
        panel.root = code
        panel.start()
        panel.wait_until_ready()
        # nginx leaves a node alone for two seconds after it did not answer.
        time.sleep(max(seconds, 3))


def node_cut_off(nodes: Nodes, postgres: None, seconds: float) -> None:
    """One node's way to the database swallows everything, long enough for all that it waits with."""
    with holes.black_hole(nodes.primary.port, ADDRESSES[1]):
        time.sleep(max(seconds, 14))


def promoted(nodes: Nodes, postgres: None, seconds: float) -> None:
    nodes.primary.kill()
    time.sleep(seconds)
    nodes.standby.promote()
    time.sleep(seconds)
    nodes.change_places()


def promoted_behind(nodes: Nodes, postgres: None, seconds: float) -> None:
    """The primary does not wait for the standby, and dies when that one is a second behind."""
    nodes.primary.wait_for_standby(False)
    time.sleep(seconds)
    with holes.black_hole(nodes.primary.port, ADDRESSES[0]):
        time.sleep(LAG_S)
        nodes.primary.kill()
    nodes.standby.promote()
    time.sleep(seconds)
    nodes.change_places()


def standby_lost(nodes: Nodes, postgres: None, seconds: float) -> None:
    """No commit returns while the only standby is away: an outage."""
    nodes.standby.kill()
    time.sleep(max(seconds, 14))
    nodes.standby.start()


def primary_swallowed(nodes: Nodes, postgres: None, seconds: float) -> None:
    """The primary's machine is gone, so that nobody even refuses; its address stays the first one."""
    with holes.black_hole(nodes.primary.port, *ADDRESSES[1:]):
        nodes.primary.kill()
        nodes.standby.promote()
        time.sleep(max(seconds, 14))
    nodes.change_places()


NODES: tuple[Break, ...] = (
    node_killed,
    nodes_upgraded,
    node_cut_off,
    promoted,
    promoted_behind,
    primary_swallowed,
    standby_lost,
)
# What PostgreSQL itself has committed on one machine only is lost with that machine.
MAY_LOSE: tuple[Break, ...] = (promoted_behind,)
