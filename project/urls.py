"""Where the admin is. Twilio's webhooks are answered before Django: see project/wsgi.py."""

from django.contrib import admin
from django.urls import path
from django.views.generic import RedirectView

admin.site.site_header = "Switchhook"
admin.site.site_title = "Switchhook"
admin.site.index_title = "Telephony"
admin.site.site_url = None

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
]
