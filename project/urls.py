"""Where the admin is. Twilio's webhooks are answered before Django: see project/wsgi.py."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/preferences/", include("telephony.admin.preferences")),
    path("admin/setup/", include("telephony.admin.setup")),
    path("admin/changes/", include("telephony.admin.history")),
    path("admin/calls-now/", include("telephony.admin.start")),
    path("admin/", admin.site.urls),
]
