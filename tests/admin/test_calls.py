"""The call log: what it tells, and that nobody can write in it."""

from dataclasses import replace

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from telephony.models import CallRecord, SipEndpoint
from telephony.records import store
from telephony.snapshots.directory import load_directory
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


def test_a_call_is_told_to_a_person(panel: Client) -> None:
    assert (
        "+1 202-555-0143 called +1 202-555-0100. myext could not be reached, which took 5 s; "
        "then mobile answered after ringing for 5 s and talked for 42 s. "
        "It cost 0.38 USD: 1 started minute at 0.38 USD."
    ) in call_page(panel, FAILOVER)


def test_a_leg_shows_its_sip_code_in_words(panel: Client) -> None:
    assert "503: the server is down or full" in call_page(panel, FAILOVER)


def test_a_call_shows_every_webhook_with_its_decision(panel: Client) -> None:
    shown = call_page(panel, FAILOVER)
    assert shown.count('<details id="fields-') == 9
    assert "Because: the dial at position 1 ended: failed." in shown


def test_hostile_text_of_a_caller_is_escaped_everywhere(panel: Client) -> None:
    event = make.event("voice", From=HOSTILE, CallerName=HOSTILE, **{HOSTILE: "a field"})
    store.write([event])
    pages = [text(panel.get(log())), text(panel.get(page("callrecord", "change", make.CALL_SID)))]
    assert all(ESCAPED in shown for shown in pages)
    assert not any("<script>alert" in shown for shown in pages)


def test_a_call_whose_webhooks_are_gone_still_opens(panel: Client) -> None:
    CallRecord.objects.create(call_sid="CA1", started_at=timezone.now())
    shown = text(panel.get(page("callrecord", "change", "CA1")))
    assert "An unknown caller called an unknown number. The call is in progress." in shown
    assert "The webhooks of this call are no longer stored." in shown


def test_a_leg_leads_to_its_destination_while_that_is_there(panel: Client) -> None:
    number = make.make_story()
    play(FAILOVER, live=load_directory())
    endpoint, fallback = number.steps.all()
    endpoint_page = page("sipendpoint", "change", endpoint.endpoint_id)
    fallback_page = page("fallbacknumber", "change", fallback.fallback_number_id)

    shown = text(panel.get(page("callrecord", "change", make.CALL_SID)))
    assert endpoint_page in shown
    assert fallback_page in shown

    number.steps.all().delete()
    SipEndpoint.objects.all().delete()
    shown = text(panel.get(page("callrecord", "change", make.CALL_SID)))
    assert endpoint_page not in shown
    assert fallback_page in shown


def test_a_leg_leads_nobody_where_they_may_not_look(db: None) -> None:
    make.make_story()
    play(FAILOVER, live=load_directory())
    user = User.objects.create(username="log reader", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_callrecord"))
    client = Client()
    client.force_login(user)

    shown = text(client.get(page("callrecord", "change", make.CALL_SID)))
    assert "answered after failover" in shown
    assert "/sipendpoint/" not in shown


def test_a_call_page_says_what_never_came(panel: Client) -> None:
    shown = call_page(panel, "0 voice\n 60 status CallStatus=completed CallDuration=50")
    assert "Never heard" in shown
    assert "How the dial at position 1 ended (its action webhook)" in shown
    assert "Who answered" in shown


def test_a_call_that_has_just_begun_waits_for_what_is_to_come(panel: Client) -> None:
    store.write([replace(make.event("voice"), received_at=timezone.now())])
    shown = text(panel.get(page("callrecord", "change", make.CALL_SID)))
    assert "Not heard yet" in shown
    assert "Never heard" not in shown


def test_a_call_of_which_everything_came_lacks_nothing(panel: Client) -> None:
    shown = call_page(panel, FAILOVER)
    assert "Never heard" not in shown


CALLER = {
    "CallerName": "FAYETTEVILL  NC",
    "ForwardedFrom": "05099999999",
    "StirVerstat": "TN-Validation-Passed-B-Diverted",
}


def test_who_called_is_told_in_words(panel: Client) -> None:
    store.write([make.event("voice", **CALLER)])
    shown = text(panel.get(page("callrecord", "change", make.CALL_SID)))
    assert "FAYETTEVILL  NC" in shown
    assert "forwarded from 05099999999" in shown
    assert "passed (B): the carrier knows the caller but not the number, and the call was" in shown


def test_beside_a_legs_sip_code_twilios_error_is_a_number(panel: Client) -> None:
    shown = call_page(
        panel, "0 voice\n 1 voice/1 DialCallStatus=failed DialSipResponseCode=400 ErrorCode=13224"
    )
    assert "SIP 400: the server could not read the request (Twilio&#x27;s error 13224)" in shown
    assert "the number dialled is not valid" not in shown


def test_an_answer_without_a_reason_is_shown_without_one(panel: Client) -> None:
    shown = call_page(panel, "0 voice\n 6 screen/1 CallSid=CAleg1a CallStatus=in-progress")
    assert "Ask whoever picked up for a key" in shown
    assert "Because: ." not in shown
