"""The webhooks' addresses. Plain ASCII with a final slash: what is signed is what was given."""

from django.urls import path, register_converter

from telephony.webhooks.callbacks import Kind
from telephony.webhooks.views import webhook


class Position:
    """1 to 999, as the constraint on route steps."""

    regex = "[1-9][0-9]{0,2}"
    to_python = int
    to_url = str


class Index(Position):
    """Place in a group of at most ten that ring together."""

    regex = "[0-9]"


register_converter(Position, "position")
register_converter(Index, "index")

app_name = "twilio"
urlpatterns = [
    path("voice/", webhook, {"kind": Kind.VOICE}, name="voice"),
    path("voice/<position:position>/", webhook, {"kind": Kind.ACTION}, name="action"),
    path("voice-failed/", webhook, {"kind": Kind.FAILED}, name="voice-failed"),
    path("leg/", webhook, {"kind": Kind.LEG}, name="leg"),
    path("leg/<position:position>/<index:index>/", webhook, {"kind": Kind.LEG}, name="leg-of"),
    path("status/", webhook, {"kind": Kind.STATUS}, name="status"),
]
