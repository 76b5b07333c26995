"""What docs/alerts.md says in figures is what the code does."""

import re

from telephony.health.alerts import channels, finders, judging, rounds, silence, words
from telephony.health.alerts.finders import IN_DATABASE, ON_MACHINE
from telephony.health.alerts.judging import Code
from telephony.health.alerts.rounds import choices_of
from telephony.models import Policy
from tests.floors import ROOT

PAGE = " ".join((ROOT / "docs/alerts.md").read_text().split())


def test_the_seconds_of_the_table_are_those_of_a_new_policy():
    rows = re.findall(r"\| `([a-z-]+)` \|[^|]+\|[^|]+\| (\d+) \|", PAGE)
    policy = Policy(missed_call=True)
    chosen = {**choices_of(policy, IN_DATABASE), **choices_of(policy, ON_MACHINE)}

    assert chosen.pop(Code.MISSED_CALL) == 0
    assert {code: int(after_s) for code, after_s in rows} == chosen
    assert not Policy().missed_call


def test_every_state_has_a_finder_and_every_finder_a_state():
    assert {*IN_DATABASE, *ON_MACHINE} == set(Code)


def test_the_other_figures_are_those_of_the_code():
    assert f"Each try may take {channels.WITHIN_S:.0f} seconds" in PAGE
    assert f"{finders.QUIET.seconds // 60} minutes, and a call of that account" in PAGE
    assert (finders.WAITS_S, finders.REFUSED_WITHIN.days, finders.SILENCE_EVERY.seconds) == (
        60, 7, 300,
    )  # fmt: skip
    assert (finders.MISSED_WITHIN.days, judging.TRIED_FOR.days, silence.WEEKS) == (1, 1, 8)
    assert f"kept for {rounds.COUNTED_FOR.days} days" in PAGE
    assert (words.LISTED, Policy().silence_calls) == (20, 5)
    assert judging.LONGEST_PAUSE.seconds == 3600
