"""The WSGI application, for any WSGI server."""

import os

from django.core.wsgi import get_wsgi_application
from django.utils.module_loading import import_string

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

# Django comes first: what answers before it needs Django's settings and models.
django = get_wsgi_application()
application = import_string("telephony.webhooks.server.before_django")(django)
