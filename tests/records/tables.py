"""Recorded calls as tables of webhooks, and the record that each becomes.

Webhooks: seconds since the start, address, fields. Records: the call's line, then its legs.
"""

from datetime import timedelta

from telephony.records.gaps import Gap
from telephony.records.legs import LegFacts
from telephony.records.projection import CallFacts
from telephony.routing.directory import Directory
from tests import make


def shown(call: CallFacts) -> str:
    """A record as text: one line for the call and one for each leg. Unknown values are left out."""
    lines = [
        _line(
            call.outcome,
            status=call.status,
            by=call.answered_by,
            dials=call.dials,
            duration=call.duration_s,
            talk=call.talk_s,
            cost=call.cost,
            saved=call.saved,
            ended=None if call.ended_at is None else int((call.ended_at - make.START).total_seconds()),
        )
    ]  # fmt: skip
    for leg in call.legs:
        lines.append(
            _line(
                _head(leg),
                status=leg.status,
                dial=leg.dial_status,
                sip=leg.sip_code,
                error=leg.error_code,
                ring=leg.ring_s,
                talk=leg.talk_s,
                cost=leg.cost,
                saved=leg.saved,
            )
        )
    missing = [_gap(gap) for gap in call.missing]
    return "\n".join([*lines, *([f"missing {', '.join(missing)}"] if missing else [])])


def _head(leg: LegFacts) -> str:
    place = "?" if leg.position is None else f"{leg.position}.{leg.index}"
    return f"{place} {leg.label}{' answered' if leg.is_answered else ''}"


def _gap(gap: Gap) -> str:
    at = "" if gap.position is None else f"@{gap.position}"
    return f"{gap.code}{at}{f'({gap.label})' if gap.label else ''}"


def _line(head: str, **values: object) -> str:
    told = [f"{name}={value}" for name, value in values.items() if value not in (None, "")]
    return " ".join([head, *told])


OFFICE, MOBILE = make.sip(), make.mobile()
STORY = make.directory(make.number(OFFICE, MOBILE))
TOGETHER = make.directory(make.number(make.step(1, OFFICE), make.step(1, MOBILE)))
ALONE = make.directory(make.number(OFFICE))
NOT_OURS = make.directory()
DISABLED_FIRST = make.directory(make.number(make.sip("gone", enabled=False), OFFICE))
LATER = make.START + timedelta(hours=1)
HELD = make.sip(held_until=LATER)
HELD_FIRST = make.directory(make.number(HELD, MOBILE))
HELD_ALONE = make.directory(make.number(HELD))
HELD_BESIDE = make.directory(make.number(make.step(1, HELD), make.step(1, MOBILE)))
ASKED = make.mobile(ask_for_key=True)
ASKED_FIRST = make.directory(make.number(ASKED, OFFICE))

# Name -> configuration, webhooks, record.
CALLS: dict[str, tuple[Directory, str, str]] = {
    "answered by the endpoint": (
        STORY,
        """
        0   voice
        0   leg/1/0  CallStatus=initiated    SequenceNumber=0
        1   leg/1/0  CallStatus=ringing      SequenceNumber=1
        7   leg/1/0  CallStatus=in-progress  SequenceNumber=2
        68  leg/1/0  CallStatus=completed    SequenceNumber=3 CallDuration=61 SipResponseCode=200
        68  voice/1  CallStatus=in-progress  DialCallStatus=completed DialCallSid=CAleg1a DialCallDuration=61 DialBridged=true DialSipResponseCode=200
        69  status   CallStatus=completed    CallDuration=62 Duration=2
        """,
        """
        answered status=completed by=myext dials=1 duration=62 talk=61 cost=0.3050 saved=0.4550 ended=69
        1.0 myext answered status=completed dial=completed sip=200 ring=7 talk=61 cost=0.3050 saved=0.4550
        """,
    ),
    "failed over to the mobile": (
        STORY,
        """
        0   voice
        0   leg/1/0  CallStatus=initiated    SequenceNumber=0
        2   leg/1/0  CallStatus=failed       SequenceNumber=1 CallDuration=0 SipResponseCode=503 ErrorCode=32011
        2   voice/1  DialCallStatus=failed   DialCallSid=CAleg1a DialSipResponseCode=503
        2   leg/2/0  CallStatus=initiated    SequenceNumber=0
        4   leg/2/0  CallStatus=ringing      SequenceNumber=1
        12  leg/2/0  CallStatus=in-progress  SequenceNumber=2
        60  leg/2/0  CallStatus=completed    SequenceNumber=3 CallDuration=48
        60  voice/2  CallStatus=completed    DialCallStatus=completed DialCallSid=CAleg2a DialCallDuration=48 DialBridged=true
        61  status   CallStatus=completed    CallDuration=49 Duration=1
        """,
        """
        failed-over status=completed by=mobile dials=2 duration=49 talk=48 cost=0.38 ended=61
        1.0 myext status=failed dial=failed sip=503 error=32011 ring=2 cost=0
        2.0 mobile answered status=completed dial=completed ring=10 talk=48 cost=0.38
        """,
    ),
    "answered after a disabled endpoint was passed over": (
        DISABLED_FIRST,
        """
        0   voice
        9   voice/2  CallStatus=completed    DialCallStatus=completed DialCallSid=CAleg2a DialCallDuration=5
        9   status   CallStatus=completed    CallDuration=6
        """,
        """
        answered status=completed by=myext dials=1 duration=6 talk=5 cost=0.1525 ended=9
        2.0 myext answered dial=completed talk=5 cost=0.1525
        missing leg-reports@2(myext)
        """,
    ),
    "nobody answers": (
        STORY,
        """
        0   voice
        1   leg/1/0  CallStatus=ringing
        25  leg/1/0  CallStatus=no-answer    SipResponseCode=487
        25  voice/1  DialCallStatus=no-answer DialCallSid=CAleg1a DialSipResponseCode=487
        26  leg/2/0  CallStatus=ringing
        50  leg/2/0  CallStatus=no-answer
        50  voice/2  DialCallStatus=no-answer DialCallSid=CAleg2a
        58  status   CallStatus=completed    CallDuration=7
        """,
        """
        unanswered status=completed dials=2 duration=7 cost=0 ended=58
        1.0 myext status=no-answer dial=no-answer sip=487 ring=24 cost=0
        2.0 mobile status=no-answer dial=no-answer ring=24 cost=0
        """,
    ),
    "busy": (
        STORY,
        """
        0   voice
        3   voice/1  DialCallStatus=busy     DialCallSid=CAleg1a DialSipResponseCode=486
        9   status   CallStatus=completed    CallDuration=6
        """,
        """
        busy status=completed dials=1 duration=6 cost=0 ended=9
        1.0 myext dial=busy sip=486 cost=0
        missing leg-reports@1(myext)
        """,
    ),
    "declined by a person": (
        STORY,
        """
        0   voice
        3   voice/1  DialCallStatus=busy     DialCallSid=CAleg1a DialSipResponseCode=603
        9   status   CallStatus=completed    CallDuration=6
        """,
        """
        unanswered status=completed dials=1 duration=6 cost=0 ended=9
        1.0 myext dial=busy sip=603 cost=0
        missing leg-reports@1(myext)
        """,
    ),
    "refused by Twilio itself, then answered by the mobile": (
        STORY,
        """
        0   voice    From=Anonymous
        1   voice/1  From=Anonymous DialCallStatus=busy     ErrorCode=13247
        40  voice/2  From=Anonymous CallStatus=in-progress  DialCallStatus=completed DialCallSid=CAleg2a DialCallDuration=30
        41  status   From=Anonymous CallStatus=completed    CallDuration=31
        """,
        """
        failed-over status=completed by=mobile dials=2 duration=31 talk=30 cost=0.38 ended=41
        1.0 myext dial=busy error=13247 cost=0
        2.0 mobile answered dial=completed talk=30 cost=0.38
        missing leg-reports@2(mobile)
        """,
    ),
    "endpoint and mobile ring together, the endpoint answers": (
        TOGETHER,
        """
        0   voice
        1   leg/1/0  CallStatus=ringing
        1   leg/1/1  CallStatus=ringing
        6   leg/1/0  CallStatus=in-progress
        7   leg/1/1  CallStatus=canceled     CallDuration=0 SipResponseCode=487
        66  leg/1/0  CallStatus=completed    CallDuration=60
        66  voice/1  CallStatus=in-progress  DialCallStatus=completed DialCallSid=CAleg1a DialCallDuration=60
        67  status   CallStatus=completed    CallDuration=61
        """,
        """
        answered status=completed by=myext dials=1 duration=61 talk=60 cost=0.1525 saved=0.2275 ended=67
        1.0 myext answered status=completed dial=completed ring=5 talk=60 cost=0.1525 saved=0.2275
        1.1 mobile status=canceled sip=487 ring=6 cost=0
        """,
    ),
    "endpoint and mobile ring together, the mobile answers": (
        TOGETHER,
        """
        0   voice
        1   leg/1/0  CallStatus=ringing
        6   leg/1/1  CallStatus=in-progress
        7   leg/1/0  CallStatus=canceled     SipResponseCode=487
        66  leg/1/1  CallStatus=completed    CallDuration=60
        66  voice/1  CallStatus=in-progress  DialCallStatus=completed DialCallSid=CAleg1b DialCallDuration=60
        67  status   CallStatus=completed    CallDuration=61
        """,
        """
        answered status=completed by=mobile dials=1 duration=61 talk=60 cost=0.38 ended=67
        1.0 myext status=canceled sip=487 ring=6 cost=0
        1.1 mobile answered status=completed dial=completed talk=60 cost=0.38
        """,
    ),
    "endpoint and mobile ring together, and one leg's callbacks are lost": (
        TOGETHER,
        """
        0   voice
        1   leg/1/1  CallStatus=ringing
        6   leg/1/1  CallStatus=in-progress
        66  leg/1/1  CallStatus=completed    CallDuration=60
        66  voice/1  CallStatus=in-progress  DialCallStatus=completed DialCallSid=CAleg1b DialCallDuration=60
        67  status   CallStatus=completed    CallDuration=61
        """,
        """
        answered status=completed by=mobile dials=1 duration=61 talk=60 ended=67
        1.0 myext
        1.1 mobile answered status=completed dial=completed ring=5 talk=60 cost=0.38
        missing leg-reports@1(myext)
        """,
    ),
    "endpoint and mobile ring together, nobody answers and nothing else came": (
        TOGETHER,
        """
        0   voice
        25  voice/1  DialCallStatus=no-answer
        31  status   CallStatus=completed    CallDuration=6
        """,
        """
        unanswered status=completed dials=1 duration=6 cost=0 ended=31
        1.0 myext cost=0
        1.1 mobile cost=0
        """,
    ),
    "endpoint and mobile ring together, and which of them answered is lost": (
        TOGETHER,
        """
        0   voice
        66  voice/1  CallStatus=in-progress  DialCallStatus=completed DialCallSid=CAx DialCallDuration=60
        67  status   CallStatus=completed    CallDuration=61
        """,
        """
        answered status=completed dials=1 duration=61 ended=67
        1.0 myext
        1.1 mobile
        missing leg-reports@1(myext), leg-reports@1(mobile), who-answered
        """,
    ),
    "rejected": (
        NOT_OURS,
        """
        0   voice
        0   status   CallStatus=busy         CallDuration=0
        """,
        """
        rejected status=busy dials=0 duration=0 cost=0 ended=0
        """,
    ),
    "the caller hangs up while it rings": (
        STORY,
        """
        0   voice
        1   leg/1/0  CallStatus=ringing
        5   leg/1/0  CallStatus=canceled     SipResponseCode=487
        5   voice/1  CallStatus=no-answer    DialCallStatus=canceled DialCallSid=CAleg1a DialSipResponseCode=487
        5   status   CallStatus=no-answer    CallDuration=0
        """,
        """
        caller-gone status=no-answer dials=1 duration=0 cost=0 ended=5
        1.0 myext status=canceled dial=canceled sip=487 ring=4 cost=0
        """,
    ),
    "the leg is cancelled through the API": (
        ALONE,
        """
        0   voice
        5   voice/1  DialCallStatus=canceled DialCallSid=CAleg1a DialSipResponseCode=487
        6   status   CallStatus=completed    CallDuration=1
        """,
        """
        unanswered status=completed dials=1 duration=1 cost=0 ended=6
        1.0 myext dial=canceled sip=487 cost=0
        missing leg-reports@1(myext)
        """,
    ),
    "picked up but never put through": (
        ALONE,
        """
        0   voice
        9   voice/1  DialCallStatus=completed DialBridged=false DialCallSid=CAleg1a DialCallDuration=3 DialSipResponseCode=200
        15  status   CallStatus=completed    CallDuration=6
        """,
        """
        unanswered status=completed dials=1 duration=6 cost=0.1525 ended=15
        1.0 myext dial=completed sip=200 talk=3 cost=0.1525
        missing leg-reports@1(myext)
        """,
    ),
    "the first answer could not be fetched": (
        STORY,
        """
        5   voice-failed ErrorCode=11200     ErrorUrl=https://panel.example.com/twilio/voice/
        30  voice/1  CallStatus=in-progress  DialCallStatus=completed DialCallSid=CAleg1a DialCallDuration=20
        31  status   CallStatus=completed    CallDuration=21
        """,
        """
        answered status=completed by=myext dials=1 duration=21 talk=20 cost=0.1525 saved=0.2275 ended=31
        1.0 myext answered dial=completed talk=20 cost=0.1525 saved=0.2275
        missing first-webhook, leg-reports@1(myext)
        """,
    ),
    "the first answer could not be executed": (
        STORY,
        """
        0   voice
        1   voice-failed ErrorCode=13243     ErrorUrl=https://panel.example.com/twilio/voice/
        30  voice/2  CallStatus=in-progress  DialCallStatus=completed DialCallSid=CAleg2a DialCallDuration=20
        31  status   CallStatus=completed    CallDuration=21
        """,
        """
        failed-over status=completed by=mobile dials=2 duration=21 talk=20 cost=0.38 ended=31
        2.0 mobile answered dial=completed talk=20 cost=0.38
        missing leg-reports@2(mobile)
        """,
    ),
    "the answer to a failed dial could not be fetched": (
        STORY,
        """
        0   voice
        2   voice-failed ErrorCode=11217     ErrorUrl=https://panel.example.com/twilio/voice/1/ DialCallStatus=failed DialCallSid=CAleg1a
        30  voice/2  CallStatus=in-progress  DialCallStatus=completed DialCallSid=CAleg2a DialCallDuration=20
        31  status   CallStatus=completed    CallDuration=21
        """,
        """
        failed-over status=completed by=mobile dials=2 duration=21 talk=20 cost=0.38 ended=31
        1.0 myext dial=failed cost=0
        2.0 mobile answered dial=completed talk=20 cost=0.38
        missing leg-reports@1(myext), leg-reports@2(mobile)
        """,
    ),
    "the action of an answered dial is lost": (
        ALONE,
        """
        0   voice
        1   leg/1/0  CallStatus=ringing
        7   leg/1/0  CallStatus=in-progress
        37  leg/1/0  CallStatus=completed    CallDuration=30 SipResponseCode=200
        38  status   CallStatus=completed    CallDuration=31
        """,
        """
        answered status=completed by=myext dials=1 duration=31 talk=30 cost=0.1525 ended=38
        1.0 myext answered status=completed sip=200 ring=6 talk=30 cost=0.1525
        missing dial-end@1
        """,
    ),
    "the callbacks of the legs are lost": (
        STORY,
        """
        0   voice
        20  voice/1  DialCallStatus=no-answer DialCallSid=CAleg1a DialSipResponseCode=487
        60  voice/2  CallStatus=in-progress  DialCallStatus=completed DialCallSid=CAleg2a DialCallDuration=30
        61  status   CallStatus=completed    CallDuration=31
        """,
        """
        failed-over status=completed by=mobile dials=2 duration=31 talk=30 cost=0.38 ended=61
        1.0 myext dial=no-answer sip=487 cost=0
        2.0 mobile answered dial=completed talk=30 cost=0.38
        missing leg-reports@1(myext), leg-reports@2(mobile)
        """,
    ),
    "still ringing": (
        STORY,
        """
        0   voice
        1   leg/1/0  CallStatus=ringing
        """,
        """
        ringing status=ringing dials=1
        1.0 myext status=ringing
        missing dial-end@1, end
        """,
    ),
    "only a status came": (
        STORY,
        """
        9   status   CallStatus=completed    CallDuration=5
        """,
        """
        unknown status=completed dials=0 duration=5 ended=9
        missing first-webhook
        """,
    ),
    "only a leg came": (
        STORY,
        """
        1   leg/1/0  CallStatus=ringing      To=sip:myext@pbx.example.com
        """,
        """
        ringing dials=1
        1.0  status=ringing
        missing first-webhook, dial@1, dial-end@1, end
        """,
    ),
    "a leg whose address has lost its place": (
        TOGETHER,
        """
        0   voice
        1   leg      CallSid=CAx To=+59899999999 CallStatus=ringing
        9   leg      CallSid=CAx To=+59899999999 CallStatus=no-answer
        9   leg      CallSid=CAy To=sip:myext@pbx.example.com:5060 CallStatus=no-answer
        9   voice/1  DialCallStatus=no-answer DialCallSid=CAx
        """,
        """
        unanswered status=ringing dials=1 cost=0 ended=9
        1.0 myext status=no-answer cost=0
        1.1 mobile status=no-answer dial=no-answer ring=8 cost=0
        missing end
        """,
    ),
    "answered as the one before it was held down": (
        HELD_FIRST,
        """
        0   voice
        9   voice/2  CallStatus=completed    DialCallStatus=completed DialCallSid=CAleg2a DialCallDuration=5
        9   status   CallStatus=completed    CallDuration=6
        """,
        """
        failed-over status=completed by=mobile dials=1 duration=6 talk=5 cost=0.38 ended=9
        2.0 mobile answered dial=completed talk=5 cost=0.38
        missing leg-reports@2(mobile)
        """,
    ),
    "answered as the one beside it was held down": (
        HELD_BESIDE,
        """
        0   voice
        9   voice/1  CallStatus=completed    DialCallStatus=completed DialCallSid=CAleg1a DialCallDuration=5
        9   status   CallStatus=completed    CallDuration=6
        """,
        """
        failed-over status=completed by=mobile dials=1 duration=6 talk=5 cost=0.38 ended=9
        1.0 mobile answered dial=completed talk=5 cost=0.38
        missing leg-reports@1(mobile)
        """,
    ),
    "answered by the one that was held down and dialled all the same": (
        HELD_ALONE,
        """
        0   voice
        9   voice/1  CallStatus=completed    DialCallStatus=completed DialCallSid=CAleg1a DialCallDuration=5
        9   status   CallStatus=completed    CallDuration=6
        """,
        """
        answered status=completed by=myext dials=1 duration=6 talk=5 cost=0.1525 ended=9
        1.0 myext answered dial=completed talk=5 cost=0.1525
        missing leg-reports@1(myext)
        """,
    ),
    "both of those that ring together are picked up at once": (
        TOGETHER,
        """
        0   voice
        1   leg/1/0  CallStatus=ringing
        1   leg/1/1  CallStatus=ringing
        6   leg/1/0  CallStatus=in-progress
        6   leg/1/1  CallStatus=in-progress
        8   leg/1/1  CallStatus=completed    CallDuration=2
        66  leg/1/0  CallStatus=completed    CallDuration=60
        66  voice/1  CallStatus=in-progress  DialCallStatus=completed DialCallSid=CAleg1a DialCallDuration=60
        67  status   CallStatus=completed    CallDuration=61
        """,
        """
        answered status=completed by=myext dials=1 duration=61 talk=60 cost=0.5325 saved=0.2275 ended=67
        1.0 myext answered status=completed dial=completed ring=5 talk=60 cost=0.1525 saved=0.2275
        1.1 mobile status=completed ring=5 talk=2 cost=0.38
        """,
    ),
    "both are picked up at once, and the action is lost": (
        TOGETHER,
        """
        0   voice
        6   leg/1/0  CallStatus=in-progress
        6   leg/1/1  CallStatus=in-progress
        8   leg/1/1  CallStatus=completed    CallDuration=2
        66  leg/1/0  CallStatus=completed    CallDuration=60
        67  status   CallStatus=completed    CallDuration=61
        """,
        """
        answered status=completed dials=1 duration=61 ended=67
        1.0 myext status=completed talk=60 cost=0.1525
        1.1 mobile status=completed talk=2 cost=0.38
        missing dial-end@1, who-answered
        """,
    ),
    "a mailbox picks up and presses no key, and the next answers": (
        ASKED_FIRST,
        """
        0   voice
        1   leg/1/0  CallStatus=ringing
        6   leg/1/0  CallStatus=in-progress
        6   screen/1 CallSid=CAleg1a CallStatus=in-progress To=+59899999999
        27  leg/1/0  CallStatus=completed    CallDuration=21
        27  voice/1  DialCallStatus=completed DialBridged=false DialCallSid=CAleg1a
        28  leg/2/0  CallStatus=ringing
        32  leg/2/0  CallStatus=in-progress
        62  leg/2/0  CallStatus=completed    CallDuration=30 SipResponseCode=200
        62  voice/2  CallStatus=in-progress  DialCallStatus=completed DialBridged=true DialCallSid=CAleg2a DialCallDuration=30
        63  status   CallStatus=completed    CallDuration=31
        """,
        """
        failed-over status=completed by=myext dials=2 duration=31 talk=30 cost=0.5325 saved=0.2275 ended=63
        1.0 mobile status=completed dial=completed ring=5 talk=21 cost=0.38
        2.0 myext answered status=completed dial=completed sip=200 ring=4 talk=30 cost=0.1525 saved=0.2275
        """,
    ),
    "a mailbox presses no key, and how its dial ended is lost": (
        ASKED_FIRST,
        """
        0   voice
        6   leg/1/0  CallStatus=in-progress
        6   screen/1 CallSid=CAleg1a CallStatus=in-progress To=+59899999999
        27  leg/1/0  CallStatus=completed    CallDuration=21
        40  status   CallStatus=no-answer    CallDuration=0
        """,
        """
        unanswered status=no-answer dials=1 duration=0 cost=0.38 ended=40
        1.0 mobile status=completed talk=21 cost=0.38
        missing dial-end@1
        """,
    ),
    "a person presses a key, and how the dial ended is lost": (
        ASKED_FIRST,
        """
        0   voice
        6   leg/1/0  CallStatus=in-progress
        6   screen/1 CallSid=CAleg1a CallStatus=in-progress To=+59899999999
        9   key/1    CallSid=CAleg1a CallStatus=in-progress To=+59899999999 Digits=1
        47  leg/1/0  CallStatus=completed    CallDuration=41
        48  status   CallStatus=completed    CallDuration=38
        """,
        """
        answered status=completed by=mobile dials=1 duration=38 talk=41 cost=0.38 ended=48
        1.0 mobile answered status=completed talk=41 cost=0.38
        missing dial-end@1
        """,
    ),
    "the question for a key could not be put": (
        ASKED_FIRST,
        """
        0   voice
        6   leg/1/0  CallStatus=in-progress
        7   voice-failed CallSid=CAleg1a ParentCallSid=CA00000000000000000000000000000001 CallStatus=in-progress From=+12025550100 To=+59899999999 ErrorCode=11200 ErrorUrl=https://panel.example.com/twilio/screen/1/
        7   leg/1/0  CallStatus=completed    CallDuration=1
        7   voice/1  DialCallStatus=completed DialBridged=false DialCallSid=CAleg1a DialCallDuration=1
        """,
        """
        ringing status=ringing dials=2
        1.0 mobile status=completed dial=completed talk=1 cost=0.38
        missing leg-reports@2(myext), dial-end@2, end
        """,
    ),
    "answered, and only the end of the call came": (
        STORY,
        """
        0   voice
        69  status   CallStatus=completed    CallDuration=62
        """,
        """
        answered status=completed dials=1 duration=62 ended=69
        missing leg-reports@1(myext), dial-end@1, who-answered
        """,
    ),
    "answered after failover, and only the end of the call came": (
        STORY,
        """
        0   voice
        2   voice/1  DialCallStatus=failed   DialCallSid=CAleg1a DialSipResponseCode=503
        69  status   CallStatus=completed    CallDuration=62
        """,
        """
        failed-over status=completed dials=2 duration=62 ended=69
        1.0 myext dial=failed sip=503 cost=0
        missing leg-reports@1(myext), leg-reports@2(mobile), dial-end@2, who-answered
        """,
    ),
    "a message was said, and the call is completed for that": (
        make.directory(make.number()),
        """
        0   voice
        7   status   CallStatus=completed    CallDuration=7
        """,
        """
        unanswered status=completed dials=0 duration=7 cost=0 ended=7
        """,
    ),
    "nobody answered, and how the dial ended is lost": (
        STORY,
        """
        0   voice
        1   leg/1/0  CallStatus=ringing
        30  status   CallStatus=no-answer    CallDuration=0
        """,
        """
        unanswered status=no-answer dials=1 duration=0 ended=30
        1.0 myext status=ringing
        missing dial-end@1
        """,
    ),
    "completed, but another application had answered it before": (
        STORY,
        """
        0   voice    CallStatus=in-progress
        30  status   CallStatus=completed    CallDuration=90
        """,
        """
        unknown status=completed dials=1 duration=90 ended=30
        missing leg-reports@1(myext), dial-end@1
        """,
    ),
    "completed within a second, which no conversation is": (
        STORY,
        """
        0   voice
        1   status   CallStatus=completed    CallDuration=0
        """,
        """
        unknown status=completed dials=1 duration=0 ended=1
        missing leg-reports@1(myext), dial-end@1
        """,
    ),
    "only the end of a call that was never answered came": (
        STORY,
        """
        9   status   CallStatus=no-answer    CallDuration=0
        """,
        """
        unknown status=no-answer dials=0 duration=0 ended=9
        missing first-webhook
        """,
    ),
    "the caller had hung up before the first answer": (
        STORY,
        """
        0   voice    CallStatus=completed
        1   status   CallStatus=completed    CallDuration=1
        """,
        """
        caller-gone status=completed dials=0 duration=1 cost=0 ended=1
        """,
    ),
    "the message that nobody comes could not be said": (
        make.directory(make.number()),
        """
        0   voice
        1   voice-failed ErrorCode=12100     ErrorUrl=https://panel.example.com/twilio/voice/
        2   status   CallStatus=completed    CallDuration=1
        """,
        """
        unanswered status=completed dials=0 duration=1 cost=0 ended=2
        """,
    ),
    "answered, and the answer to the end of the dial could not be fetched": (
        STORY,
        """
        0   voice
        6   leg/1/0  CallStatus=in-progress
        46  leg/1/0  CallStatus=completed    CallDuration=40
        47  voice-failed CallStatus=in-progress ErrorCode=11200 ErrorUrl=https://panel.example.com/twilio/voice/1/
        """,
        """
        answered status=in-progress by=myext dials=1 talk=40 cost=0.1525 saved=0.2275 ended=47
        1.0 myext answered status=completed talk=40 cost=0.1525 saved=0.2275
        missing dial-end@1, end
        """,
    ),
    "the far side's 400, which Twilio calls an invalid number": (
        STORY,
        """
        0   voice
        2   voice/1  DialCallStatus=failed   DialBridged=false DialSipResponseCode=400 ErrorCode=13224
        """,
        """
        ringing status=ringing dials=2
        1.0 myext dial=failed sip=400 error=13224 cost=0
        missing leg-reports@2(mobile), dial-end@2, end
        """,
    ),
    "the answer to the end of a dial failed, and we said that nobody comes": (
        ALONE,
        """
        0   voice
        2   leg/1/0  CallStatus=completed    CallDuration=3
        5   voice-failed CallStatus=ringing  ErrorCode=11200 ErrorUrl=https://panel.example.com/twilio/voice/1/
        12  status   CallStatus=completed    CallDuration=6
        """,
        """
        unanswered status=completed dials=1 duration=6 cost=0.1525 ended=12
        1.0 myext status=completed talk=3 cost=0.1525
        missing dial-end@1
        """,
    ),
    "nobody answered, and nothing was heard of who was dialled": (
        STORY,
        """
        0   voice
        30  status   CallStatus=no-answer    CallDuration=0
        """,
        """
        unanswered status=no-answer dials=1 duration=0 ended=30
        missing leg-reports@1(myext), dial-end@1
        """,
    ),
    "no duration was told": (
        ALONE,
        """
        0   voice
        9   leg/1/0  CallStatus=in-progress
        40  leg/1/0  CallStatus=completed
        40  voice/1  CallStatus=in-progress  DialCallStatus=completed DialCallSid=CAleg1a
        41  status   CallStatus=completed
        """,
        """
        answered status=completed by=myext dials=1 ended=41
        1.0 myext answered status=completed dial=completed
        missing talk@1(myext), duration
        """,
    ),
}
