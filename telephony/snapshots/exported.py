"""Remembers what was last exported, as fingerprints from which no password can be guessed."""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from telephony.asterisk.snapshot import Server
from telephony.models import AsteriskServer, SipEndpoint

SALT = "telephony.exported"


def fingerprint(text: str) -> str:
    """Return an HMAC under SECRET_KEY: the texts hold passwords, and whoever reads the database has
    all the rest of them, so that a plain hash could be tried against guesses."""
    return salted_hmac(SALT, text, algorithm="sha256").hexdigest()


def remember(server: str, texts: Mapping[str, str]) -> None:
    """Note that a server's files, name -> text, were written just now."""
    # This bypasses the manager that raises the directory's revision: no call is routed by it.
    AsteriskServer._base_manager.filter(name=server).update(
        exported={name: fingerprint(text) for name, text in texts.items()},
        exported_at=timezone.now(),
    )


def promote(server: Server) -> int:
    """Let calls use the usernames and passwords that Asterisk has now taken, and return of how many
    endpoints they are new. What was changed since `server` was read waits for the next time."""
    taken = {each.user: (each.username, each.password) for each in server.endpoints}
    with transaction.atomic():
        pending = SipEndpoint.objects.select_for_update().filter(
            server__name=server.name, next_username__isnull=False
        )
        new = [each for each in pending if taken.get(each.user) == each.wanted]
        for endpoint in new:
            endpoint.username, endpoint.password = endpoint.wanted
            endpoint.next_username = endpoint.next_password = None
        names = ("username", "password", "next_username", "next_password")
        SipEndpoint.objects.bulk_update(new, names, batch_size=100)
    return len(new)


def count_pending(server: str) -> int:
    """Return how many of a server's endpoints go on with a username or password that is to change."""
    return SipEndpoint.objects.filter(server__name=server, next_username__isnull=False).count()


def differing(server: AsteriskServer, texts: Mapping[str, str]) -> list[str]:
    """Return the files that differ from what was last exported, or are no longer written.

    After a change of SECRET_KEY these are all files, until the next export.
    """
    now = {name: fingerprint(text) for name, text in texts.items()}
    names = [*now, *(name for name in server.exported if name not in now)]
    return [name for name in names if now.get(name) != server.exported.get(name)]
