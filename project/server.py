"""The production server: `python -m project.server --host 127.0.0.1 --port 8000`.

It imports neither Django nor the panel, which only its worker processes need.
"""

import argparse
import ctypes
import logging
import multiprocessing
import os
import resource
import signal
import socket
import sys
import time
from typing import Any

from granian import Granian
from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings

logger = logging.getLogger("_granian")

# A worker that has not lived this long has failed to start.
STARTED_S = 5.0
# Seconds before a worker that could not start is started again.
PAUSE_S = 1.0
# Connections at once, in all: more wait for one of these to end. Each needs a file descriptor.
CONNECTIONS_AT_MOST = 16_384
# Files of a worker that are no connections: journals, databases, the server's own.
OTHER_FILES = 256
# Milliseconds in which the head of a request must come, also the next one of a connection.
HEAD_WITHIN_MS = 10_000
# Milliseconds in which a client must read on, once the kernel holds all of an answer that it can.
READ_WITHIN_MS = 15_000
# Connections that may wait to be taken; the kernel may allow fewer.
LISTEN_BACKLOG = 4096
# Seconds that a worker may take to end what it is doing.
STOP_S = 4


class Server(Granian):
    """granian's server, which goes on while any worker lives.

    Its own gives up altogether when a worker that was started again dies within seconds. What is
    changed here belongs to granian's inside, so its version is pinned, and tests kill workers.
    """

    def _init_shared_socket(self) -> None:
        """Listen on one socket for all workers.

        With one each, as granian does on Linux, the connections that wait for a worker die with it.
        """
        family = socket.AF_INET6 if ":" in self.bind_addr else socket.AF_INET
        address = (self.bind_addr, self.bind_port)
        self._sso = socket.create_server(address, family=family, backlog=self.backlog)
        # Linux hands it on to each connection: one whose client reads nothing is given up.
        self._sso.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, READ_WITHIN_MS)
        self._sso.setblocking(False)
        self._sso.set_inheritable(True)
        self._ssp, self._shd = None, SocketHolder(self._sso.fileno(), False, self.backlog)

    def _respawn_workers(self, workers: list[int], *args: Any, **options: Any) -> None:
        failed = [index for index in workers if self._could_not_start(index)]
        for index in workers:
            if index in failed:
                logger.error("worker %s could not start, and is started again", index + 1)
            else:
                logger.error("worker %s has died, and is started again", index + 1)
        if failed:
            time.sleep(PAUSE_S)
        is_anybody_there = any(worker.is_alive() for worker in self.wrks)
        super()._respawn_workers(workers, *args, **options)
        # If none can start, granian ends the server when it happens again; whoever started it sees that.
        if is_anybody_there or not failed:
            self.respawned_wrks.clear()

    def _could_not_start(self, index: int) -> bool:
        """Whether a worker ended by itself as soon as it was started; one that is killed did start."""
        worker = self.wrks[index]
        is_killed = (worker.inner.exitcode or 0) < 0
        return not is_killed and time.monotonic() - worker.birth < STARTED_S


def raise_limit() -> int:
    """Allow as many open files as the system lets us have, and return how many connections these are.

    Most systems give a process 1,024 files to begin with.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS_AT_MOST + OTHER_FILES
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError) as error:
            logger.warning("the limit of open files stays at %s: %s", soft, error)
            wanted = soft
    return max(wanted - OTHER_FILES, OTHER_FILES)


def die_with_parent() -> None:
    """End this worker when the server's main process is killed: nobody else would, and it has the port.

    SIGTERM would be lost on a worker that is still starting, which has its parent's handler.
    """
    try:
        # PR_SET_PDEATHSIG, which only Linux has.
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    except (OSError, AttributeError) as error:
        logger.warning("a worker would outlive its main process: %s", error)
    parent = multiprocessing.parent_process()
    if parent is not None and os.getppid() != parent.pid:
        sys.exit("The server's main process is gone.")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m project.server", description=__doc__)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, required=True)
    options = parser.parse_args()
    connections = raise_limit()
    Server(
        "project.rsgi:application",
        address=options.host,
        port=options.port,
        workers=options.workers,
        interface=Interfaces.RSGI,
        loop=Loops.asyncio,
        http=HTTPModes.http1,
        websockets=False,
        log_level="warning",
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_S,
        backlog=LISTEN_BACKLOG,
        backpressure=min(CONNECTIONS_AT_MOST // options.workers, connections),
        http1_settings=HTTP1Settings(header_read_timeout=HEAD_WITHIN_MS),
    ).serve()


if __name__ == "__main__":
    main()
