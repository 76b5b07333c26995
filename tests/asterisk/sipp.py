"""Plays SIP with SIPp: Twilio and strangers who call, and the gateway that is called."""

import re
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.live.conftest import wait_until

FINAL = (400, 403, 404, 405, 406, 408, 410, 415, 416, 420, 480, 482, 484, 486, 487, 488)
FINAL += (500, 501, 502, 503, 504, 580, 600, 603, 604, 606, 607, 608)
CALL_S = 60
# A gateway's demand for a password.
CHALLENGES = {
    "401 Unauthorized": 'WWW-Authenticate: Digest realm="trunk",nonce="1"',
    "407 Proxy Authentication Required": 'Proxy-Authenticate: Digest realm="trunk",nonce="1"',
}
BRANCH = "z9hG4bK[pid]x[call_number]x"
LAST_CSEQ = "[last_cseq_number]"
SDP = """\
v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio 30000 RTP/{profile} 0
a=rtpmap:0 PCMU/8000"""


def free_port(address: str) -> int:
    with socket.socket(type=socket.SOCK_DGRAM) as finder:
        finder.bind((address, 0))
        return int(finder.getsockname()[1])


@dataclass(frozen=True)
class Invite:
    """One call to `extension`, with its From, credentials and headers."""

    extension: str = "myext"
    sender: str = "127.0.2.1"
    caller: str = '"+15551230001" <sip:+15551230001@127.0.2.1>'
    username: str = ""
    password: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    talk_ms: int = 50


def literal(text: str) -> str:
    """SIPp reads [ as the start of a keyword of its own."""
    return text.replace("[", "\\x5b")


def _scenario(invite: Invite) -> str:
    refused = "".join(f'<recv response="{n}" optional="true" next="1"/>' for n in FINAL)
    waiting = "".join(f'<recv response="{n}" optional="true"/>' for n in (100, 180, 181, 183))
    again = "\n".join(
        (
            _send(_invite(invite, 2, "[authentication]"), retransmit=True),
            f'{waiting}<recv response="401" optional="true" next="1"/>{refused}',
            '<recv response="200" next="3"/>',
        )
    )
    return f"""<?xml version="1.0"?><scenario name="call">
{_send(_invite(invite, 1), retransmit=True)}
{waiting}<recv response="401" optional="true" auth="true" next="2"/>{refused}
<recv response="200" next="3"/>
<label id="2"/>
{_send(_within(invite, "ACK"))}
{again if invite.username else '<nop next="4"/>'}
<label id="1"/>
{_send(_within(invite, "ACK"), after="4")}
<label id="3"/>
{_send(_within(invite, "ACK", branch="ack"))}
<pause milliseconds="{invite.talk_ms}"/>
{_send(_within(invite, "BYE", branch="3", cseq="3"), retransmit=True)}
<recv response="200"/>
<label id="4"/>
</scenario>"""


def _send(message: str, *, retransmit: bool = False, after: str = "") -> str:
    options = ' retrans="500"' if retransmit else ""
    options += f' next="{after}"' if after else ""
    return f"<send{options}><![CDATA[\n{message}\n]]></send>"


def _invite(invite: Invite, cseq: int, credentials: str = "") -> str:
    headers = [f"{name}: {literal(value)}" for name, value in invite.headers.items()]
    lines = [
        f"INVITE sip:{invite.extension}@[remote_ip]:[remote_port] SIP/2.0",
        f"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch={BRANCH}{cseq}",
        f"From: {literal(invite.caller)};tag=[pid]t[call_number]",
        f"To: <sip:{invite.extension}@[remote_ip]:[remote_port]>",
        "Call-ID: [call_id]",
        f"CSeq: {cseq} INVITE",
        "Contact: <sip:twilio@[local_ip]:[local_port]>",
        "Max-Forwards: 70",
        "User-Agent: Twilio Gateway",
        *headers,
        *([credentials] if credentials else []),
        "Content-Type: application/sdp",
        "Content-Length: [len]",
        "",
        SDP.format(profile="AVP"),
    ]
    return "\n".join(lines)


def _within(invite: Invite, method: str, branch: str = LAST_CSEQ, cseq: str = LAST_CSEQ) -> str:
    """A request within the call. The ACK of a refusal has the branch of what was refused."""
    lines = [
        f"{method} sip:{invite.extension}@[remote_ip]:[remote_port] SIP/2.0",
        f"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch={BRANCH}{branch}",
        f"From: {literal(invite.caller)};tag=[pid]t[call_number]",
        "[last_To:]",
        "Call-ID: [call_id]",
        f"CSeq: {cseq} {method}",
        "Max-Forwards: 70",
        "Content-Length: 0",
    ]
    return "\n".join(lines)


def call(port: int, invite: Invite, patience_s: float = CALL_S) -> str:
    """Make the call and return the codes of its final replies, such as 401>200; "" for silence."""
    with ringing(port, invite) as running:
        running.wait(patience_s)
        return running.codes()


@dataclass
class Sipp:
    process: subprocess.Popen[bytes]
    messages: Path
    errors: Path

    def wait(self, seconds: float = CALL_S) -> None:
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def text(self) -> str:
        return self.messages.read_text(errors="replace") if self.messages.exists() else ""

    def codes(self) -> str:
        """Final replies to INVITE, in order and without repetitions of one transaction."""
        found: dict[str, str] = {}
        for message in re.split(r"^-{20,}.*$", self.text(), flags=re.MULTILINE):
            reply = re.search(r"^SIP/2\.0 ([2-6][0-9]{2})", message, re.MULTILINE)
            cseq = re.search(r"^CSeq: *([0-9]+) INVITE", message, re.MULTILINE | re.IGNORECASE)
            if reply and cseq:
                found[cseq[1]] = reply[1]
        return ">".join(found.values())


@contextmanager
def ringing(port: int, invite: Invite) -> Iterator[Sipp]:
    """The call under way; it is over when its process is."""
    options = ["-m", "1"]
    options += ["-au", invite.username, "-ap", invite.password] if invite.username else []
    with _sipp(_scenario(invite), invite.sender, None, *options, f"127.0.0.1:{port}") as running:
        yield running


@contextmanager
def _sipp(scenario: str, address: str, port: int | None, *words: str) -> Iterator[Sipp]:
    with tempfile.TemporaryDirectory(prefix="switchhook-sipp-") as name:
        folder = Path(name)
        (folder / "scenario.xml").write_text(scenario)
        own = port or free_port(address)
        command = ["sipp", "-sf", "scenario.xml", "-i", address, "-p", str(own)]
        command += ["-nostdin", "-trace_msg", "-message_file", "messages.log"]
        command += ["-trace_err", "-error_file", "errors.log", "-mi", address, *words]
        with (folder / "output").open("wb") as output:
            process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output)
        running = Sipp(process, folder / "messages.log", folder / "errors.log")
        try:
            yield running
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


@contextmanager
def gateway(address: str, port: int, behaviour: str = "answers", calls: int = 1) -> Iterator[Sipp]:
    """What is behind the trunk: it `answers`, `rings`, or refuses.

    A refusal is a code such as `486`, with the words after it that are to be sent.
    """
    first = '<recv request="INVITE"/>'
    ring = _send(_reply("180 Ringing"))
    if behaviour == "answers":
        done = f'<recv request="ACK"/><recv request="BYE"/>{_send(_reply("200 OK", tag=False))}'
        steps = ring + _send(_reply("200 OK", sdp=True), retransmit=True) + done
    elif behaviour == "rings":
        cancelled = _reply("487 Request Terminated", cseq="CSeq: [last_cseq_number] INVITE")
        steps = f'{ring}<recv request="CANCEL"/>{_send(_reply("200 OK"))}{_send(cancelled)}'
        steps += '<recv request="ACK"/>'
    else:
        steps = _send(_refusal(behaviour)) + '<recv request="ACK"/>'
    text = f'<?xml version="1.0"?><scenario name="gateway">{first}{steps}</scenario>'
    with _sipp(text, address, port, "-aa", "-m", str(calls)) as running:
        assert wait_until(lambda: _is_bound(address, port)), "the gateway did not start"
        yield running


def _refusal(behaviour: str) -> str:
    code, _, words = behaviour.partition(" ")
    header = CHALLENGES.get(behaviour, "")
    return _reply(f"{code} {literal(words) or 'Refused'}", header=header)


def _reply(
    status: str,
    *,
    sdp: bool = False,
    tag: bool = True,
    cseq: str = "[last_CSeq:]",
    header: str = "",
) -> str:
    lines = [
        f"SIP/2.0 {status}",
        "[last_Via:]",
        "[last_From:]",
        "[last_To:];tag=[pid]g[call_number]" if tag else "[last_To:]",
        "[last_Call-ID:]",
        cseq,
        *([header] if header else []),
    ]
    if not sdp:
        return "\n".join((*lines, "Content-Length: 0"))
    lines.append("Contact: <sip:[local_ip]:[local_port]>")
    body = ("Content-Type: application/sdp", "Content-Length: [len]", "", SDP.format(profile="AVP"))
    return "\n".join((*lines, *body))


def _is_bound(address: str, port: int) -> bool:
    # Looked up, because a socket bound to try it would be in SIPp's way.
    wanted = f"{socket.inet_aton(address)[::-1].hex().upper()}:{port:04X}"
    _, *lines = Path("/proc/net/udp").read_text().splitlines()
    return any(line.split()[1] == wanted for line in lines)
