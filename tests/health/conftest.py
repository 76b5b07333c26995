"""Receivers of alerts, as the settings name them, and rounds at a time that the test chooses."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.health import receivers


@pytest.fixture
def mailbox() -> Iterator[receivers.Mailbox]:
    with receivers.mailbox() as box:
        yield box


@pytest.fixture
def receiver() -> Iterator[receivers.Receiver]:
    with receivers.receiver() as box:
        yield box


@pytest.fixture
def told(
    settings: Any, tmp_path: Path, mailbox: receivers.Mailbox, receiver: receivers.Receiver
) -> "Told":
    """Both channels are set up, and the spool is the test's own."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mailbox.port
    settings.ALERT_MAILS_TO, settings.ALERT_FROM = ["ops@example.com"], "panel@example.com"
    settings.ALERT_POST_URL, settings.ALERT_POST_KEY = receiver.url, receivers.KEY
    settings.SPOOL_DIR = tmp_path / "spool"
    return Told(mailbox, receiver)


class Told:
    """What both receivers have heard."""

    def __init__(self, mailbox: receivers.Mailbox, receiver: receivers.Receiver) -> None:
        self.mailbox = mailbox
        self.receiver = receiver

    def since_last(self) -> list[tuple[str, str]]:
        """Return (code, state) of what both have heard since this was last asked."""
        posts, mails = self.receiver.posts[:], self.mailbox.mails[:]
        self.receiver.posts.clear()
        self.mailbox.mails.clear()
        titles = [("over: " if p["state"] == "over" else "") + p["title"] for p in posts]
        assert [str(mail["Subject"]) for mail in mails] == [f"[Switchhook] {t}" for t in titles]
        assert [receivers.text_of(mail).rstrip("\n") for mail in mails] == [
            p["text"] for p in posts
        ]
        return [(post["code"], post["state"]) for post in posts]
