"""The panel's own documents, judged as they are made: tests render here and nowhere else."""

from telephony.routing.decision import Step
from telephony.webhooks import twiml
from tests.twiml.judge import judged


def render(step: Step, base_url: str) -> str:
    return judged(twiml.render(step, base_url))
