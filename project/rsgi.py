"""What the server runs: webhooks in its event loop, and Django's pages in threads."""

from django.conf import settings
from django.utils.module_loading import import_string

# Django comes first: what answers webhooks needs its settings and models.
from project.server import die_with_parent
from project.wsgi import application as django

die_with_parent()

Panel = import_string("telephony.webhooks.server.Panel")
Pages = import_string("telephony.webhooks.pages.Pages")

application = Panel(Pages(django, settings.WEB_THREADS, settings.DATA_UPLOAD_MAX_MEMORY_SIZE))
