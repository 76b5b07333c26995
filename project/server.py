"""The production server: `python -m project.server --host 127.0.0.1 --port 8000`.

It imports neither Django nor the panel, which only its worker processes need.
"""

import argparse
import logging
import socket
import time
from typing import Any

from granian import Granian
from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces, Loops

logger = logging.getLogger("_granian")

# A worker that has not lived this long has failed to start.
STARTED_S = 5.0
# Seconds before a worker that could not start is started again.
PAUSE_S = 1.0
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
        self._sso.setblocking(False)
        self._sso.set_inheritable(True)
        self._ssp, self._shd = None, SocketHolder(self._sso.fileno(), False, self.backlog)

    def _respawn_workers(self, workers: list[int], *args: Any, **options: Any) -> None:
        died_young = [i for i in workers if time.monotonic() - self.wrks[i].birth < STARTED_S]
        is_anybody_there = any(worker.is_alive() for worker in self.wrks)
        for index in workers:
            if index in died_young:
                logger.error("worker %s could not start, and is started again", index + 1)
            else:
                logger.error("worker %s has died, and is started again", index + 1)
        if died_young:
            time.sleep(PAUSE_S)
        super()._respawn_workers(workers, *args, **options)
        if is_anybody_there:
            self.respawned_wrks.clear()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m project.server", description=__doc__)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, required=True)
    options = parser.parse_args()
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
    ).serve()


if __name__ == "__main__":
    main()
