"""The call log: what it tells, and that nobody can write in it."""

import pytest
from django.test import Client

from telephony.models import CallRecord
from telephony.records import store
from tests import make
from tests.admin.conftest import page, play, text

HOSTILE = '"><script>alert(1)</script>'
ESCAPED = "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"

FAILOVER = """
    0   voice
    1   leg/1/0  CallStatus=ringing
    6   leg/1/0  CallStatus=failed SipResponseCode=503
    6   voice/1  DialCallStatus=failed DialCallSid=CAleg1a DialSipResponseCode=503
    7   leg/2/0  CallStatus=ringing
    12  leg/2/0  CallStatus=in-progress
    54  leg/2/0  CallStatus=completed CallDuration=42
    54  voice/2  CallStatus=in-progress DialCallStatus=completed DialCallSid=CAleg2a DialCallDuration=42
    55  status   CallStatus=completed CallDuration=54
"""


def log() -> str:
    return page("callrecord", "changelist")


def call_page(panel: Client, table: str, **fields: object) -> str:
    return text(panel.get(page("callrecord", "change", play(table, **fields))))


@pytest.mark.parametrize("name", ["add", "delete", "change"])
def test_nobody_can_write_in_the_log(panel: Client, name: str) -> None:
    sid = play(FAILOVER)
    args = [] if name == "add" else [sid]
    url = page("callrecord", name, *args)
    assert panel.post(url, {"post": "yes", "caller": "+1"}).status_code == 403
    assert CallRecord.objects.get().caller == make.CALLER


def test_the_log_offers_no_action_and_no_add_button(panel: Client) -> None:
    play(FAILOVER)
    shown = text(panel.get(log()))
    assert 'name="action"' not in shown
    assert page("callrecord", "add") not in shown


def test_the_log_tells_who_answered_for_how_long_and_at_what_cost(panel: Client) -> None:
    play(FAILOVER)
    shown = text(panel.get(log()))
    for words in (make.CALLER, make.NUMBER, "answered after failover", "0:42", "0.38 USD"):
        assert words in shown


def test_the_log_has_no_currency_for_a_call_that_was_never_dialled(panel: Client) -> None:
    play("0 voice To=+12025550199")
    shown = text(panel.get(log()))
    assert '<td class="field-cost_of">-</td>' in shown


@pytest.mark.parametrize("query", ["CA0000000000000000000000", "5550143", "+12025550100"])
def test_a_call_is_found_by_its_sid_caller_and_number(panel: Client, query: str) -> None:
    play(FAILOVER)
    assert panel.get(log(), {"q": query}).context["cl"].result_count == 1


def test_the_log_can_be_narrowed_to_one_number(panel: Client) -> None:
    make.make_number(e164="+12025550111")
    play(FAILOVER)
    assert panel.get(log(), {"called": make.NUMBER}).context["cl"].result_count == 1
    assert panel.get(log(), {"called": "+12025550111"}).context["cl"].result_count == 0


def test_a_call_is_told_in_one_sentence(panel: Client) -> None:
    assert (
        "+12025550143 called +12025550100; myext could not be reached, "
        "mobile answered after failover and talked 0:42; cost 0.38 USD."
    ) in call_page(panel, FAILOVER)


def test_a_leg_shows_its_sip_code_in_words(panel: Client) -> None:
    assert "503: the server is down or full" in call_page(panel, FAILOVER)


def test_a_call_shows_every_webhook_with_its_decision(panel: Client) -> None:
    shown = call_page(panel, FAILOVER)
    assert shown.count("<details>") == 9
    assert "Because: position 1 ended failed" in shown


def test_hostile_text_of_a_caller_is_escaped_everywhere(panel: Client) -> None:
    event = make.event("voice", From=HOSTILE, CallerName=HOSTILE, **{HOSTILE: "a field"})
    store.write([event])
    pages = [text(panel.get(log())), text(panel.get(page("callrecord", "change", make.CALL_SID)))]
    assert all(ESCAPED in shown for shown in pages)
    assert not any("<script>alert" in shown for shown in pages)


def test_a_call_whose_webhooks_are_gone_still_opens(panel: Client) -> None:
    CallRecord.objects.create(call_sid="CA1", started_at=make.START)
    shown = text(panel.get(page("callrecord", "change", "CA1")))
    assert "An unknown caller called an unknown number; the call is in progress." in shown
    assert "The webhooks of this call are not stored any more." in shown
