"""Makes a virtual environment: `python3 -m project.venv .venv`. Needs no packages.

Debian puts a part of Python's venv into a package of its own, which python3 does not depend on.
"""

from __future__ import annotations

import platform
import subprocess
import sys

from project import debian

PACKAGE = "python3-venv"
OLDEST = (3, 11)


def is_complete() -> bool:
    # In a process of its own: this one would not see what has just been installed.
    done = subprocess.run([sys.executable, "-c", "import ensurepip"], stderr=subprocess.DEVNULL)
    return done.returncode == 0


def make(folder: str) -> None:
    version = platform.python_version()
    if sys.version_info < OLDEST:
        sys.exit(
            f"Python {version} is too old: 3.11 or newer is needed. "
            "If a newer one has another name, give it: make run PYTHON=python3.11"
        )
    if not is_complete() and debian.may_install():
        debian.install(PACKAGE)
    if not is_complete():
        sys.exit(
            f"Python {version} cannot make virtual environments: its module ensurepip is missing. "
            f"On Debian and systems like it: apt-get install {PACKAGE}. Then call make again."
        )
    debian.tell(f"Creating {folder} with Python {version}")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)  # noqa: S603  no shell


if __name__ == "__main__":
    make(sys.argv[1])
