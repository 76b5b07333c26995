"""Writes a server's configuration for Asterisk, compares it, and makes Asterisk take it."""

import time
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandError

from telephony.asterisk import export, firewall
from telephony.asterisk.box import files, reload
from telephony.asterisk.box.console import SOCKET, Console, Unreachable
from telephony.asterisk.box.former import replaced
from telephony.asterisk.format import mask
from telephony.asterisk.refusals import problems
from telephony.asterisk.snapshot import Server
from telephony.models import AsteriskServer
from telephony.snapshots.asterisk import load_asterisk
from telephony.snapshots.exported import count_pending, promote, remember

T = TypeVar("T")
# Seconds between two progress lines.
PROGRESS_S = 1.0


class Command(BaseCommand):
    help = (
        "Write the configuration with which an Asterisk server takes this panel's calls from "
        "Twilio, and nobody else's. Without --output it is printed; on a terminal passwords are "
        "masked. Exits with 1 if a --check fails or Asterisk did not take the files."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--server", metavar="NAME", help="which server, if there are several")
        parser.add_argument(
            "--output", metavar="DIR", type=Path, help="Asterisk's folder, such as /etc/asterisk"
        )
        how = parser.add_mutually_exclusive_group()
        how.add_argument(
            "--check", action="store_true", help="write nothing; exit with 1 if files differ"
        )
        how.add_argument("--diff", action="store_true", help="write nothing; show how files differ")
        how.add_argument(
            "--reload",
            action="store_true",
            help="make the Asterisk on this machine take the files, and put the former ones back "
            "if it does not",
        )
        how.add_argument("--firewall", action="store_true", help="print an nftables table instead")
        parser.add_argument(
            "--socket",
            type=Path,
            default=SOCKET,
            help=f"Asterisk's control socket. Default: {SOCKET}.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder = options["output"]
        self._refuse_a_wrong_folder(folder, options)
        server = load_asterisk(_find(options["server"]), lambda rows: self._watch("read", rows))
        try:
            if options["firewall"]:
                self._print_firewall(server)
                return
            texts = export.render_all(server, self._watch)
            if folder is None:
                self._print(texts)
            elif options["check"] or options["diff"]:
                self._compare(folder, texts, show=options["diff"])
            else:
                self._write(server, folder, texts, options)
        except export.Refused as refused:
            raise CommandError(f"Nothing was written.\n{refused}") from refused
        except OSError as error:
            raise CommandError(_with_notes(f"{error.filename}: {error.strerror}", error)) from error
        except KeyboardInterrupt as error:
            raise CommandError(_with_notes("Interrupted.", error), returncode=130) from error

    def _refuse_a_wrong_folder(self, folder: Path | None, options: dict[str, Any]) -> None:
        if folder is None and (options["check"] or options["diff"] or options["reload"]):
            raise CommandError("Say where the files are: --output /etc/asterisk")
        if folder is not None and not folder.is_dir():
            raise CommandError(f"--output: there is no folder {str(folder)!r}")

    def _print_firewall(self, server: Server) -> None:
        # It has ranges only, but they come from the same tables: what is refused there is refused here.
        found = list(problems(server))
        if found:
            raise export.Refused("\n".join(found))
        try:
            self.stdout.write(firewall.render(server))
        except ValueError as error:
            raise CommandError(str(error)) from error

    def _print(self, texts: dict[str, str]) -> None:
        is_terminal = self.stdout.isatty()
        for name, text in texts.items():
            self.stdout.write(f";;; {name}")
            self.stdout.write(mask(text) if is_terminal else text)

    def _compare(self, folder: Path, texts: dict[str, str], *, show: bool) -> None:
        different = files.differing_names(folder, texts)
        if show:
            for line in files.diff(folder, texts):
                self.stdout.write(line)
        elif different:
            raise CommandError(
                f"Not as in the panel: {_join_paths(folder, different)}. See --diff."
            )
        if not different:
            self.stdout.write(f"{_join_paths(folder, texts)} are as the panel has them.")

    def _write(
        self, server: Server, folder: Path, texts: dict[str, str], options: dict[str, Any]
    ) -> None:
        includes = {name: export.INCLUDES[name] for name in texts}
        missing = files.missing_includes(folder, includes)
        advice = [f"{folder / by} lacks a line: {line}" for by, line in missing]
        if options["reload"] and not missing:
            self._reload(server, folder, texts, options["socket"])
            return
        with replaced(folder, texts) as changed:
            pass
        for name in texts:
            is_new = name in changed
            self.stdout.write(f"{folder / name}: {'written' if is_new else 'unchanged'}")
        remember(server.name, texts)
        if pending := count_pending(server.name):
            advice.append(
                f"Endpoints that go on with a former password: {pending}. Once Asterisk has taken the "
                "files, press Applied on the page with the exported files, or use --reload."
            )
        if options["reload"]:
            raise CommandError("\n".join(("Asterisk was not reloaded.", *advice)))
        for line in advice:
            self.stdout.write(self.style.WARNING(line))

    def _reload(self, server: Server, folder: Path, texts: dict[str, str], socket: Path) -> None:
        console = Console(socket)
        try:
            reload.check_module(console, server.driver)
            changed = reload.apply(console, server, folder, texts, self._watch)
            remember(server.name, texts)
            promote(server)
            self.stdout.write(
                f"Asterisk has taken all of it ({len(server.endpoints)} endpoints); "
                f"changed: {_join_paths(folder, changed) or 'no file'}."
            )
            for note in reload.notes(console, server):
                self.stdout.write(self.style.WARNING(note))
        except Unreachable as error:
            reason = f"{error} Is it running, and may you use that socket?"
            raise CommandError(_with_notes(reason, error)) from error
        except reload.NotTaken as error:
            reason = f"Asterisk did not take the files.\n{error}"
            raise CommandError(_with_notes(reason, error)) from error

    def _watch(self, what: str, items: Iterable[T]) -> Iterator[T]:
        """Pass the items on, and report progress if that takes longer than a second."""
        next_at = time.monotonic() + PROGRESS_S
        for count, item in enumerate(items):
            if count % 1000 == 0 and time.monotonic() >= next_at:
                self.stderr.write(f"{what}: {count}", ending="\n")
                next_at = time.monotonic() + PROGRESS_S
            yield item


def _with_notes(reason: str, error: BaseException) -> str:
    """Return the reason, and the error's notes on the state of the files."""
    return "\n".join((reason, *getattr(error, "__notes__", ())))


def _find(name: str | None) -> AsteriskServer:
    servers = list(
        AsteriskServer.objects.filter(name=name) if name else AsteriskServer.objects.all()
    )
    if len(servers) == 1:
        return servers[0]
    names = ", ".join(AsteriskServer.objects.values_list("name", flat=True)) or "none"
    if name:
        raise CommandError(f"There is no server {name!r}. There are: {names}")
    raise CommandError(f"Say which server with --server NAME. There are: {names}")


def _join_paths(folder: Path, names: Iterable[str]) -> str:
    return " and ".join(str(folder / name) for name in names)
