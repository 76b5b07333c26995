"""What real Asterisks print about a small export, kept as text, so that it can be judged anywhere.

`UPDATE_CAPTURED=1 pytest tests/asterisk/test_readback.py`, as root, makes the texts again.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from telephony.asterisk.export import render_all
from telephony.asterisk.snapshot import Endpoint, Server
from tests.asterisk.conftest import PASSWORDS, office

FOLDER = Path(__file__).parent / "captured"
QUESTION = ">>> "


def small(form: str) -> Server:
    """A server with two endpoints whose names chan_sip cuts to the same 25 characters."""
    if form.endswith("address"):
        return replace(office(form), signalling=("127.0.2.0/30",))
    users = ("telephone-kitchen", "telephone-kitchenette")
    passwords = ("In-the-kitchen-1", "In;the-pantry--2")
    alike = tuple(
        Endpoint(user.replace("-", "_"), "097", "atapstn", f"switchhook-{user}", password)
        for user, password in zip(users, passwords, strict=True)
    )
    return office(form, endpoints=(*office(form).endpoints, *alike))


def former(form: str) -> dict[str, str]:
    """The former files, with one more object and context, which Asterisk must have forgotten."""
    server = small(form)
    if server.is_digest:
        eva = Endpoint("eva", "096", "atapstn", "switchhook-eva", PASSWORDS["ana"])
        server = replace(server, endpoints=(*server.endpoints, eva))
    elif server.driver == "pjsip":
        server = replace(server, name="shop", context="fromshop")
    else:
        server = replace(server, signalling=("127.0.2.0/29",), context="fromshop")
    return render_all(server)


def path_of(form: str) -> Path:
    return FOLDER / f"{form.replace(' ', '-')}.txt"


def read(form: str) -> dict[str, str]:
    """Return command -> what Asterisk printed."""
    _, *pieces = re.split(rf"^{QUESTION}(.*)\n", path_of(form).read_text(), flags=re.MULTILINE)
    return dict(zip(pieces[::2], pieces[1::2], strict=True))


def write(form: str, answers: dict[str, str], ports: tuple[int, int]) -> None:
    text = "".join(f"{QUESTION}{command}\n{answer}\n" for command, answer in answers.items())
    # The ports differ each time.
    for port in ports:
        text = text.replace(str(port), "5060")
    FOLDER.mkdir(exist_ok=True)
    path_of(form).write_text(text)


def recording(ask: Callable[[str], str], answers: dict[str, str]) -> Callable[[str], str]:
    """Return `ask` that notes what it was told."""

    def asked(command: str) -> str:
        answers[command] = ask(command)
        return answers[command]

    return asked
