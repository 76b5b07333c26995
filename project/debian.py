"""Installs Debian packages, where that is allowed. Needs no Python packages."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

APT_S = 900
# Neither a mirror that is down nor another apt-get at work may hold us up for long.
APT_OPTIONS = ("Acquire::Retries=1", "Acquire::http::Timeout=20", "DPkg::Lock::Timeout=60")


def may_install() -> bool:
    """Root may, unless APT=no. Others may, through sudo, if APT=yes."""
    wish = os.environ.get("APT") or ("yes" if os.geteuid() == 0 else "no")
    return wish == "yes" and shutil.which("apt-get") is not None


def install(*packages: str) -> None:
    """Install what can be installed. A failure is only reported: the caller sees what is there."""
    if not apt_get("update"):
        return
    # One by one, so that a package that this system lacks does not stop the others.
    for package in packages:
        tell(f"Installing {package}")
        apt_get("install", "--yes", "--no-install-recommends", package)


def apt_get(*words: str) -> bool:
    # sudo -n fails where it would have to ask for a password.
    command = [] if os.geteuid() == 0 else ["sudo", "-n"]
    command += ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    command += [f"--option={option}" for option in APT_OPTIONS]
    try:
        done = subprocess.run(  # noqa: S603  our own words, no shell
            [*command, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=APT_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        tell(f"*** apt-get {' '.join(words)} failed: {error}")
        return False
    if done.returncode != 0:
        tell(f"*** apt-get {' '.join(words)} failed:\n{done.stdout.strip()}")
    return done.returncode == 0


def tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
