"""What every test has: no network, fast passwords, a database file of its own, and a Twilio that signs."""

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections
from django.http import HttpResponse
from django.test import Client, override_settings
from django.utils.datastructures import MultiValueDict
from django.utils.http import urlencode
from hypothesis import settings as hypothesis_settings
from twilio.request_validator import RequestValidator

from tests import environment, make
from tests.twiml.judge import judged

hypothesis_settings.register_profile("suite", deadline=None)
hypothesis_settings.load_profile("suite")

LOOPBACK = ("127.", "::1", "localhost")


def refuse_network(event: str, args: tuple[Any, ...]) -> None:
    """Sockets reach this machine only, whoever opens them."""
    if event == "socket.getaddrinfo":
        host = args[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(args[1], tuple):
        host = args[1][0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host and not host.startswith(LOOPBACK):
        raise RuntimeError(f"a test tried to reach {host}; tests stay on this machine")


sys.addaudithook(refuse_network)


@pytest.fixture(autouse=True, scope="session")
def fast_passwords() -> Iterator[None]:
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """A real SQLite file, in WAL mode as in production, and not Django's database in memory."""
    database = connections["default"]
    if database.vendor == "sqlite":
        database.settings_dict["TEST"]["NAME"] = str(environment.FOLDER / "test.sqlite3")


@pytest.fixture
def twilio_post(client: Client) -> Callable[..., HttpResponse]:
    """Post a webhook as Twilio would: `twilio_post("/twilio/voice/", From="anonymous")`.

    A field that is None is left out, a list is posted as often as it has values. The signature
    is made by Twilio's own library, over the public address. TwiML that comes back is judged.
    """

    def post(
        path: str, *, token: str = environment.AUTH_TOKEN, by: Client = client, **fields: Any
    ) -> HttpResponse:
        chosen = {**make.FIELDS, **fields}
        params = MultiValueDict(
            {
                name: value if isinstance(value, list) else [value]
                for name, value in chosen.items()
                if value is not None
            }
        )
        url = f"https://panel.example.com{path}"
        response = by.post(
            path,
            urlencode(params, doseq=True),
            content_type="application/x-www-form-urlencoded",
            headers={"X-Twilio-Signature": RequestValidator(token).compute_signature(url, params)},
        )
        if response.headers.get("Content-Type", "").startswith("text/xml"):
            judged(response.content.decode())
        return response

    return post
