"""Where everything is: the admin, and Twilio's webhooks."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

admin.site.site_header = "Switchhook"
admin.site.site_title = "Switchhook"
admin.site.index_title = "Telephony"
admin.site.site_url = None

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("twilio/", include("telephony.webhooks.urls")),
]
