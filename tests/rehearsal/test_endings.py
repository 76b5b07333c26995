"""Which side ends a dial of several, and what becomes of the others."""

import pytest

from telephony.rehearsal.endings import DIAL_ENDINGS, cut_off, find_last


@pytest.mark.parametrize(
    ("names", "last", "then"),
    [
        (["busy"], 0, ["busy"]),
        (["no-answer", "completed"], 1, ["canceled", "completed"]),
        (["completed", "completed"], 0, ["completed", "canceled"]),
        (["mailbox", "completed"], 1, ["canceled", "completed"]),
        (["busy", "mailbox"], 1, ["busy", "mailbox"]),
        (["no-answer", "hangup"], 1, ["canceled", "hangup"]),
        (["hangup", "completed"], 1, ["hangup", "completed"]),
        (["busy", "no-answer"], 1, ["busy", "no-answer"]),
        (["no-answer", "no-answer"], 0, ["no-answer", "no-answer"]),
        (["declined", "failed"], 0, ["declined", "failed"]),
    ],
)
def test_the_last_side_ends_the_dial_and_cuts_off_who_still_rings(names, last, then):
    endings = [DIAL_ENDINGS[name] for name in names]
    assert find_last(endings) == last
    assert cut_off(endings, last) == [DIAL_ENDINGS[name] for name in then]
