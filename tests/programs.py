"""The real programs that the tests drive, and what is left out if one of them is missing."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from project import debian
from tests import on_postgres


def find_chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


@dataclass(frozen=True)
class Program:
    name: str
    package: str  # its name in Debian
    find: Callable[[], object]
    untried: str  # what is left out if the program is missing


PROGRAMS = (
    Program(
        "PostgreSQL",
        "postgresql",
        on_postgres.find_binaries,
        "nothing runs on PostgreSQL, and no outage of a database is tried",
    ),
    Program("Chromium", "chromium", find_chromium, "the admin is not tried in a browser"),
    Program(
        "SIPp",
        "sip-tester",
        lambda: shutil.which("sipp"),
        "no call is placed to a real Asterisk",
    ),
    Program(
        "mmdebstrap",
        "mmdebstrap",
        lambda: shutil.which("mmdebstrap"),
        "no real Asterisk is fetched",
    ),
    Program(
        "nft",
        "nftables",
        lambda: shutil.which("nft"),
        "the exported firewall is not checked by nft",
    ),
    Program(
        "ip",
        "iproute2",
        lambda: shutil.which("ip"),
        "no firewall is put between a probe and a real Asterisk",
    ),
    Program(
        "nginx",
        "nginx-light",
        lambda: shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin"),
        "the site in deploy/ is not tried",
    ),
    Program(
        "systemd-analyze",
        "systemd",
        lambda: shutil.which("systemd-analyze"),
        "the unit in deploy/ is not checked",
    ),
)


def missing() -> list[Program]:
    """Return what is still missing after installing what may be installed."""
    absent = [program for program in PROGRAMS if not program.find()]
    if absent and debian.may_install():
        debian.install(*(program.package for program in absent))
    return [program for program in absent if not program.find()]


def in_ci() -> bool:
    return os.environ.get("CI") == "true"


def notice(absent: Sequence[Program]) -> str:
    """Return what this machine leaves out and what to do about it; "" if it leaves out nothing."""
    lines = [*_left_out(absent)]
    if not lines:
        return ""
    first = (
        "LEFT OUT OF THIS RUN, which is a failure in CI:" if in_ci() else "LEFT OUT OF THIS RUN:"
    )
    return "\n".join(f"*** {line}" for line in (first, *lines, *_advice(absent)))


def _left_out(absent: Sequence[Program]) -> Iterator[str]:
    for program in absent:
        yield f"  {program.name} is missing: {program.untried}."
    if os.geteuid() != 0:
        yield "  You are not root: no real Asterisk is started."


def _advice(absent: Sequence[Program]) -> Iterator[str]:
    packages = " ".join(program.package for program in absent)
    if packages and shutil.which("apt-get"):
        yield f"To include it: apt-get install {packages} (make test APT=yes does so through sudo)."
    elif packages:
        yield f"To include it, install what Debian calls {packages}."
    if os.geteuid() != 0:
        yield "A real Asterisk needs root, for chroot: a container is a good place for that."
