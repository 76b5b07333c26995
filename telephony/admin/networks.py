"""The carrier's addresses, which the exported configuration lets in."""

from django.contrib import admin

from telephony.admin.base import ModelAdmin
from telephony.models import CarrierNetwork


@admin.register(CarrierNetwork)
class CarrierNetworkAdmin(ModelAdmin):
    list_display = ("cidr", "kind", "place", "published_on")
    list_filter = ("kind", "place", "published_on")
    search_fields = ("cidr", "place", "source")
    search_help_text = "Network, place or source"
    empty_hint = (
        "No carrier networks. Twilio publishes its addresses at www.twilio.com/docs/sip-trunking/"
        "ip-addresses; without them the exported configuration lets nobody in."
    )
