"""The form of a SIP endpoint, whose password can be set and never read."""

import re
from typing import Any

from django import forms

from telephony.admin.forms import DestinationForm
from telephony.asterisk.values import generate_password
from telephony.models import SipEndpoint
from telephony.models.choices import Authentication


def generate_username(user: str) -> str:
    return ("switchhook-" + re.sub(r"[^A-Za-z0-9_-]", "-", user))[:64]


class SipEndpointForm(DestinationForm):
    password = forms.CharField(
        required=False,
        strip=False,
        max_length=64,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="12 to 64 characters. It is never shown again. Leave it empty to keep the stored one.",
    )

    class Meta(DestinationForm.Meta):
        model = SipEndpoint
        fields = "__all__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        endpoint = self.instance
        self._former = (endpoint.server_id, endpoint.username, endpoint.password)
        # What is edited is what Asterisk is to have.
        username, self._password = endpoint.wanted
        self.initial |= {"username": username, "password": ""}
        self.is_generated = False

    def clean_password(self) -> str:
        return self.cleaned_data["password"] or self._password

    def clean(self) -> dict[str, Any]:
        # The constraints are to judge what is typed, whatever waits already.
        self.instance.next_username = self.instance.next_password = None
        cleaned = self.cleaned_data
        if cleaned.get("authentication") == Authentication.ADDRESS:
            cleaned |= {"username": "", "password": ""}
        elif {"user", "username", "password"} <= cleaned.keys():
            self._complete(cleaned)
        return super().clean()

    def _complete(self, cleaned: dict[str, Any]) -> None:
        if not cleaned["username"] and "password" in self.changed_data:
            self.add_error("username", "Give the username that goes with the password.")
        elif not cleaned["username"]:
            cleaned["username"] = generate_username(cleaned["user"])
            cleaned["password"] = generate_password()
            self.is_generated = True
        elif not cleaned["password"]:
            text = "Give the password too, or leave both empty to have both generated."
            self.add_error("password", text)

    def _get_validation_exclusions(self) -> set[str]:
        # Constraints are judged only where no field of theirs is left out.
        excluded: set[str] = super()._get_validation_exclusions()
        return excluded - {"next_username", "next_password"}

    def save(self, commit: bool = True) -> SipEndpoint:
        """Let calls go on with what Asterisk knows, if it has ever been told anything."""
        endpoint: SipEndpoint = self.instance
        server_id, *credentials = self._former
        if server_id == endpoint.server_id and endpoint.server.exported_at is not None:
            endpoint.keep_until_applied(*credentials)
        saved: SipEndpoint = super().save(commit)
        return saved
