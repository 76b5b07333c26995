"""simulate_call against the running panel: the story that the README tells."""

import time
from dataclasses import replace

import pytest

from tests.live.conftest import Panel, free_port, run_manage

pytestmark = pytest.mark.live


def simulate(panel: Panel, *words: str) -> tuple[int, str]:
    done = panel.manage("simulate_call", "+12025550100", "--url", panel.url, *words)
    return done.returncode, done.stdout + done.stderr


def test_a_call_that_asterisk_answers_costs_the_landline_rate(panel):
    code, story = simulate(panel, "--outcomes", "completed", "--talk", "61")
    assert code == 0
    assert "answered by Office landline" in story
    assert "cost 0.3050 USD, saved 0.4550 USD" in story


def test_a_call_fails_over_when_asterisk_is_down(panel):
    code, story = simulate(panel, "--outcomes", "failed,completed")
    assert code == 0
    assert "answered after failover by Mobile through Twilio" in story
    assert "dial: the dial at position 1 ended: failed" in story


def test_a_call_that_nobody_takes_exits_with_1_and_tells_the_caller(panel):
    code, story = simulate(panel, "--outcomes", "no-answer,no-answer")
    assert code == 1
    assert "told to say: Nobody can take your call right now." in story
    assert "nobody answered" in story


def test_an_anonymous_caller_reaches_the_fallback_number_as_the_called_number(panel):
    code, story = simulate(panel, "--from", "anonymous", "--outcomes", "failed,completed")
    assert code == 0
    assert "told to dial +59899999999 for 20 s as +12025550100" in story


def test_numbers_are_taken_as_the_country_writes_them(panel):
    environment = {**panel.environment, "COUNTRY": "US"}
    words = ("simulate_call", "(202) 555-0100", "--from", "202 555 0143", "--url", panel.url)
    done = run_manage(environment, *words)
    assert done.returncode == 0, done.stderr
    assert "from +12025550143 to +12025550100" in done.stdout


def test_a_busy_endpoint_ends_the_route_and_twilios_own_refusal_does_not(panel):
    story = simulate(panel, "--outcomes", "busy")[1]
    assert "position 1 ended: busy; the route does not move on after that" in story
    assert simulate(panel, "--outcomes", "refused,completed")[0] == 0


def test_nobody_is_dialled_once_the_caller_hangs_up(panel):
    code, story = simulate(panel, "--outcomes", "hangup,completed")
    assert code == 1
    assert "dials 1" in story
    assert "caller hung up" in story


def test_a_number_that_is_not_ours_is_rejected(panel):
    done = panel.manage("simulate_call", "+12025550199", "--url", panel.url)
    assert done.returncode == 1
    assert "told to reject the call" in done.stdout


def test_without_a_panel_it_says_how_to_start_one(panel):
    done = panel.manage("simulate_call", "+12025550100", "--url", f"http://127.0.0.1:{free_port()}")
    assert done.returncode == 2
    assert "Start one with `make run`" in done.stderr


def test_another_auth_token_is_refused_with_advice(panel):
    other = {**panel.environment, "TWILIO_AUTH_TOKEN": "another-token-0123456789"}
    done = replace(panel, environment=other).manage(
        "simulate_call", "+12025550100", "--url", panel.url
    )
    assert done.returncode == 2
    assert "The panel refused the signature" in done.stderr
    assert "another-token" not in done.stderr


@pytest.mark.parametrize("outcomes", ["", "answered", "failed,answered"])
def test_an_unknown_outcome_is_named_with_those_allowed(panel, outcomes):
    done = panel.manage("simulate_call", "+12025550100", "--outcomes", outcomes)
    assert done.returncode == 2
    assert "allowed: completed, mailbox, busy, declined" in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("garbage",), "number: found 'garbage'. 'garbage' is not part of a telephone number."),
        (("+12025550100", "--talk", "-5"), "allowed: whole seconds from 0 to 14400"),
        (("+12025550100", "--url", "http://["), "write http://HOST:PORT"),
        (("+12025550100", "--url", "127.0.0.1:8000"), "write http://HOST:PORT"),
    ],
)
def test_a_wrong_argument_is_named_and_nothing_is_played(panel, words, message):
    done = panel.manage("simulate_call", *words)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_number_typed_with_blanks_is_the_same_number(panel):
    done = panel.manage("simulate_call", "+1 (202) 555-0100", "--url", panel.url)
    assert done.returncode == 0
    assert "to +12025550100" in done.stdout


def test_a_mailbox_presses_no_key_and_the_next_step_rings(panel):
    ask = "from telephony.models import *; FallbackNumber.objects.update(ask_for_key={})"
    swap = "RouteStep.objects.filter(position={}).update(position={})"
    reorder = "; ".join(swap.format(*pair) for pair in ((1, 9), (2, 1), (9, 2)))
    panel.shell(f"{ask.format(True)}; {reorder}")
    try:
        time.sleep(0.5)  # longer than the panel takes to see it
        code, story = simulate(panel, "--outcomes", "mailbox,completed")
    finally:
        panel.shell(f"{ask.format(False)}; {reorder}")
        time.sleep(0.5)
    assert code == 0
    assert "told to ask for a key: You have a call. Press any key to answer it." in story
    assert "picked up by +59899999999, where nobody presses a key" in story
    assert "answered after failover by Office landline" in story
