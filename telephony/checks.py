"""System checks: what `manage.py check` says about a configuration that starts but cannot work."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register


@register(deploy=True)
def twilio_can_reach_us(**_: Any) -> list[CheckMessage]:
    if settings.PUBLIC_BASE_URL.startswith("https://"):
        return []
    return [
        Warning(
            f"PUBLIC_BASE_URL is {settings.PUBLIC_BASE_URL}, but Twilio must be able to reach it.",
            hint="Set it to the panel's public https address; see docs/settings.md.",
            id="telephony.W002",
        )
    ]


@register(deploy=True)
def passwords_stay_secret(**_: Any) -> list[CheckMessage]:
    if not settings.STATIC_FALLBACK_URL.startswith("http://"):
        return []
    return [
        Warning(
            "STATIC_FALLBACK_URL has no TLS, and passwords of SIP endpoints stand in the documents.",
            hint="Serve them with https; see deploy/nginx-fallback.conf.",
            id="telephony.W004",
        )
    ]


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
