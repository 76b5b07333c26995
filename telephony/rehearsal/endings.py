"""How the sides of a dial can end, and which of them ends it; the player plays them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# Seconds until somebody picks up, is busy, declines, cannot be reached, or the caller hangs up.
RING_S = 6


@dataclass(frozen=True)
class Ending:
    """How one dial ends, in Twilio's words. `by_person`: there is somebody who can press a key.

    `rings_out`: it rings for as long as it may.
    """

    dial_status: str
    leg_status: str
    sip_code: str = ""
    error_code: str = ""
    call_status: str = "ringing"
    by_person: bool = True
    rings_out: bool = False

    @property
    def is_picked_up(self) -> bool:
        return self.dial_status == "completed"


# What `simulate_call --outcomes` takes. A 603 arrives as busy, and so do Twilio's own refusals.
DIAL_ENDINGS: Mapping[str, Ending] = {
    "completed": Ending("completed", "completed", "200", call_status="in-progress"),
    "mailbox": Ending("completed", "completed", "200", by_person=False),
    "busy": Ending("busy", "busy", "486"),
    "declined": Ending("busy", "busy", "603"),
    "no-answer": Ending("no-answer", "no-answer", "487", rings_out=True),
    "failed": Ending("failed", "failed", "503"),
    "refused": Ending("busy", "busy", error_code="13247"),
    "canceled": Ending("canceled", "canceled", "487"),
    "hangup": Ending("canceled", "canceled", "487", call_status="no-answer"),
}


def find_last(endings: Sequence[Ending]) -> int:
    """Return the place of the side with which a dial ends, of those that ring together.

    A person picks up before a mailbox does. If nobody does, it is over when the caller hangs up,
    and otherwise when the last has stopped ringing.
    """
    signs = [
        (e.is_picked_up and e.by_person, e.is_picked_up, e.call_status == "no-answer", e.rings_out)
        for e in endings
    ]
    return signs.index(max(signs))


def cut_off(endings: Sequence[Ending], last: int) -> list[Ending]:
    """Return how each side ends where the dial ends with the one at the place `last`.

    Whoever still rings when somebody picks up, or when the caller hangs up, is cancelled.
    """
    if endings[last].rings_out:
        return list(endings)
    return [
        DIAL_ENDINGS["canceled"] if place != last and (e.rings_out or e.is_picked_up) else e
        for place, e in enumerate(endings)
    ]
