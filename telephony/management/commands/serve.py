"""Runs the panel under the production server."""

import logging
import os
import socket
import sys
import tempfile
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseTrouble
from django.db import connection

from telephony.models import PhoneNumber

# Seconds for which a start looks for a number to show.
LOOK_S = 0.5


class Command(BaseCommand):
    requires_system_checks = ()  # they would ask the database, which may be down
    help = "Serve the panel with the production server. Put a proxy with TLS in front of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--host", default="127.0.0.1", help="address to listen on (%(default)s)"
        )
        parser.add_argument("--port", type=int, default=8000, help="(%(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        _check_address(host, port)
        _check_spool()
        self.stdout.write(_welcome(f"http://{host}:{port}", port))
        self.stdout.flush()
        command = [sys.executable, "-m", "project.server", "--host", host, "--port", str(port)]
        command += ["--workers", str(settings.WEB_WORKERS)]
        # It ends this process without a word to anybody.
        logging.shutdown()
        os.execv(sys.executable, command)  # noqa: S606  our own words, no shell


def _check_address(host: str, port: int) -> None:
    """Refuse a busy port: the server would share it with another, and calls would go to either."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except (OSError, OverflowError) as error:
        raise CommandError(
            f"Cannot listen on {host} port {port}: {error}. Stop whatever listens there, or choose "
            "another port (1 to 65535): --port 9000, or PORT=9000 make run."
        ) from error


def _check_spool() -> None:
    try:
        settings.SPOOL_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=settings.SPOOL_DIR):
            pass
    except OSError as error:
        raise CommandError(
            f"SPOOL_DIR: found {str(settings.SPOOL_DIR)!r}, where nothing can be written "
            f"({error.strerror}); allowed: a folder on a local disk that the panel may write to."
        ) from error


def _find_number() -> str:
    """Return one of our numbers, to rehearse a call with; "" if there is none.

    If the database is not quick, it is the demo's.
    """
    found: list[str] = []

    def look() -> None:
        try:
            numbers = PhoneNumber.objects.filter(enabled=True).values_list("e164", flat=True)
            found.append(numbers.first() or "")
        except DatabaseTrouble:
            # The server must start even without its database: calls come in all the same.
            pass
        finally:
            connection.close()

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(LOOK_S)
    return found[0] if found else "+12025550100"


def _welcome(url: str, port: int) -> str:
    called = _find_number()
    where = "" if port == 8000 else f" --url {url}"
    next_step = (
        "\nRehearse:  (in another terminal)"
        f"\n  {os.path.relpath(sys.executable)} manage.py simulate_call {called}"
        f" --from +59891234567 --outcomes failed,completed{where}"
        if called
        else f"\nSet up:    {url}/admin/setup/"
    )
    return f"\nAdmin:     {url}/admin/{next_step}\nStop:      Ctrl-C\n"
