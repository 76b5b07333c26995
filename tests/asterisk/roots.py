"""Fetches small root file systems with a real Asterisk in them, once, into a cache outside the checkout."""

import fcntl
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

# Debian's releases that have Asterisk 22, and 16 with chan_sip.
SUITES = {22: "forky", 16: "bullseye"}
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
APT = Path("/etc/apt")
FETCH_S = 900


class Unavailable(Exception):
    """This machine cannot run a real Asterisk; the text says why and what to do."""


def cache() -> Path:
    default = Path.home() / ".cache" / "switchhook"
    return Path(os.environ.get("SWITCHHOOK_ASTERISK_CACHE") or default)


def find_root(version: int) -> Path:
    """Return the root file system of Asterisk `version`, fetching it if this is the first time."""
    if os.geteuid() != 0:
        raise Unavailable("only root can run it (chroot): run the tests as root")
    missing = [name for name in ("mmdebstrap", "sipp") if not shutil.which(name)]
    if missing:
        raise Unavailable(f"{' and '.join(missing)} missing: apt-get install mmdebstrap sip-tester")
    root = cache() / f"asterisk-{version}"
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"SWITCHHOOK_ASTERISK_CACHE cannot be used ({error})") from error
    with (root.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            _fetch(version, root)
        _name_this_machine(root)
    return root


def _fetch(version: int, root: Path) -> None:
    mirrors = list(_mirrors())
    if not mirrors:
        raise Unavailable(f"no Debian mirror is named in {APT}")
    part = root.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    suite = SUITES[version]
    command = ["mmdebstrap", "--quiet", "--variant=apt", "--include=asterisk,asterisk-modules"]
    # The signatures of old releases are no longer renewed.
    command += ["--aptopt=Acquire::Check-Valid-Until false", suite, str(part)]
    command += [f"deb [signed-by={KEYRING}] {mirrors[0]} {suite} main"]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=FETCH_S)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        shutil.rmtree(part, ignore_errors=True)
        last = str(error.stderr or error).strip().splitlines()[-1]
        raise Unavailable(f"Debian {suite} could not be fetched ({last[:200]})") from error
    part.rename(root)


def _mirrors() -> Iterator[str]:
    """Mirrors of Debian itself in the machine's own apt sources, in both of their forms."""
    places = [APT / "sources.list", *sorted((APT / "sources.list.d").glob("*"))]
    for place in places:
        text = place.read_text() if place.is_file() else ""
        for line in re.findall(r"^(?:URIs:|deb\s(?:\s*\[[^\]]*\])?)\s*(.+)$", text, re.MULTILINE):
            uri = line.split()[0].rstrip("/")
            if uri.endswith("/debian"):
                yield uri


def _name_this_machine(root: Path) -> None:
    # Asterisk looks up its own host name for every call; without an answer, calls hang.
    line = f"127.0.0.1 localhost {socket.gethostname()}\n"
    hosts = root / "etc" / "hosts"
    if not hosts.is_file() or hosts.read_text() != line:
        hosts.write_text(line)
