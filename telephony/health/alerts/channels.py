"""The ways to tell somebody: e-mail, and a signed HTTP POST. Each is tried for seconds, and never waited for.

The standard library's HTTP client is enough, and is safer than one that does more: it follows no
redirect, and knows neither other schemes nor proxies nor passwords from files.
"""

import http.client
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from telephony.database import tell
from telephony.health.alerts.signing import HEADER, sign
from telephony.health.alerts.words import Message

# Seconds that one telling may take, all in all.
WITHIN_S = 10.0

Send = Callable[[Message], None]


class RefusedError(Exception):
    """The receiver did not take the message; the text says how it answered."""


def configured() -> dict[str, Send]:
    """Return name -> channel, of those that the settings name."""
    channels: dict[str, Send] = {}
    if settings.ALERT_MAILS_TO:
        channels["e-mail"] = send_mail
    if settings.ALERT_POST_URL:
        channels["POST"] = send_post
    return channels


def target_of(channel: str) -> str:
    """Return whom a channel asks, and which setting says so, without a secret."""
    if channel == "e-mail":
        return f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT} (EMAIL_URL)"
    return f"{urlsplit(settings.ALERT_POST_URL).hostname} (ALERT_POST_URL)"


def send_mail(message: Message) -> None:
    """Raises OSError, or another error of the mail server."""
    host = urlsplit(settings.PUBLIC_BASE_URL).hostname
    state = "over: " if message.state == "over" else ""
    EmailMessage(
        subject=f"[Switchhook] {state}{message.title}",
        body=f"{message.text}\n",
        from_email=settings.ALERT_FROM,
        to=settings.ALERT_MAILS_TO,
        # A second try of the same message has the same ID, and no robot answers it.
        headers={"Message-ID": f"<{message.id}@{host}>", "Auto-Submitted": "auto-generated"},
        connection=get_connection(timeout=WITHIN_S),
    ).send()


def send_post(message: Message) -> None:
    """Raises OSError, http.client.HTTPException or RefusedError."""
    parts = urlsplit(settings.ALERT_POST_URL)
    https = parts.scheme == "https"
    client = http.client.HTTPSConnection if https else http.client.HTTPConnection
    connection = client(parts.hostname or "", parts.port, timeout=WITHIN_S)
    body = message.as_json()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Switchhook",
        HEADER: sign(settings.ALERT_POST_KEY, body, int(time.time())),
    }
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", path, body, headers)
        status = connection.getresponse().status
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise RefusedError(f"it answered {status}")


def send_all(sends: Sequence[Callable[[], None]]) -> list[str]:
    """Send all at once, and return what went wrong with each, "" for what arrived.

    Whoever takes longer is left alone: a server that sends a byte now and then is never done.
    """
    errors: dict[int, str] = {}

    def run(place: int, send: Callable[[], None]) -> None:
        try:
            send()
        except Exception as error:  # whatever a server says, the others are to be told
            errors[place] = describe(error)
        else:
            errors[place] = ""

    threads = [
        threading.Thread(target=run, args=(place, send), name="alert", daemon=True)
        for place, send in enumerate(sends)
    ]
    end = time.monotonic() + WITHIN_S
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    late = f"no answer within {WITHIN_S:.0f} s"
    return [errors.get(place, late) for place in range(len(sends))]


def describe(error: Exception) -> str:
    """Return the error as the log and the start page may show it: without anybody's number."""
    return str(error) if isinstance(error, RefusedError) else tell(error)[:200]


def try_all(message: Message) -> Mapping[str, str]:
    """Send one message through every channel, and return channel -> what went wrong."""
    channels = configured()
    errors = send_all([partial(send, message) for send in channels.values()])
    return dict(zip(channels, errors, strict=True))
