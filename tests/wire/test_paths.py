"""One spelling of each webhook's address; state in the path, of characters that nobody escapes."""

import re

import pytest

from telephony.routing.decision import Progress
from telephony.routing.directory import STEPS_AT_MOST, Step
from telephony.routing.results import Outcome
from telephony.wire.paths import (
    Address,
    Kind,
    action_path,
    key_path,
    leg_path,
    parse_path,
    parse_url,
    screen_path,
)

BASE = "https://panel.example.com"
FN = frozenset({Outcome.FAILED, Outcome.NO_ANSWER})
PLAN = Progress(
    1,
    FN,
    (
        Step(2, "fallback:3", 20, FN),
        Step(3, "endpoint:7", 15, frozenset({*FN, Outcome.BUSY, Outcome.DECLINED})),
        Step(3, "endpoint:8", 600, frozenset()),
    ),
)
LONGEST = Progress(
    949, FN, tuple(Step(n, f"endpoint:{10**9 + n}", 600, FN) for n in range(950, 1000))
)


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("/twilio/voice/", Address(Kind.VOICE)),
        ("/twilio/voice-failed/", Address(Kind.FAILED)),
        ("/twilio/status/", Address(Kind.STATUS)),
        ("/twilio/leg/", Address(Kind.LEG)),
        (leg_path(12, 3), Address(Kind.LEG, 12, 3)),
        (screen_path(2), Address(Kind.SCREEN, 2)),
        (key_path(2), Address(Kind.KEY, 2)),
        ("/twilio/voice/7/", Address(Kind.ACTION, 7, progress=Progress(7))),
        (action_path(PLAN), Address(Kind.ACTION, 1, progress=PLAN)),
        (action_path(LONGEST), Address(Kind.ACTION, 949, progress=LONGEST)),
        ("/twilio/voice/9/0/", Address(Kind.ACTION, 9, progress=Progress(9, frozenset(), ()))),
    ],
)
def test_an_address_is_read_as_it_was_written(path, address):
    assert parse_path(path) == address


def test_what_is_left_of_the_plan_can_be_read_in_the_address():
    assert action_path(PLAN) == "/twilio/voice/1/fn.2-f3-20-fn.3-e7-15-fnbd.3-e8-600-0/"
    assert screen_path(2) == "/twilio/screen/2/"


def test_the_longest_plan_is_of_unreserved_characters_and_no_longer_than_servers_take():
    path = action_path(LONGEST)

    assert len(LONGEST.later) == STEPS_AT_MOST
    assert re.fullmatch(r"[A-Za-z0-9/._~-]+", path)
    # Web servers take request lines of 8 kB.
    assert len(path) < 2000


@pytest.mark.parametrize(
    "path",
    [
        "/twilio/",
        "/twilio/voice",
        "/twilio/voice/0/",
        "/twilio/voice/1000/",
        "/twilio/voice/01/",
        "/twilio/voice/٣/",
        "/twilio/voice/1/2/",
        "/twilio/voice/1/fn.2-x3-20-fn/",
        "/twilio/voice/1/fn.2-f0-20-fn/",
        "/twilio/voice/1/fn.2-f3-0-fn/",
        "/twilio/voice/1/fn.2-f3-20-/",
        "/twilio/voice/1/fn.2-f3-20-fn",
        "/twilio/voice/1/fn/\n",
        action_path(LONGEST)[:-1] + ".1-e1-5-f/",
        "/twilio/leg/1/",
        "/twilio/leg/1/10/",
        "/twilio/screen/",
        "/twilio/screen/1/other/",
        "/admin/",
        "",
    ],
)
def test_any_other_path_is_no_webhook(path):
    assert parse_path(path) is None


@pytest.mark.parametrize(
    ("url", "position"),
    [
        (f"{BASE}/twilio/voice/1/", 1),
        (f"{BASE}{action_path(PLAN)}", 1),
        (f"{BASE}:8443/twilio/voice/2/?a=1#rc=2", 2),
        (f"{BASE}/twilio/voice/", None),
    ],
)
def test_a_failed_url_names_the_webhook_that_failed(url, position):
    found = parse_url(url, BASE)

    assert found is not None
    assert found.position == position


def test_a_public_address_may_have_a_path():
    base = "https://example.com:8443/panel"

    assert parse_url(f"{base}/twilio/voice/3/", base) == parse_path("/twilio/voice/3/")


@pytest.mark.parametrize(
    "url", ["", "https://[broken/twilio/voice/1/", "https://hoge.example/voice.xml"]
)
def test_a_url_that_is_none_of_ours_names_no_webhook(url):
    assert parse_url(url, BASE) is None
