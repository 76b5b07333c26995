"""System checks: what `manage.py check` says about a configuration that starts but cannot work."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register


@register()
def webhooks_are_open(**_: Any) -> list[CheckMessage]:
    if settings.TWILIO_TOKENS:
        return []
    return [
        Warning(
            "No Twilio auth token is set: every webhook is refused with 403.",
            hint="Set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN; see docs/settings.md.",
            id="telephony.W001",
        )
    ]
