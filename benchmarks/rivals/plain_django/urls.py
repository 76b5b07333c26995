from django.contrib import admin
from django.urls import path

from benchmarks.rivals.plain_django.views import voice

urlpatterns = [path("admin/", admin.site.urls), path("twilio/voice/", voice)]
