"""The panel's own documents, judged as they are made: tests render here and nowhere else."""

from telephony.routing.decision import AskForKey, Decision
from telephony.wire import twiml
from tests.twiml.judge import judged


def render(decision: Decision, base_url: str) -> str:
    document = twiml.render(decision, base_url)
    return judged(document, is_screening=isinstance(decision, AskForKey))
