"""SIP's question "are you there?": one OPTIONS request, and which bytes are the answer to it.

Source: RFC 3261, sections 8.1.1, 17.1.3, 18.3 and 20. Whatever comes back may be anybody's.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

# Every transaction of RFC 3261 begins its branch so.
COOKIE = "z9hG4bK"
STATUS_LINE = re.compile(r"SIP/2\.0 ([1-6][0-9]{2})(?: .*)?", re.DOTALL)
FOLD = re.compile(r"\r?\n[ \t]+")
BRANCH = re.compile(r"; *branch *= *([^;,\s]+)", re.IGNORECASE)
CSEQ = re.compile(r"([0-9]{1,10})\s+(\S+)")
LENGTH = re.compile(r"[0-9]{1,6}")
# The short forms of the headers that are read (RFC 3261, 7.3.3).
SHORT = {"v": "via", "i": "call-id", "l": "content-length"}


@dataclass(frozen=True, slots=True)
class Options:
    """One request to `host`, sent from `own_host`. `token` is in no other: by it the answer is known."""

    host: str
    port: int
    transport: str
    own_host: str
    own_port: int
    token: str

    def render(self) -> bytes:
        there, here = f"{bracketed(self.host)}:{self.port}", bracketed(self.own_host)
        contact = f"sip:switchhook-probe@{here}:{self.own_port};transport={self.transport}"
        lines = (
            f"OPTIONS sip:{there} SIP/2.0",
            f"Via: SIP/2.0/{self.transport.upper()} {here}:{self.own_port}"
            f";branch={COOKIE}{self.token};rport",
            "Max-Forwards: 70",
            f"From: <sip:switchhook-probe@{here}>;tag={self.token}",
            f"To: <sip:{there}>",
            f"Call-ID: {self.token}@{here}",
            "CSeq: 1 OPTIONS",
            f"Contact: <{contact}>",
            "Accept: application/sdp",
            "User-Agent: Switchhook",
            "Content-Length: 0",
        )
        return "".join(f"{line}\r\n" for line in (*lines, "")).encode()

    def read_answer(self, message: bytes) -> int | None:
        """Return the status of a final answer to this request; None for all else."""
        first, _, rest = FOLD.sub(" ", _head(message)).partition("\n")
        status = STATUS_LINE.fullmatch(first.rstrip("\r"))
        if status is None or status[1].startswith("1") or not self._is_ours(_headers(rest)):
            return None
        return int(status[1])

    def read_answers(self, stream: bytes) -> int | None:
        """Return the same from what a connection has brought so far, several messages perhaps."""
        found = (self.read_answer(message) for message in _messages(stream))
        return next((status for status in found if status is not None), None)

    def _is_ours(self, headers: Mapping[str, str]) -> bool:
        branch = BRANCH.search(headers.get("via", "").partition(",")[0])
        cseq = CSEQ.fullmatch(headers.get("cseq", ""))
        return (
            branch is not None
            and branch[1] == f"{COOKIE}{self.token}"
            and headers.get("call-id") == f"{self.token}@{bracketed(self.own_host)}"
            and cseq is not None
            and (int(cseq[1]), cseq[2]) == (1, "OPTIONS")
        )


def bracketed(host: str) -> str:
    """Return a host as it stands in a SIP URI: IPv6 in brackets, without a zone."""
    return f"[{host.partition('%')[0]}]" if ":" in host else host


def _messages(stream: bytes) -> Iterator[bytes]:
    """Yield the heads of whole messages; a connection has no other border between them."""
    while True:
        # Empty lines before a message are keep-alives (RFC 5626, 3.5.1).
        head, end, rest = stream.lstrip(b"\r\n").partition(b"\r\n\r\n")
        if not end:
            return
        yield head
        length = _headers(FOLD.sub(" ", _head(head))).get("content-length", "")
        stream = rest[int(length) if LENGTH.fullmatch(length) else 0 :]


def _head(message: bytes) -> str:
    # No byte is refused: what is compared is ASCII.
    return message.partition(b"\r\n\r\n")[0].decode("latin-1")


def _headers(text: str) -> dict[str, str]:
    """Return the first value of each header, which for Via is the one that its sender wrote."""
    found: dict[str, str] = {}
    for line in text.split("\n"):
        name, _, value = line.partition(":")
        name = name.strip().lower()
        found.setdefault(SHORT.get(name, name), value.strip())
    return found
