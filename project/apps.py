"""Makes the panel's own site the one that Django's admin registers its pages on."""

from django.contrib.admin.apps import AdminConfig


class PanelAdminConfig(AdminConfig):
    # Not in telephony.admin, whose import would already register pages on it.
    default_site = "project.site.PanelSite"
