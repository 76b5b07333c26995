"""Writes a first .env with fresh secrets: `python -m project.dotenv PORT`. Needs no packages."""

import os
import secrets
import sys
from pathlib import Path

from telephony.identifiers import MADE_UP_TOKEN

TEMPLATE = """\
# Written by the first `make run`. docs/settings.md explains every setting.
SECRET_KEY={secret_key}
# The address at which Twilio reaches the panel.
PUBLIC_BASE_URL=http://127.0.0.1:{port}
# A made-up account, so that rehearsed calls can be signed. For real calls replace both values with
# those on the first page of Twilio's console, and restart the panel.
TWILIO_ACCOUNT_SID=AC{account}
TWILIO_AUTH_TOKEN={token}
# Two letters, such as UY: in this country numbers are written without + and the country code.
COUNTRY=
"""


def write(path: Path, port: int) -> bool:
    """Write the file, readable by its owner only; return False if there is one already.

    `port` is where the panel listens on this machine.
    """
    text = TEMPLATE.format(
        port=port,
        secret_key=secrets.token_urlsafe(48),
        account=secrets.token_hex(16),
        token=MADE_UP_TOKEN + secrets.token_hex(16),
    )
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    return True


if __name__ == "__main__":
    if write(Path(__file__).resolve().parent.parent / ".env", int(sys.argv[1])):
        sys.stdout.write("Wrote .env with fresh secrets.\n")
