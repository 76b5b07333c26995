"""Runs a real Asterisk on the loopback network, with the configuration of a sysadmin around ours."""

import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from telephony.asterisk.box.console import Console, Unreachable
from tests.asterisk.roots import find_root
from tests.asterisk.sipp import free_port
from tests.live.conftest import wait_until

PBX = "127.0.0.1"
GATEWAY = "127.0.4.1"
BOOT_S = 60.0

MODULES = {22: "/usr/lib/x86_64-linux-gnu/asterisk/modules", 16: "/usr/lib/asterisk/modules"}
# What binds ports of its own, and would keep two Asterisks from running side by side.
UNUSED = (
    "chan_iax2",
    "chan_mgcp",
    "chan_ooh323",
    "chan_skinny",
    "chan_unistim",
    "pbx_dundi",
    "res_pjsip_config_wizard",
    "res_ari",
    "res_phoneprov",
    "res_snmp",
    "pbx_ael",
    "pbx_lua",
    "app_voicemail",
    "app_queue",
    "res_hep",
)

LOGGER = """\
[general]
dateformat=%F %T.%3q
[logfiles]
console => notice,warning,error
full => notice,warning,error,verbose,security
"""
CDR = """\
[general]
enable=yes
[csv]
usegmtime=yes
loguniqueid=yes
loguserfield=yes
"""
# What a sysadmin has: transports, the trunk to the telephone network, and our files included.
PJSIP = """\
[global]
type=global
user_agent=PBX
endpoint_identifier_order=auth_username,ip,username,anonymous
[udp]
type=transport
protocol=udp
bind={pbx}:{port}
[atapstn]
type=aor
contact=sip:{gateway}:{gateway_port}
[atapstn]
type=endpoint
context=deadend
disallow=all
allow=ulaw,alaw
direct_media=no
identify_by=ip
aors=atapstn
#include pjsip_switchhook.conf
"""
SIP = """\
[general]
udpbindaddr={pbx}:{port}
context=public
srvlookup=no
[atapstn]
type=peer
host={gateway}
port={gateway_port}
context=deadend
directmedia=no
qualify=no
#include sip_switchhook.conf
"""
EXTENSIONS = """\
[general]
static=yes
writeprotect=yes
[globals]
[public]
exten => 100,1,Answer()
 same => n,Wait(1)
[deadend]
exten => _[!-~].,1,Hangup(21)
#include extensions_switchhook.conf
"""


@dataclass
class Asterisk:
    """A running Asterisk. Its files are in `etc`, also seen from outside its root file system."""

    version: int
    folder: Path
    port: int
    gateway_port: int
    command: list[str]
    process: subprocess.Popen[bytes] = field(init=False)

    @property
    def etc(self) -> Path:
        return self.folder / "etc"

    @property
    def socket(self) -> Path:
        return self.folder / "run" / "asterisk.ctl"

    @property
    def console(self) -> Console:
        return Console(self.socket)

    def log(self) -> str:
        return (self.folder / "log" / "full").read_text(errors="replace")

    def cdr(self) -> list[str]:
        path = self.folder / "log" / "cdr-csv" / "Master.csv"
        return path.read_text().splitlines() if path.exists() else []

    def is_up(self) -> bool:
        try:
            return "fully booted" in self.console("core waitfullybooted")
        except Unreachable:
            return False

    def rss_mb(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) // 1024

    def start(self) -> None:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(self.command, **quiet)

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def asterisk(
    version: int,
    files: Mapping[str, str],
    *,
    driver: str = "pjsip",
    boot_s: float = BOOT_S,
    wait: bool = True,
    address: str = PBX,
    within: Sequence[str] = (),
) -> Iterator[Asterisk]:
    """Boot Asterisk `version` with these files beside the sysadmin's own.

    `within` is a command that runs it elsewhere, such as in a network of its own.
    """
    root = find_root(version)
    inside = Path("/lab") / f"{os.getpid()}-{uuid.uuid4().hex[:6]}"
    folder = root / inside.relative_to("/")
    ports = {"pbx": address, "port": free_port(address), "gateway": GATEWAY}
    ports["gateway_port"] = free_port(GATEWAY)
    _write(folder, inside, version, driver, ports, files)
    command = [*within, "chroot", str(root), "asterisk", "-f", "-C", f"{inside}/etc/asterisk.conf"]
    box = Asterisk(version, folder, int(ports["port"]), int(ports["gateway_port"]), command)
    box.start()
    try:
        if wait:
            assert wait_until(box.is_up, boot_s), box.log()[-2000:]
        yield box
    finally:
        box.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _write(
    folder: Path,
    inside: Path,
    version: int,
    driver: str,
    ports: Mapping[str, object],
    files: Mapping[str, str],
) -> None:
    for name in ("etc", "run", "log/cdr-csv", "spool", "keys"):
        (folder / name).mkdir(parents=True)
    # Asterisk 16 has both drivers, and both want the port.
    other = {"pjsip": "chan_sip", "chan_sip": "chan_pjsip"}[driver]
    unused = "".join(f"noload => {name}.so\n" for name in (*UNUSED, other))
    if driver == "chan_sip":
        unused += "noload => res_pjsip.so\n"
    texts = {
        "asterisk.conf": _asterisk_conf(inside, version),
        "modules.conf": f"[modules]\nautoload=yes\n{unused}",
        "logger.conf": LOGGER,
        "cdr.conf": CDR,
        "extensions.conf": EXTENSIONS,
        "pjsip.conf" if driver == "pjsip" else "sip.conf": (
            PJSIP if driver == "pjsip" else SIP
        ).format(**ports),
        **{f"{name}.conf": "[general]\nenabled=no\n" for name in ("manager", "http")},
        **files,
    }
    for name, text in texts.items():
        (folder / "etc" / name).write_text(text)


def _asterisk_conf(inside: Path, version: int) -> str:
    places = {
        "astetcdir": inside / "etc",
        "astmoddir": MODULES[version],
        "astvarlibdir": "/var/lib/asterisk",
        "astdatadir": "/usr/share/asterisk",
        "astagidir": "/usr/share/asterisk/agi-bin",
        "astdbdir": inside / "run",
        "astkeydir": inside / "keys",
        "astspooldir": inside / "spool",
        "astrundir": inside / "run",
        "astlogdir": inside / "log",
        "astsbindir": "/usr/sbin",
    }
    lines = "".join(f"{name} => {place}\n" for name, place in places.items())
    return f"[directories]\n{lines}[options]\nnocolor = yes\nverbose = 3\n"
