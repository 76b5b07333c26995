"""Writes types.json again from the pinned release of npm's twilio package: `make twiml-types`."""

import base64
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tests.twiml.extract import extract

PACKAGE = "twilio"
# To take a newer release, change both: `npm view twilio version dist.integrity`.
VERSION = "6.2.0"
INTEGRITY = "sha512-zuwVhRa8gGIvaTjXIkRNcf7cPPQCeghMukMcG9WnhWmm7SLnregVpdIoYOSrOvlqMUYf6xP9A2ivsJNf6URoSg=="  # fmt: skip
FILES = ("lib/twiml/VoiceResponse.d.ts", "lib/twiml/VoiceResponse.js", "lib/twiml/TwiML.js")
TYPES = Path(__file__).with_name("types.json")


def packed(folder: str) -> Path:
    """Let npm download the release, from wherever its own settings say."""
    words = [
        "npm",
        "pack",
        f"{PACKAGE}@{VERSION}",
        "--loglevel=error",
        "--pack-destination",
        folder,
    ]
    try:
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    except FileNotFoundError:
        sys.exit("npm is missing: it downloads Twilio's declarations. Install Node.js.")
    except subprocess.CalledProcessError as error:
        sys.exit(f"npm could not download {PACKAGE} {VERSION}: it ended with {error.returncode}.")
    return Path(folder, f"{PACKAGE}-{VERSION}.tgz")


def sources(tarball: Path) -> list[str]:
    digest = hashlib.sha512(tarball.read_bytes()).digest()
    integrity = f"sha512-{base64.b64encode(digest).decode()}"
    if integrity != INTEGRITY:
        sys.exit(f"{tarball.name} is not the release that was pinned: it has {integrity}.")
    with tarfile.open(tarball) as archive:
        members = [archive.extractfile(f"package/{name}") for name in FILES]
        return [member.read().decode() for member in members if member]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        types = extract(*sources(packed(folder)))
    types["source"] = {
        "files": FILES,
        "integrity": INTEGRITY,
        "package": PACKAGE,
        "version": VERSION,
    }
    text = json.dumps(types, ensure_ascii=False, indent=2, sort_keys=True)
    TYPES.write_text(f"{text}\n", encoding="utf-8")
    sys.stdout.write(
        f"{TYPES.name}: {len(types['elements'])} elements and {len(types['enumerations'])}"
        f" enumerations of {PACKAGE} {VERSION}\n"
    )


if __name__ == "__main__":
    main()
