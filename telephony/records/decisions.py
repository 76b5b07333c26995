"""Writes a decision as plain data, to be kept with the webhook that asked for it. No secrets."""

from typing import Any

from telephony.routing.decision import Dial, Hangup, Reject, Say, Step
from telephony.routing.destinations import SipDestination
from telephony.routing.directory import Directory


def describe(step: Step, directory: Directory) -> dict[str, Any]:
    """Return the step with the rates of the day, so that later changes do not rewrite history."""
    described: dict[str, Any] = {"reason": step.reason, "revision": directory.revision}
    match step:
        case Dial():
            forward = step.forward_rate
            described |= {
                "step": "dial",
                "position": step.position,
                "ring_s": step.ring_s,
                "caller_id": step.caller_id,
                "passed_over": list(step.passed_over),
                "currency": directory.currency,
                "forward_rate": None if forward is None else str(forward),
                "destinations": [
                    {
                        "kind": "sip" if isinstance(destination, SipDestination) else "number",
                        "label": destination.label,
                        "uri": destination.uri,
                        "rate": str(destination.rate),
                    }
                    for destination in step.destinations
                ],
            }
        case Say():
            described |= {
                "step": "say",
                "because": step.because,
                "message": step.message,
                "passed_over": list(step.passed_over),
            }
        case Reject():
            described["step"] = "reject"
        case Hangup():
            described |= {"step": "hangup", "because": step.because}
    return described
