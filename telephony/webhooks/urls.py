"""The webhooks' addresses. Plain ASCII with a final slash: what is signed is what was given.

They are resolved by middleware.py, before Django would: `reply_to` is no Django view.
"""

from django.urls import path, register_converter

from telephony.webhooks.callbacks import Kind
from telephony.webhooks.views import reply_to


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
    path("voice/", reply_to, {"kind": Kind.VOICE}, name="voice"),
    path("voice/<position:position>/", reply_to, {"kind": Kind.ACTION}, name="action"),
    path("voice-failed/", reply_to, {"kind": Kind.FAILED}, name="voice-failed"),
    path("leg/", reply_to, {"kind": Kind.LEG}, name="leg"),
    path("leg/<position:position>/<index:index>/", reply_to, {"kind": Kind.LEG}, name="leg-of"),
    path("status/", reply_to, {"kind": Kind.STATUS}, name="status"),
]
