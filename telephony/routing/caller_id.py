"""Chooses the caller ID of a dial; all destinations that ring together see the same one."""

from collections.abc import Sequence

from telephony.routing.decision import Call
from telephony.routing.destinations import Destination, NumberDestination
from telephony.routing.directory import Number
from telephony.routing.numbers import sip_caller_id, telephone_caller_id
from telephony.routing.reasons import Reason, Why, because


def choose_caller_id(
    destinations: Sequence[Destination], number: Number, call: Call
) -> tuple[str, tuple[Reason, ...]]:
    """Return a caller ID that Twilio takes, and the reason if it is not the configured one."""
    outside = next((d for d in destinations if isinstance(d, NumberDestination)), None)
    if outside is None:
        return sip_caller_id(call.caller), ()
    if outside.caller_id == "caller":
        return telephone_caller_id(call.caller) or number.e164, ()
    if outside.caller_id == "called":
        return number.e164, ()
    if outside.caller_id_account != call.account_sid:
        # Twilio's error 13214: the caller ID is not owned by the account that dials.
        refused = because(Why.CALLER_ID_OF_ANOTHER_ACCOUNT, number=outside.caller_id)
        return number.e164, (refused,)
    return outside.caller_id, ()
